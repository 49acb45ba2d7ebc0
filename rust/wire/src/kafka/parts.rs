//! A frame in parts: large fields leave from where they lie, and only what stands between them is written anew.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;

/// A smaller field is copied.
pub const PART_BYTES_MIN: usize = 16 * 1024;

/// A frame: bytes of its own, and between them fields that lie elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    own: Vec<u8>,
    /// Each with its place in `own`, in order.
    shared: Vec<(usize, Bytes)>,
    /// What the fields were taken from.
    taken_from: usize,
}

impl Parts {
    /// Of a message whose fields lie in a buffer of so many bytes, all of which stays as long as one of them does.
    pub fn taken_from(bytes: usize) -> Self {
        Self {
            taken_from: bytes,
            ..Self::default()
        }
    }

    /// Bytes that it keeps in memory, also those that are no part of it.
    pub fn held_bytes(&self) -> usize {
        match shared_bytes(&self.shared) {
            0 => self.own.len(),
            shared => self.own.len() + shared.max(self.taken_from),
        }
    }

    /// Bytes of the whole frame, its length included.
    pub fn bytes(&self) -> usize {
        self.own.len() + shared_bytes(&self.shared)
    }

    /// What stands before the first field that lies elsewhere: the frame's length, its header, and more.
    pub fn head_mut(&mut self) -> &mut [u8] {
        let end = self.shared.first().map_or(self.own.len(), |(at, _)| *at);
        self.own.get_mut(..end).unwrap_or_default()
    }

    /// All of it, one after the other.
    pub fn into_segments(self) -> impl Iterator<Item = Bytes> {
        let (own, mut at) = (Bytes::from(self.own), 0);
        let last = (own.len(), Bytes::new());
        let all = self.shared.into_iter().chain([last]);
        let pairs = all.flat_map(move |(end, shared)| {
            let before = own.slice(at.min(end)..end);
            at = end;
            [before, shared]
        });
        pairs.filter(|it| !it.is_empty())
    }

    /// A copy in one piece.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut whole = Vec::with_capacity(self.bytes());
        for segment in self.clone().into_segments() {
            whole.extend_from_slice(&segment);
        }
        whole
    }

    pub(super) fn out(&mut self) -> Out<'_> {
        Out {
            own: &mut self.own,
            shared: Some(&mut self.shared),
        }
    }
}

/// Where the tree is written to: all of it, or what is not to be shared.
pub(super) struct Out<'o> {
    own: &'o mut Vec<u8>,
    shared: Option<&'o mut Vec<(usize, Bytes)>>,
}

impl<'o> Out<'o> {
    /// Everything is copied here.
    pub(super) fn whole(own: &'o mut Vec<u8>) -> Self {
        Self { own, shared: None }
    }

    /// Appends the bytes of a field.
    pub(super) fn field(&mut self, bytes: &Bytes) {
        match &mut self.shared {
            Some(shared) if bytes.len() >= PART_BYTES_MIN => {
                shared.push((self.own.len(), bytes.clone()));
            }
            _ => self.own.extend_from_slice(bytes),
        }
    }

    /// What has been written, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.own.len() + self.shared.as_deref().map_or(0, |it| shared_bytes(it))
    }

    /// What has been written, to be gone back to.
    pub(super) fn mark(&self) -> (usize, usize) {
        let shared = self.shared.as_ref().map_or(0, |it| it.len());
        (self.own.len(), shared)
    }

    /// Takes back what was written since.
    pub(super) fn rewind(&mut self, (own, shared): (usize, usize)) {
        self.own.truncate(own);
        if let Some(held) = &mut self.shared {
            held.truncate(shared);
        }
    }
}

impl Deref for Out<'_> {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        self.own
    }
}

impl DerefMut for Out<'_> {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        self.own
    }
}

fn shared_bytes(shared: &[(usize, Bytes)]) -> usize {
    shared.iter().map(|(_, bytes)| bytes.len()).sum()
}
