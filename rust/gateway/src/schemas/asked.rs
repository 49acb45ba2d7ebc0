//! What was asked of registries in vain, and how much more may be asked on whose behalf.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Registered, Registry, SchemaNeed};

/// Ids that are asked for in vain on behalf of one principal and one stream, within the time for which unknown ids
/// are remembered.
pub const VAIN_MAX: u32 = 32;
/// And on behalf of all, of one registry; who has asked for none in vain may still ask for one.
pub const VAIN_OF_REGISTRY_MAX: u32 = 1_024;
/// Principals and streams for which that is counted at one time. Nothing is asked for another one.
pub const ASKERS_MAX: usize = 10_000;
/// Ids that are remembered as unknown or as trouble; beyond that, the one that is forgotten soonest makes room.
pub const UNKNOWN_KEPT_MAX: usize = 4_000;
/// Without an answer that can be used, so long (ms) the same is not asked again; twice as long each time after.
pub const RETRY_MILLISECONDS: i64 = 5_000;
/// Doublings of that: at the most 80 s.
const RETRY_DOUBLINGS_MAX: u32 = 4;

/// When something that gave trouble is asked again.
#[derive(Clone, Copy)]
pub(super) struct Retry {
    pub at: i64,
    times: u32,
}

impl Retry {
    /// After trouble, and maybe trouble before that.
    pub fn after(before: Option<Self>, now: i64) -> Self {
        let times = before.map_or(0, |it| (it.times + 1).min(RETRY_DOUBLINGS_MAX));
        let at = now.saturating_add(RETRY_MILLISECONDS << times);
        Self { at, times }
    }
}

/// What is remembered of an id without a schema.
pub(super) enum Vain {
    /// It is refused for so long, for this reason.
    Refused(&'static str, i64),
    /// It can't be said until it is asked again.
    Trouble(Retry),
}

impl Vain {
    const fn until(&self) -> i64 {
        match self {
            Self::Refused(_, until) => *until,
            Self::Trouble(retry) => retry.at,
        }
    }
}

/// Questions in vain since then.
#[derive(Clone, Copy)]
struct Spent {
    since: i64,
    times: u32,
    window: i64,
}

impl Spent {
    const fn is_over(&self, now: i64) -> bool {
        now >= self.since.saturating_add(self.window)
    }
}

/// A principal, by whose records it is asked, and their stream.
type Asker = (Arc<str>, Arc<Registered>);

#[derive(Default)]
pub(super) struct Asked {
    vain: HashMap<SchemaNeed, Vain>,
    spent: HashMap<Asker, Spent>,
    of_registries: HashMap<Arc<Registry>, Spent>,
    /// Registries that can't be reached, and until when nothing is asked of them.
    unreachable: HashMap<Arc<Registry>, i64>,
}

impl Asked {
    /// What is remembered of an id; nothing once its time is over.
    pub fn get(&self, need: &SchemaNeed, now: i64) -> Option<&Vain> {
        self.vain.get(need).filter(|it| now < it.until())
    }

    pub fn is_unreachable(&self, registry: &Arc<Registry>, now: i64) -> bool {
        self.unreachable
            .get(registry)
            .is_some_and(|until| now < *until)
    }

    pub fn unreachable(&mut self, registry: &Arc<Registry>, now: i64) {
        let until = now.saturating_add(RETRY_MILLISECONDS);
        self.unreachable.insert(registry.clone(), until);
    }

    pub fn reached(&mut self, registry: &Arc<Registry>) {
        self.unreachable.remove(registry);
    }

    /// SECURITY: whoever may write to a stream may put any id in front of a value. A registry isn't asked for all of
    /// them, and who asks in vain uses up no one's questions but its own.
    pub fn may_ask(&self, asker: &Arc<str>, of: &Arc<Registered>, now: i64) -> bool {
        let spent = self.spent.get(&(asker.clone(), of.clone()));
        let spent = spent.filter(|it| !it.is_over(now));
        let Some(spent) = spent else {
            return self.spent.len() < ASKERS_MAX || self.spent.values().any(|it| it.is_over(now));
        };
        let of_registry = self.of_registries.get(&of.registry);
        let all = of_registry
            .filter(|it| !it.is_over(now))
            .map_or(0, |it| it.times);
        spent.times < VAIN_MAX && all < VAIN_OF_REGISTRY_MAX
    }

    /// A question on behalf of this principal and stream was in vain.
    pub fn charge(&mut self, asker: &Arc<str>, of: &Arc<Registered>, now: i64) {
        if self.spent.len() >= ASKERS_MAX {
            self.spent.retain(|_, it| !it.is_over(now));
        }
        let begun = Spent {
            since: now,
            times: 0,
            window: of.unknown_milliseconds,
        };
        let own = self.spent.entry((asker.clone(), of.clone()));
        let all = self.of_registries.entry(of.registry.clone());
        for spent in [own.or_insert(begun), all.or_insert(begun)] {
            if spent.is_over(now) {
                *spent = begun;
            }
            spent.times = spent.times.saturating_add(1);
        }
    }

    pub fn refuse(&mut self, need: &SchemaNeed, why: &'static str, now: i64) {
        let until = now.saturating_add(need.of.unknown_milliseconds);
        self.remember(need, Vain::Refused(why, until), now);
    }

    pub fn trouble(&mut self, need: &SchemaNeed, now: i64) {
        let before = match self.vain.get(need) {
            Some(Vain::Trouble(retry)) => Some(*retry),
            _ => None,
        };
        self.remember(need, Vain::Trouble(Retry::after(before, now)), now);
    }

    pub fn forget(&mut self, need: &SchemaNeed) {
        self.vain.remove(need);
    }

    fn remember(&mut self, need: &SchemaNeed, vain: Vain, now: i64) {
        self.vain.insert(need.clone(), vain);
        if self.vain.len() > UNKNOWN_KEPT_MAX {
            self.vain.retain(|_, it| now < it.until());
        }
        while self.vain.len() > UNKNOWN_KEPT_MAX {
            let soonest = self.vain.iter().min_by_key(|(_, it)| it.until());
            let Some(need) = soonest.map(|(need, _)| need.clone()) else {
                return;
            };
            self.vain.remove(&need);
        }
    }

    pub fn len(&self) -> usize {
        self.vain.len()
    }

    /// Keeps only what is about these streams.
    pub fn retain(&mut self, declared: &HashSet<Arc<Registered>>) {
        self.vain.retain(|need, _| declared.contains(&need.of));
        self.spent.retain(|(_, of), _| declared.contains(of));
        let is_declared =
            |registry: &Arc<Registry>| declared.iter().any(|of| of.registry == *registry);
        self.of_registries
            .retain(|registry, _| is_declared(registry));
        self.unreachable.retain(|registry, _| is_declared(registry));
    }
}
