//! Data keys for programs that seal and open by themselves: what they ask for and what they get, as HTTP has it
//! (`docs/reference/control-door.md`). Without a socket or a clock.

mod answer;
mod exchange;
mod request;

use std::sync::Arc;

use serde::Deserialize;
use streamward_policy::Decision;

pub use self::answer::{Given, Grant, KeyReply, Problem, Terms};
pub use self::exchange::{BODY_BYTES_MAX, HEAD_BYTES_MAX, Read, read};
pub use self::request::{Operation, Wish};

/// Where a program asks.
pub const PATH: &str = "/v1/key-grants";

/// How long a grant may hold, at least and at most.
const MILLISECONDS_MIN: u64 = 60_000;
const MILLISECONDS_MAX: u64 = 900_000;
/// Of a grant's time: from then on it is asked for again, ahead of need.
const REFRESH_PERCENT: i64 = 80;

/// A listener that hands out data keys instead of speaking Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantsSection {
    /// How long a grant holds.
    pub milliseconds: u64,
    /// Requests of one principal in a second.
    pub per_second: u64,
    /// And at once, after a pause.
    pub burst: u64,
}

impl GrantsSection {
    /// What contradicts itself in it, for whoever wrote the snapshot.
    pub fn problem(&self) -> Option<&'static str> {
        if !(MILLISECONDS_MIN..=MILLISECONDS_MAX).contains(&self.milliseconds) {
            return Some("grants keys for less than a minute, or for more than 15");
        }
        (self.per_second == 0 || self.burst == 0).then_some("grants no keys at all")
    }

    /// When a grant of this moment ends that nothing else ends before.
    pub fn until(&self, now_milliseconds: i64) -> i64 {
        now_milliseconds.saturating_add_unsigned(self.milliseconds)
    }
}

/// When a grant of this moment is to be asked for again.
pub fn refresh(now_milliseconds: i64, until: i64) -> i64 {
    let holds = until.saturating_sub(now_milliseconds).max(0);
    now_milliseconds.saturating_add(holds.saturating_mul(REFRESH_PERCENT) / 100)
}

/// What came of asking.
#[derive(Debug)]
pub enum Ruling {
    /// The policy, a containment or the ring's readers are against it; that is entered.
    Denied,
    /// The stream is not sealed: there is no key to have.
    Unsealed {
        /// Until when that may be believed.
        until: i64,
    },
    /// The gateway seals or opens it, and gives nobody the keys.
    ByGateway,
    /// It may.
    Granted(Box<Granted>),
}

/// A grant before its keys are there.
#[derive(Debug)]
pub struct Granted {
    /// How the stream is sealed.
    pub terms: Terms,
    /// When it ends.
    pub until: i64,
    /// What the policy said.
    pub decision: Arc<Decision>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_holds_minutes() {
        let section = |milliseconds, per_second| GrantsSection {
            milliseconds,
            per_second,
            burst: 1,
        };
        assert_eq!(section(60_000, 1).problem(), None);
        assert_eq!(section(900_000, 1).problem(), None);
        for wrong in [
            section(59_999, 1),
            section(900_001, 1),
            section(u64::MAX, 1),
            section(60_000, 0),
        ] {
            assert!(wrong.problem().is_some());
        }
        assert_eq!(section(60_000, 1).until(5), 60_005);
        assert_eq!(section(u64::MAX, 1).until(5), i64::MAX);
    }

    #[test]
    fn a_grant_is_asked_for_again_before_it_ends() {
        assert_eq!(refresh(1_000, 2_000), 1_800);
        assert_eq!(refresh(1_000, 1_000), 1_000);
        assert_eq!(refresh(1_000, 0), 1_000);
    }
}
