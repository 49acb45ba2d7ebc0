//! Snappy in the framing of the Java library (xerial), and, on the way in, as one raw block, which librdkafka
//! writes and Java's reader takes.

use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

use crate::error::Refusal;

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
/// Version and the oldest version that can read it.
const VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
const HEADER_BYTES: usize = MAGIC.len() + VERSIONS.len();
const BLOCK_BYTES: usize = 32 * 1024;

pub struct Snappy {
    encoder: Encoder,
    decoder: Decoder,
}

impl Default for Snappy {
    fn default() -> Self {
        Self {
            encoder: Encoder::new(),
            decoder: Decoder::new(),
        }
    }
}

impl Snappy {
    pub fn inflate(
        &mut self,
        input: &[u8],
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        out.clear();
        if !input.starts_with(&MAGIC) {
            return self.block(input, bytes_max, out);
        }
        let mut rest = input.get(HEADER_BYTES..).ok_or(Refusal::Inflate)?;
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length));
            let length = length.map_err(|_| Refusal::Inflate)?;
            let (block, after) = after.split_at_checked(length).ok_or(Refusal::Inflate)?;
            self.block(block, bytes_max, out)?;
            rest = after;
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Inflate)
        }
    }

    fn block(&mut self, block: &[u8], bytes_max: usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
        let start = out.len();
        let length = decompress_len(block).map_err(|_| Refusal::Inflate)?;
        // SECURITY: the length is what the block claims.
        if length > bytes_max.saturating_sub(start) {
            return Err(Refusal::Bomb);
        }
        out.resize(start + length, 0);
        let room = out.get_mut(start..).unwrap_or_default();
        match self.decoder.decompress(block, room) {
            Ok(written) if written == length => Ok(()),
            _ => Err(Refusal::Inflate),
        }
    }

    pub fn deflate(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSIONS);
        for block in input.chunks(BLOCK_BYTES) {
            let start = out.len();
            let at = start + size_of::<u32>();
            out.resize(at + max_compress_len(block.len()), 0);
            let room = out.get_mut(at..).unwrap_or_default();
            let bytes = self.encoder.compress(block, room);
            let bytes = bytes.map_err(|_| Refusal::TooLarge)?;
            out.truncate(at + bytes);
            let length = u32::try_from(bytes).map_err(|_| Refusal::TooLarge)?;
            if let Some(place) = out.get_mut(start..at) {
                place.copy_from_slice(&length.to_be_bytes());
            }
        }
        Ok(())
    }
}
