//! LZ4 frames as Kafka writes them: independent blocks of up to 64 KiB, no checksums.

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};
use lz4_flex::frame::FrameDecoder;

use super::{Effort, read_bounded};
use crate::error::Refusal;

/// Magic, flags (version 1, independent blocks), blocks of 64 KiB, and the checksum of the two.
const HEADER: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
const BLOCK_BYTES: usize = 64 * 1024;
/// In a block's length: its bytes are as they were.
const AS_IT_WAS: u32 = 1 << 31;
const END: [u8; 4] = [0; 4];

#[derive(Default)]
pub struct Lz4 {
    table: CompressTable,
}

pub fn inflate(input: &[u8], bytes_max: usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
    // A frame without its end mark gives no error to a reader, so an empty one is looked for here.
    if input.is_empty() {
        return Err(Refusal::Inflate);
    }
    read_bounded(FrameDecoder::new(input), (input.len(), bytes_max), out)
}

impl Lz4 {
    pub fn deflate(
        &mut self,
        effort: Effort,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        out.extend_from_slice(&HEADER);
        for block in input.chunks(BLOCK_BYTES) {
            self.block(effort, block, out)?;
        }
        out.extend_from_slice(&END);
        Ok(())
    }

    fn block(&mut self, effort: Effort, block: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        let start = out.len();
        out.extend_from_slice(&END);
        let at = out.len();
        if effort == Effort::Fast {
            out.resize(at + get_maximum_output_size(block.len()), 0);
            let room = out.get_mut(at..).unwrap_or_default();
            let bytes = compress_into_with_table(block, room, &mut self.table)
                .map_err(|_| Refusal::TooLarge)?;
            out.truncate(at + bytes);
        }
        let mut length = out.len() - at;
        let as_it_was = effort == Effort::None || length >= block.len();
        if as_it_was {
            out.truncate(at);
            out.extend_from_slice(block);
            length = block.len();
        }
        let length = u32::try_from(length).map_err(|_| Refusal::TooLarge)?;
        let marked = if as_it_was {
            length | AS_IT_WAS
        } else {
            length
        };
        if let Some(place) = out.get_mut(start..at) {
            place.copy_from_slice(&marked.to_le_bytes());
        }
        Ok(())
    }
}
