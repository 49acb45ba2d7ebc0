//! A Kafka connection is a row of frames: four bytes of length, then that many bytes.

use crate::{Limits, WireError};

/// Bytes of the length that stands before each frame.
pub const LENGTH_BYTES: usize = 4;

/// How much of `input` is the first frame.
///
/// `Ok(None)`: more bytes are needed. `Ok(Some(n))`: the first `n` bytes of `input` are one frame,
/// its four length bytes included. An error means that the stream cannot be read any further.
pub fn complete(input: &[u8], limits: &Limits) -> Result<Option<usize>, WireError> {
    let Some(prefix) = input.first_chunk::<LENGTH_BYTES>() else {
        return Ok(None);
    };
    let length = i32::from_be_bytes(*prefix);
    let Ok(bytes) = usize::try_from(length) else {
        return Err(WireError::InvalidLength {
            field: "frame",
            at: 0,
            length: length.into(),
        });
    };
    if bytes > limits.frame_bytes_max {
        return Err(WireError::OverLimit {
            field: "frame",
            at: 0,
            limit: "frame_bytes_max",
            value: bytes,
            max: limits.frame_bytes_max,
        });
    }
    let whole = LENGTH_BYTES + bytes;
    Ok((input.len() >= whole).then_some(whole))
}
