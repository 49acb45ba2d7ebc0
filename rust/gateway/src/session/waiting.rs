//! A request that waits for a slow answer from elsewhere, and is then decided from its beginning.

use super::{Effect, Session, Verdict};

/// Topic ids that are asked for on behalf of one request; further ones stay unknown to it.
const RESOLVED_IDS_MAX: usize = 1_000;

impl Session {
    /// Puts a request aside until the topics are listed. `None`: it has waited already.
    pub(super) fn wait_for_listing(
        &mut self,
        frame: &[u8],
        age_max_milliseconds: i64,
    ) -> Option<Verdict> {
        if self.resumed {
            return None;
        }
        self.waiting = Some(frame.to_vec());
        Some(Verdict::Wait(Effect::ListTopics {
            age_max_milliseconds,
        }))
    }

    /// Puts a request aside until the coordinator has said what it has of a streams group.
    pub(super) fn wait_for_topology(&mut self, frame: &[u8], group: &str) -> Verdict {
        self.waiting = Some(frame.to_vec());
        Verdict::Wait(Effect::DescribeStreamsGroup {
            group: group.to_owned(),
        })
    }

    /// Has the request wait until these ids have been asked for, if any of them is new here.
    pub(super) fn resolve_topics(
        &mut self,
        frame: &[u8],
        ids: impl Iterator<Item = [u8; 16]>,
        now: i64,
    ) -> Option<Verdict> {
        if self.resumed {
            return None;
        }
        let unknown = ids.filter(|id| self.cluster.must_resolve(id, now));
        let unknown: Vec<[u8; 16]> = unknown.take(RESOLVED_IDS_MAX).collect();
        if unknown.is_empty() {
            return None;
        }
        self.waiting = Some(frame.to_vec());
        Some(Verdict::Wait(Effect::ResolveTopics(unknown)))
    }

    /// Goes on with a request that waited for keys or for schemas. It may still wait for the other, and for each
    /// only once: where there is no answer it must end, too.
    pub(super) fn resume_transformed(&mut self, now: i64) -> Verdict {
        let verdict = self.resume(true, now);
        if !matches!(verdict, Verdict::Wait(_)) {
            (self.keys_asked, self.schemas_asked) = (false, false);
        }
        verdict
    }

    /// Decides the request that waited, from its beginning.
    pub(super) fn resume(&mut self, resumed: bool, now: i64) -> Verdict {
        let Some(mut frame) = self.waiting.take() else {
            return Verdict::Nothing;
        };
        self.resumed = resumed;
        let verdict = self.on_request(&mut frame, now);
        self.resumed = false;
        let Verdict::Forward = verdict else {
            return verdict;
        };
        let length = i32::try_from(frame.len()).unwrap_or(i32::MAX);
        let mut framed = length.to_be_bytes().to_vec();
        framed.append(&mut frame);
        Verdict::Rewrite(framed)
    }
}
