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
        let masking = self.snapshot.masking.of(name);
        let unmasked = masking.map(|it| &it.declared.unmasked);
        let why = if contracts.on_write(target).is_some() {
            Some("takes only what its contract says")
        } else if self.is_signed(target) {
            Some("is signed, and copies are not")
        } else if !self.is_classed_as_high(name, target) {
            Some("does not carry the classes of the stream, or is of a lower level")
        } else {
            match (streams.of(name), streams.of(target)) {
                (None, None) if unmasked.is_none() => None,
                (_, None) => Some("is not sealed"),
                (None, Some(sealed)) => self.shows_masked(unmasked, sealed),
                (Some(source), Some(sealed)) => self.less_secret(source, unmasked, sealed),
            }
        };
        why.map(|why| format!("`{target}` {why}"))
    }

    /// Do all rules about the data of a stream hold in the target?
    fn is_classed_as_high(&self, name: &str, target: &str) -> bool {
        let policy = &self.snapshot.policy;
        let (of_source, of_target) = (policy.classes_of(name), policy.classes_of(target));
        of_source.iter().all(|it| of_target.contains(it))
            && policy.level_of(target) >= policy.level_of(name)
    }

    /// What a target that is sealed leaves in clear, or shows, of a stream that is sealed.
    fn less_secret(
        &self,
        source: &SealedStream,
        unmasked: Option<&Readers>,
        target: &SealedStream,
    ) -> Option<&'static str> {
        let wider = || unmasked.into_iter().chain(self.readers_of(source));
        if let Some(why) = unwritable(target).or_else(|| less_sealed(source, target)) {
            Some(why)
        } else if opens_more(source, target) {
            Some("is opened in another way, or shows more to others")
        } else if self.readers_of(source).is_none() || !self.is_read_within(target, wider()) {
            Some("is opened for readers for whom the stream is not")
        } else {
            None
        }
    }

    /// What a target that is sealed shows of a stream that is not, to whom that shows masks at most.
    fn shows_masked(
        &self,
        unmasked: Option<&Readers>,
        target: &SealedStream,
    ) -> Option<&'static str> {
        if let Some(why) = unwritable(target) {
            Some(why)
        } else if unmasked.is_none() {
            None
        } else if target.unreadable == Unreadable::Mask {
            Some("is opened in another way, or shows more to others")
        } else if !self.is_read_within(target, unmasked.into_iter()) {
            Some("is opened for readers for whom the stream is not")
        } else {
            None
        }
    }

    /// Is whoever opens the target among all of these?
    fn is_read_within<'r>(
        &self,
        target: &SealedStream,
        mut wider: impl Iterator<Item = &'r Readers>,
    ) -> bool {
        let readers = self.readers_of(target);
        readers.is_some_and(|readers| wider.all(|it| self.are_within(readers, it)))
    }

    /// Whom a sealed stream is opened for; `None`: nobody knows of its ring.
    fn readers_of(&self, stream: &SealedStream) -> Option<&Readers> {
        let mut rings = self.snapshot.sealing.rings.iter();
        let found = rings.find(|it| it.name == stream.ring);
        found.map(|it| &it.readers)
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

/// Why the gateway can't seal copies for the target, or not all of them.
fn unwritable(target: &SealedStream) -> Option<&'static str> {
    if target.sealed_by == SealedBy::Producer {
        Some("is sealed by its producers")
    } else if target.partition_bound {
        Some("is bound to its partitions")
    } else if !target.value {
        Some("does not seal whole values")
    } else {
        None
    }
}

/// What of a record the target leaves in clear that the source seals.
fn less_sealed(source: &SealedStream, target: &SealedStream) -> Option<&'static str> {
    let deterministic = |it: &SealedStream| it.key == KeySealing::Deterministic;
    if deterministic(source) && !deterministic(target) {
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
