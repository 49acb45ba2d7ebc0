//! What a session did, in plain numbers that its connection takes away for figures: so counting on the hot
//! path is an addition, and a test of the session needs no figures.

use streamward_wire::kafka::ApiKey;

use super::{Close, Verdict};
use crate::limits::Count;
use crate::metrics::Decision;

/// What happened since it was last taken.
#[derive(Debug, Default)]
pub struct Tally {
    /// Decisions that the connection remembered.
    pub remembered: u64,
    /// Decisions for which the policy was asked.
    pub asked: u64,
    /// Those in which a rule failed.
    pub errors: u64,
    /// Requests that were refused because they can't be recorded.
    pub unrecorded: u64,
    /// Clients that were told to wait, by the rate that was exceeded.
    pub throttles: [u64; 3],
    /// And for how many milliseconds.
    pub throttled_milliseconds: [u64; 3],
    /// Something of the present request was denied.
    pub(super) denied: bool,
    /// It was refused undecided.
    pub(super) refused: bool,
}

impl Tally {
    /// Another request begins.
    pub(super) fn begin(&mut self) {
        self.denied = false;
        self.refused = false;
    }

    /// The client was told to wait.
    pub fn throttled(&mut self, count: Count, milliseconds: u64) {
        let place = count as usize;
        if let (Some(throttles), Some(time)) = (
            self.throttles.get_mut(place),
            self.throttled_milliseconds.get_mut(place),
        ) {
            *throttles += 1;
            *time = time.saturating_add(milliseconds);
        }
    }

    /// The present request can't be recorded.
    pub(super) fn unrecorded(&mut self) {
        self.unrecorded += 1;
        self.refused = true;
    }

    fn decision(&self, verdict: &Verdict) -> Decision {
        match verdict {
            _ if self.refused => Decision::Refused,
            Verdict::Close(Close::DeniedSilently) if self.denied => Decision::Denied,
            Verdict::Close(_) | Verdict::ReplyAndClose(..) => Decision::Refused,
            Verdict::Forward | Verdict::Rewrite(_) | Verdict::RewriteParts(_) if self.denied => {
                Decision::Partly
            }
            _ if self.denied => Decision::Denied,
            _ => Decision::Allowed,
        }
    }
}

/// What became of a request, for figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which API; one that nobody knows where there was no header to read.
    pub key: ApiKey,
    /// What became of it.
    pub decision: Decision,
}

impl Default for Judged {
    fn default() -> Self {
        Self {
            key: ApiKey(-1),
            decision: Decision::Refused,
        }
    }
}

impl Judged {
    pub(super) fn of(key: ApiKey, verdict: &Verdict, tally: &Tally) -> Self {
        Self {
            key,
            decision: tally.decision(verdict),
        }
    }
}
