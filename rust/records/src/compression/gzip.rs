//! gzip (RFC 1952).

use std::io::Write;

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::{Effort, read_bounded};
use crate::error::Refusal;

pub fn inflate(input: &[u8], bytes_max: usize, out: &mut Vec<u8>) -> Result<(), Refusal> {
    read_bounded(MultiGzDecoder::new(input), (input.len(), bytes_max), out)
}

pub fn deflate(effort: Effort, input: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
    let level = match effort {
        Effort::Fast => Compression::fast(),
        Effort::None => Compression::none(),
    };
    let mut encoder = GzEncoder::new(out, level);
    let written = encoder.write_all(input).and_then(|()| encoder.try_finish());
    written.map_err(|_| Refusal::TooLarge)
}
