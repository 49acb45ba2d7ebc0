//! Zstandard (RFC 8878), with contexts that are made once.

use zstd_safe::{
    CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, compress_bound,
};

use super::{Effort, Room};
use crate::error::Refusal;

/// Frames that need a larger window (as a power of two) are refused: the decoder would have to set it aside.
pub const WINDOW_LOG_MAX: u32 = 25;
/// A decoder that has set aside more, because somebody's frame asked for it, is not kept.
const DECODER_BYTES_KEPT: usize = 4 * 1024 * 1024;
const FAST_LEVEL: i32 = 1;
/// Gives up soon on what does not shrink.
const HASTY_LEVEL: i32 = -50;

#[derive(Default)]
pub struct Zstd {
    encoder: Option<CCtx<'static>>,
    decoder: Option<DCtx<'static>>,
}

impl Zstd {
    pub fn inflate(
        &mut self,
        input: &[u8],
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            empty => {
                let mut made = DCtx::try_create().ok_or(Refusal::Inflate)?;
                made.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))
                    .map_err(|_| Refusal::Inflate)?;
                empty.insert(made)
            }
        };
        decoder
            .reset(ResetDirective::SessionOnly)
            .map_err(|_| Refusal::Inflate)?;
        let mut room = Room::new(out, input.len(), bytes_max);
        let mut input = InBuffer::around(input);
        loop {
            let mut output = OutBuffer::around(room.spare());
            let left = decoder.decompress_stream(&mut output, &mut input);
            let (written, full) = (output.pos(), output.pos() == output.capacity());
            room.fill(written)?;
            let left = left.map_err(|_| Refusal::Inflate)?;
            let read = input.pos() == input.src.len();
            if left == 0 && read {
                return Ok(());
            }
            if read && !full {
                return Err(Refusal::Inflate);
            }
        }
    }

    /// A decoder keeps the window of the largest frame that it has seen.
    pub fn give_back(&mut self) {
        let large = |it: &DCtx<'_>| it.sizeof() > DECODER_BYTES_KEPT;
        if self.decoder.as_ref().is_some_and(large) {
            self.decoder = None;
        }
    }

    pub fn deflate(
        &mut self,
        effort: Effort,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            empty => empty.insert(CCtx::try_create().ok_or(Refusal::TooLarge)?),
        };
        let level = match effort {
            Effort::Fast => FAST_LEVEL,
            Effort::None => HASTY_LEVEL,
        };
        encoder
            .set_parameter(CParameter::CompressionLevel(level))
            .map_err(|_| Refusal::TooLarge)?;
        let start = out.len();
        out.resize(start + compress_bound(input.len()), 0);
        let room = out.get_mut(start..).unwrap_or_default();
        let bytes = encoder.compress2(room, input);
        out.truncate(start + bytes.map_err(|_| Refusal::TooLarge)?);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_window_that_one_frame_asked_for_is_not_kept() {
        let noise: Vec<u8> = (0..5_000_000_u64)
            .map(|it| it.wrapping_mul(6_364_136_223_846_793_005).to_be_bytes()[0])
            .collect();
        let mut encoder = CCtx::try_create().unwrap();
        let window = CParameter::WindowLog(WINDOW_LOG_MAX);
        encoder.set_parameter(window).unwrap();
        let size = CParameter::ContentSizeFlag(false);
        encoder.set_parameter(size).unwrap();
        let mut deflated = vec![0; compress_bound(noise.len())];
        let bytes = encoder.compress2(&mut deflated[..], &noise).unwrap();
        let (mut zstd, mut out) = (Zstd::default(), Vec::new());
        zstd.inflate(&deflated[..bytes], 6_000_000, &mut out)
            .unwrap();
        assert!(out == noise);
        assert!(zstd.decoder.as_ref().unwrap().sizeof() > DECODER_BYTES_KEPT);
        zstd.give_back();
        assert!(zstd.decoder.is_none());
        let mut small = Vec::new();
        zstd.deflate(Effort::Fast, b"small", &mut small).unwrap();
        zstd.inflate(&small, 100, &mut out).unwrap();
        zstd.give_back();
        assert!(zstd.decoder.is_some());
    }
}
