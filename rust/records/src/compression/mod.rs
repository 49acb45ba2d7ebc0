//! The codecs of a batch, each bounded on its way in, and quick on its way out.

mod gzip;
mod lz4;
mod snappy;
mod zstd;

use streamward_wire::kafka::batch::Compression;

use crate::error::Refusal;
use crate::limits::Limits;

pub use self::zstd::WINDOW_LOG_MAX;

/// How hard it is tried to make records smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As a producer with default settings that is in a hurry.
    Fast,
    /// Not at all where the codec allows that: ciphertext does not shrink.
    None,
}

/// What the codecs keep from one batch to the next.
#[derive(Default)]
pub struct Codecs {
    zstd: zstd::Zstd,
    lz4: lz4::Lz4,
    snappy: snappy::Snappy,
}

impl std::fmt::Debug for Codecs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Codecs")
    }
}

impl Codecs {
    /// Inflates what a batch holds to `out`, whose content goes; nothing is allocated beyond the limits.
    pub fn inflate(
        &mut self,
        codec: Compression,
        input: &[u8],
        limits: &Limits,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let bytes_max = limits.inflated(input.len());
        out.clear();
        match codec {
            Compression::None => {
                out.extend_from_slice(input);
                Ok(())
            }
            Compression::Gzip => gzip::inflate(input, bytes_max, out),
            Compression::Snappy => self.snappy.inflate(input, bytes_max, out),
            Compression::Lz4 => lz4::inflate(input, bytes_max, out),
            Compression::Zstd => self.zstd.inflate(input, bytes_max, out),
            Compression::Unknown => Err(Refusal::Codec),
        }
    }

    /// Appends `input`, compressed, to `out`.
    pub fn deflate(
        &mut self,
        codec: Compression,
        effort: Effort,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        match codec {
            Compression::None => {
                out.extend_from_slice(input);
                Ok(())
            }
            Compression::Gzip => gzip::deflate(effort, input, out),
            Compression::Snappy => self.snappy.deflate(input, out),
            Compression::Lz4 => self.lz4.deflate(effort, input, out),
            Compression::Zstd => self.zstd.deflate(effort, input, out),
            Compression::Unknown => Err(Refusal::Codec),
        }
    }
}

/// How much room is made next behind `start` bytes: at first four times what is inflated, then as much again.
fn next_step(start: usize, compressed: usize, bytes_max: usize) -> usize {
    const STEP_MIN: usize = 4 * 1024;
    let step = start.max(compressed.saturating_mul(4)).max(STEP_MIN);
    // One byte more than allowed tells a bomb from what just fits.
    step.min(bytes_max.saturating_sub(start).saturating_add(1))
}

/// Reads all of what `reader` gives, if it is no more than so much.
fn read_bounded(
    mut reader: impl std::io::Read,
    (hint, bytes_max): (usize, usize),
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    loop {
        let start = out.len();
        let step = next_step(start, hint, bytes_max);
        out.resize(start + step, 0);
        let room = out.get_mut(start..).unwrap_or_default();
        let read = match reader.read(room) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => 0,
            Err(_) => return Err(Refusal::Inflate),
        };
        out.truncate(start + read);
        if out.len() > bytes_max {
            return Err(Refusal::Bomb);
        }
        if read == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub const ALL: [Compression; 5] = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_is_deflated_inflates_to_itself(
            seed in proptest::collection::vec(any::<u8>(), 0..3_000),
            times in 0..80_usize,
        ) {
            let input = seed.repeat(times);
            let mut codecs = Codecs::default();
            for codec in ALL {
                for effort in [Effort::Fast, Effort::None] {
                    let (mut deflated, mut inflated) = (Vec::new(), vec![7]);
                    codecs.deflate(codec, effort, &input, &mut deflated).unwrap();
                    codecs.inflate(codec, &deflated, &Limits::default(), &mut inflated).unwrap();
                    prop_assert!(inflated == input, "{codec:?} {effort:?}");
                }
            }
        }

        #[test]
        fn any_bytes_are_inflated_or_refused(input in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut codecs = Codecs::default();
            for codec in ALL {
                let mut out = Vec::new();
                let _ = codecs.inflate(codec, &input, &Limits::default(), &mut out);
            }
        }
    }

    #[test]
    fn a_bomb_is_refused_in_every_codec_before_it_is_there() {
        let limits = Limits {
            inflated_bytes_max: 1 << 20,
            ..Limits::default()
        };
        let zeros = vec![0; 8 << 20];
        let mut codecs = Codecs::default();
        for codec in &ALL[1..] {
            let (mut deflated, mut out) = (Vec::new(), Vec::new());
            codecs
                .deflate(*codec, Effort::Fast, &zeros, &mut deflated)
                .unwrap();
            let inflated = codecs.inflate(*codec, &deflated, &limits, &mut out);
            assert_eq!(inflated, Err(Refusal::Bomb), "{codec:?}");
            assert!(out.capacity() <= 4 << 20, "{codec:?} {}", out.capacity());
        }
    }

    #[test]
    fn what_is_cut_short_is_refused_in_every_codec() {
        let text = b"all work and no play ".repeat(1_000);
        let mut codecs = Codecs::default();
        for codec in &ALL[1..] {
            let (mut deflated, mut out) = (Vec::new(), Vec::new());
            codecs
                .deflate(*codec, Effort::Fast, &text, &mut deflated)
                .unwrap();
            for length in [0, 1, 7, deflated.len() / 2, deflated.len() - 5] {
                let inflated =
                    codecs.inflate(*codec, &deflated[..length], &Limits::default(), &mut out);
                assert!(inflated.is_err() || out != text, "{codec:?} {length}");
            }
        }
    }
}
