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
        match codec {
            Compression::None => {
                out.clear();
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

    /// Gives back what an unusual frame needed.
    pub(crate) fn give_back(&mut self) {
        self.zstd.give_back();
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

/// Where inflated bytes go: zeroed once, and made larger only when it is full, so that a codec that gives a few bytes
/// at a time costs no more than one that gives all at once.
struct Room<'o> {
    out: &'o mut Vec<u8>,
    filled: usize,
    compressed: usize,
    bytes_max: usize,
}

impl<'o> Room<'o> {
    /// Room for what so many compressed bytes inflate to. What `out` holds goes; where it lies is used again.
    const fn new(out: &'o mut Vec<u8>, compressed: usize, bytes_max: usize) -> Self {
        Self {
            out,
            filled: 0,
            compressed,
            bytes_max,
        }
    }

    /// Where the next bytes go; never empty.
    fn spare(&mut self) -> &mut [u8] {
        const STEP_MIN: usize = 4 * 1024;
        // One byte more than allowed tells a bomb from what just fits.
        let most = self.bytes_max.saturating_add(1);
        if self.filled >= self.out.len() {
            // At first four times what is inflated, then as much again.
            let step = self.filled.max(self.compressed.saturating_mul(4));
            let grown = self.filled.saturating_add(step.max(STEP_MIN)).min(most);
            self.out.resize(grown, 0);
        }
        let end = self.out.len().min(most);
        self.out.get_mut(self.filled..end).unwrap_or_default()
    }

    /// Counts so many bytes that were put there.
    const fn fill(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.filled += bytes;
        if self.filled > self.bytes_max {
            return Err(Refusal::Bomb);
        }
        Ok(())
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.filled);
    }
}

/// Reads all of what `reader` gives, if it is no more than so much.
fn read_bounded(
    mut reader: impl std::io::Read,
    (compressed, bytes_max): (usize, usize),
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let mut room = Room::new(out, compressed, bytes_max);
    loop {
        match reader.read(room.spare()) {
            Ok(0) => return Ok(()),
            Ok(read) => room.fill(read)?,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Refusal::Inflate),
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

    /// Gives a byte at a time, and counts how often the end of its room was zeroed.
    struct Drip {
        left: usize,
        zeroed: usize,
    }

    impl std::io::Read for Drip {
        fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
            let last = room.last_mut().unwrap();
            self.zeroed += usize::from(*last == 0);
            *last = 7;
            let given = self.left.min(1);
            self.left -= given;
            room[..given].fill(9);
            Ok(given)
        }
    }

    #[test]
    fn what_comes_in_drips_is_not_paid_for_with_a_room_each() {
        let mut drip = Drip {
            left: 20_000,
            zeroed: 0,
        };
        let mut out = Vec::new();
        read_bounded(&mut drip, (2_000, 1 << 20), &mut out).unwrap();
        assert_eq!(out, vec![9; 20_000]);
        assert!(drip.zeroed <= 4, "{}", drip.zeroed);
        // What is there already is used again.
        let mut drip = Drip {
            left: 20_000,
            zeroed: 0,
        };
        read_bounded(&mut drip, (2_000, 1 << 20), &mut out).unwrap();
        assert!(drip.zeroed <= 1, "{}", drip.zeroed);
        let mut drip = Drip {
            left: 20_000,
            zeroed: 0,
        };
        let bounded = read_bounded(&mut drip, (2_000, 19_999), &mut out);
        assert_eq!(bounded, Err(Refusal::Bomb));
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
