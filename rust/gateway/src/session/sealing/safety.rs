//! What a stream must be, so that what is refused elsewhere may be copied there.

use super::super::Session;
use crate::sealing::{KeySealing, Readers, SealedBy, SealedStream, Unreadable};

impl Session {
    /// Why the copies of a stream's records would be less safe in the target than in the stream; `None`: they
    /// would not.
    ///
    /// SECURITY: whoever may write can have any record refused, and so copied: nothing of a record may lie in clear,
    /// or be opened for somebody, in the target that does not and is not in the stream.
    pub(super) fn less_safe(&self, name: &str, target: &str) -> Option<String> {
        let (streams, contracts) = (&self.snapshot.sealing, &self.snapshot.contracts);
        let Some(source) = streams.of(name) else {
            return Some(format!("`{name}` is not sealed"));
        };
        let Some(sealed) = streams.of(target) else {
            return Some(format!("`{target}` is not sealed"));
        };
        let why = if contracts.on_write(target).is_some() {
            "takes only what its contract says"
        } else if self.is_signed(target) {
            "is signed, and copies are not"
        } else if let Some(why) = less_sealed(source, sealed) {
            why
        } else if opens_more(source, sealed) {
            "is opened in another way, or shows more to others"
        } else if !self.is_read_by_fewer(name, source, sealed) {
            "is opened for readers for whom the stream is not"
        } else {
            return None;
        };
        Some(format!("`{target}` {why}"))
    }

    /// Is whoever opens the target among those who see all of the source?
    fn is_read_by_fewer(&self, name: &str, source: &SealedStream, target: &SealedStream) -> bool {
        let readers = |ring: &str| {
            let rings = &self.snapshot.sealing.rings;
            let found = rings.iter().find(|it| it.name == ring);
            found.map(|it| &it.readers)
        };
        let (Some(of_source), Some(of_target)) = (readers(&source.ring), readers(&target.ring))
        else {
            return false;
        };
        let unmasked = self.snapshot.masking.of(name);
        let unmasked = unmasked.map(|it| &it.declared.unmasked);
        let mut wider = unmasked.into_iter().chain([of_source]);
        wider.all(|it| self.are_within(of_target, it))
    }

    /// Are all of these among the others?
    fn are_within(&self, these: &Readers, wanted: &Readers) -> bool {
        let directory = &self.snapshot.directory;
        let is_within = |principal: &String| {
            let declared = directory.principal(principal);
            let mut roles = declared.iter().flat_map(|it| &it.roles);
            wanted.principals.contains(principal) || roles.any(|it| wanted.roles.contains(it))
        };
        these.roles.iter().all(|it| wanted.roles.contains(it))
            && these.principals.iter().all(is_within)
    }
}

/// What of a record the target leaves in clear that the source seals, or why it can't be sealed there.
fn less_sealed(source: &SealedStream, target: &SealedStream) -> Option<&'static str> {
    let deterministic = |it: &SealedStream| it.key == KeySealing::Deterministic;
    if target.sealed_by == SealedBy::Producer {
        Some("is sealed by its producers")
    } else if target.partition_bound {
        Some("is bound to its partitions")
    } else if !target.value {
        Some("does not seal whole values")
    } else if deterministic(source) && !deterministic(target) {
        Some("does not seal keys")
    } else if !source.headers.iter().all(|it| target.headers.contains(it)) {
        Some("does not seal the same headers")
    } else {
        None
    }
}

/// Does the target give more to whom it is not opened for? Masks are those of its own contract, so they are never
/// known to hide as much.
fn opens_more(source: &SealedStream, target: &SealedStream) -> bool {
    let shown = match target.unreadable {
        Unreadable::Refuse => false,
        Unreadable::Ciphertext => source.unreadable != Unreadable::Ciphertext,
        Unreadable::Mask => true,
    };
    shown || source.opened_by != target.opened_by
}
