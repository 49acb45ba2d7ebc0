//! What sealing and opening keep from one batch to the next, so that a record costs no allocation.

use crate::associated::Associated;
use crate::batch::Buffers;
use crate::compression::Codecs;

/// Buffers and contexts. Good for any stream; held by one batch at a time.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) codecs: Codecs,
    /// The records of a batch, inflated.
    pub(crate) inflated: Vec<u8>,
    /// The same after they were edited.
    pub(crate) edited: Vec<u8>,
    pub(crate) parts: Parts,
    pub(crate) signing: crate::sign::Work,
}

/// What is needed of one record at a time.
#[derive(Debug, Default)]
pub struct Parts {
    pub(crate) key: Vec<u8>,
    pub(crate) content: Vec<u8>,
    pub(crate) plain: Vec<u8>,
    pub(crate) headers: Vec<u8>,
    pub(crate) header: Vec<u8>,
    /// All of a record, between two things that are done with it.
    pub(crate) record: Vec<u8>,
    pub(crate) wire_key: Vec<u8>,
    /// Of values, as `of_value` is: set for as long as the next one is sealed alike.
    pub(crate) protected: Vec<u8>,
    pub(crate) other_protected: Vec<u8>,
    pub(crate) of_value: Associated,
    pub(crate) of_other: Associated,
}

/// A buffer that held one large batch is not kept for good.
const KEPT_BYTES: usize = 1024 * 1024;

impl Scratch {
    /// What a batch passes through.
    pub(crate) fn buffers(&mut self) -> Buffers<'_> {
        Buffers {
            codecs: &mut self.codecs,
            inflated: &mut self.inflated,
            edited: &mut self.edited,
            parts: &mut self.parts,
        }
    }

    /// Gives back what an unusually large batch needed.
    pub fn give_back(&mut self) {
        self.codecs.give_back();
        let parts = &mut self.parts;
        for buffer in [
            &mut self.inflated,
            &mut self.edited,
            &mut parts.key,
            &mut parts.wire_key,
            &mut parts.content,
            &mut parts.plain,
            &mut parts.headers,
            &mut parts.header,
            &mut parts.record,
        ] {
            buffer.clear();
            buffer.shrink_to(KEPT_BYTES);
        }
    }
}
