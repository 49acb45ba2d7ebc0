//! Whether something is allowed under all circumstances, under some, or never.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::ask::circumstances::{Attribute, Slot};
use crate::ask::search::{Condition, Found, Ruling, Search};
use crate::ask::value::Value;
use crate::policy::Policy;

/// Whether something is allowed, over all circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Never,
    Sometimes,
    Always,
    /// It could not be told; take it for `sometimes`.
    Unknown,
}

/// What the circumstances do to a ruling.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub status: Status,
    /// Circumstances that allow it, and such that don't.
    pub allowed: Option<Map<String, Json>>,
    pub denied: Option<Map<String, Json>>,
    /// For each rule of the ruling, whether it can decide it: a permit can hold at all, a forbid
    /// can take away what a permit allows.
    pub permits_matter: Vec<bool>,
    pub forbids_matter: Vec<bool>,
}

/// Verdicts by what rules ask, so that principals with like rights cost one search.
#[derive(Default)]
pub(crate) struct Verdicts {
    known: HashMap<(Ruling, Option<i64>), Arc<Verdict>>,
    pub steps: u64,
}

impl Verdicts {
    /// `day`: another one than that which is asked about, in days since 1970.
    pub fn of(&mut self, ruling: &Ruling, policy: &Policy, day: Option<i64>) -> Arc<Verdict> {
        let key = (ruling.clone(), day);
        if let Some(verdict) = self.known.get(&key) {
            return Arc::clone(verdict);
        }
        let verdict = Arc::new(self.search(ruling, policy, day));
        self.known.insert(key, Arc::clone(&verdict));
        verdict
    }

    pub fn count(&self) -> usize {
        self.known.len()
    }

    fn search(&mut self, ruling: &Ruling, policy: &Policy, day: Option<i64>) -> Verdict {
        let index = policy.index();
        let settled = || {
            let mut settled = index.settled.clone();
            if let Some(day) = day {
                settled.set(Attribute::DAY, Slot::Known(Value::Long(day)));
            }
            settled
        };
        let networks = [policy.networks()];
        let mut search = Search::new(vec![(ruling, settled())], &networks);
        let allowed = search.find(&|decided| decided[0]);
        let denied = search.find(&|decided| decided[0].map(|it| !it));
        self.steps += search.steps;
        let status = match (&allowed, &denied) {
            (Found::No, _) => Status::Never,
            (Found::Yes(_), Found::No) => Status::Always,
            (Found::Yes(_), Found::Yes(_)) => Status::Sometimes,
            _ => Status::Unknown,
        };
        let unforbidden = Ruling {
            permits: ruling.permits.clone(),
            forbids: Vec::new(),
        };
        let mut can = |condition: &Arc<Condition>, beside: Option<&Ruling>| {
            let alone = Ruling {
                permits: vec![Arc::clone(condition)],
                forbids: Vec::new(),
            };
            let sides: Vec<_> = std::iter::once(&alone).chain(beside).collect();
            let networks = vec![policy.networks(); sides.len()];
            let sides = sides.into_iter().map(|it| (it, settled())).collect();
            let mut search = Search::new(sides, &networks);
            let found = search.find(&|decided| all(decided));
            self.steps += search.steps;
            !matches!(found, Found::No)
        };
        let permits_matter = ruling.permits.iter().map(|it| can(it, None)).collect();
        let forbids_matter = ruling.forbids.iter().map(|it| {
            // A rule that may fail takes away as well.
            can(it, Some(&unforbidden)) || it.may_fail()
        });
        let forbids_matter = forbids_matter.collect();
        let shown = |found: &Found| match found {
            Found::Yes(known) => known.first().map(|it| policy.beside().context(it)),
            _ => None,
        };
        Verdict {
            status,
            allowed: shown(&allowed),
            denied: shown(&denied),
            permits_matter,
            forbids_matter,
        }
    }
}

fn all(decided: &[Option<bool>]) -> Option<bool> {
    if decided.contains(&Some(false)) {
        return Some(false);
    }
    decided.iter().all(Option::is_some).then_some(true)
}
