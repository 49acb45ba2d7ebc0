//! Confluent's wire format: a zero byte, a schema id of four bytes, and for Protobuf which message.

use crate::error::{Invalid, Reason};
use crate::varint::Cursor;

const MAGIC: u8 = 0;
const HEADER_BYTES: usize = 5;
/// How deep a message may be declared within others.
const MESSAGE_DEPTH_MAX: i64 = 32;

/// The header of a framed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framed {
    /// The id under which a registry knows the schema.
    pub schema_id: u32,
    /// Of a Protobuf value: the message's place among its file's messages, outermost first.
    pub message: Vec<u32>,
    /// Where the value itself begins.
    pub at: usize,
}

/// Reads the header of a value; `protobuf` says whether message indexes follow.
///
/// # Errors
/// `NotFramed` where there is none, `UnknownMessage` for indexes that can't be.
pub fn unframe(bytes: &[u8], protobuf: bool) -> Result<Framed, Invalid> {
    let not_framed = || Invalid::new(Reason::NotFramed, 0);
    let (Some(&MAGIC), Some(id)) = (bytes.first(), bytes.get(1..HEADER_BYTES)) else {
        return Err(not_framed());
    };
    let id: [u8; 4] = id.try_into().map_err(|_| not_framed())?;
    let mut framed = Framed {
        schema_id: u32::from_be_bytes(id),
        message: Vec::new(),
        at: HEADER_BYTES,
    };
    if protobuf {
        let mut cursor = Cursor::new(bytes);
        cursor.at = HEADER_BYTES;
        framed.message = message(&mut cursor)?;
        framed.at = cursor.at;
    }
    Ok(framed)
}

/// The indexes: how many, then each; a single zero stands for the first message.
fn message(cursor: &mut Cursor<'_>) -> Result<Vec<u32>, Invalid> {
    let start = cursor.at;
    let unknown = || Invalid::new(Reason::UnknownMessage, start);
    let count = cursor.zigzag(32).map_err(|_| unknown())?;
    if count == 0 {
        return Ok(vec![0]);
    }
    if !(1..=MESSAGE_DEPTH_MAX).contains(&count) {
        return Err(unknown());
    }
    (0..count)
        .map(|_| {
            let index = cursor.zigzag(32).map_err(|_| unknown())?;
            u32::try_from(index).map_err(|_| unknown())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_or_refused() {
        let framed = unframe(&[0, 0, 0, 1, 2, 9], false).unwrap();
        assert_eq!((framed.schema_id, framed.at), (258, 5));
        assert_eq!(unframe(&[0, 0, 0, 0, 1, 0], true).unwrap().message, [0]);
        let nested = unframe(&[0, 0, 0, 0, 1, 4, 2, 0, 7], true).unwrap();
        assert_eq!((nested.message, nested.at), (vec![1, 0], 8));
        for bytes in [&b""[..], &[0, 0, 0, 1], &[1, 0, 0, 0, 1, 0], b"{\"a\":1}"] {
            assert_eq!(unframe(bytes, false).unwrap_err().reason, Reason::NotFramed);
        }
        // A count below zero, one that is too large, an index below zero, and one that is missing.
        for indexes in [&[1u8][..], &[0xff, 0x7f], &[2, 1], &[4, 2], &[]] {
            let bytes = [&[0, 0, 0, 0, 1], indexes].concat();
            assert_eq!(
                unframe(&bytes, true).unwrap_err().reason,
                Reason::UnknownMessage
            );
        }
    }
}
