//! What a connection has been told about its rights, so that the next request needs no policy.

use std::collections::HashMap;
use std::sync::Arc;

use streamward_policy::{Action, Decision, ResourceKind};

use crate::recorder::Access;

/// Names kept for one connection; beyond it the tables start anew.
const NAMES_MAX: usize = 10_000;
const TABLES: usize = Action::ALL.len() * ResourceKind::ALL.len();

/// One remembered decision.
#[derive(Clone, Debug)]
pub struct Decided {
    /// May it happen?
    pub allowed: bool,
    /// The whole decision, for the log.
    pub decision: Arc<Decision>,
    /// The access that was opened by it, if it was used.
    pub access: Option<Arc<Access>>,
    /// From then on it must be decided anew (ms since 1970).
    pub valid_until: i64,
}

/// Decisions by operation, kind of resource and name.
#[derive(Debug)]
pub struct Decisions {
    tables: Vec<HashMap<Box<str>, Decided>>,
    names: usize,
}

impl Default for Decisions {
    fn default() -> Self {
        Self {
            tables: vec![HashMap::new(); TABLES],
            names: 0,
        }
    }
}

fn table(action: Action, kind: ResourceKind) -> usize {
    action as usize * ResourceKind::ALL.len() + kind as usize
}

impl Decisions {
    /// A decision that still holds.
    pub fn get(
        &self,
        action: Action,
        kind: ResourceKind,
        name: &str,
        now: i64,
    ) -> Option<&Decided> {
        let decided = self.tables[table(action, kind)].get(name)?;
        (now < decided.valid_until).then_some(decided)
    }

    /// Remembers a decision.
    pub fn put(&mut self, action: Action, kind: ResourceKind, name: &str, decided: Decided) {
        if self.names >= NAMES_MAX {
            self.clear();
        }
        let replaced = self.tables[table(action, kind)].insert(name.into(), decided);
        self.names += usize::from(replaced.is_none());
    }

    /// Forgets everything: the rights may have changed.
    pub fn clear(&mut self) {
        self.tables.iter_mut().for_each(HashMap::clear);
        self.names = 0;
    }
}
