//! Confluent's wire formats: in front of a value or in a header of its record, a zero byte and a schema id of four
//! bytes, or in a header a one and a GUID of sixteen; then, for Protobuf, which message.

use std::fmt;

use crate::error::{Invalid, Reason};
use crate::varint::Cursor;

const MAGIC: u8 = 0;
const MAGIC_GUID: u8 = 1;
const HEADER_BYTES: usize = 5;
const GUID_BYTES: usize = 16;
/// How deep a message may be declared within others.
const MESSAGE_DEPTH_MAX: i64 = 32;

/// By what a registry knows a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaId {
    /// Its number in the registry.
    Number(u32),
    /// The digest of it and all that it refers to, the same in every registry.
    Guid([u8; GUID_BYTES]),
}

impl fmt::Display for SchemaId {
    /// As a registry's API writes it: a decimal number, or a UUID (RFC 9562, section 4).
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Guid(bytes) => {
                for (at, byte) in bytes.iter().enumerate() {
                    if matches!(at, 4 | 6 | 8 | 10) {
                        formatter.write_str("-")?;
                    }
                    write!(formatter, "{byte:02x}")?;
                }
                Ok(())
            }
        }
    }
}

/// What the header of a record says of the schema of its value or key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Which schema.
    pub id: SchemaId,
    /// Of a Protobuf value: the message's place among its file's messages, outermost first.
    pub message: Vec<u32>,
}

/// Reads the content of a header `__value_schema_id` or `__key_schema_id`; `protobuf` says whether message indexes
/// follow. `None`: it isn't one, or has more behind it.
pub fn unframe_header(bytes: &[u8], protobuf: bool) -> Option<Named> {
    let (magic, rest) = bytes.split_first()?;
    let id = match *magic {
        MAGIC => SchemaId::Number(u32::from_be_bytes(*rest.first_chunk()?)),
        MAGIC_GUID => SchemaId::Guid(*rest.first_chunk()?),
        _ => return None,
    };
    let mut cursor = Cursor::new(rest);
    cursor.at = match id {
        SchemaId::Number(_) => HEADER_BYTES - 1,
        SchemaId::Guid(_) => GUID_BYTES,
    };
    let message = if protobuf {
        message(&mut cursor).ok()?
    } else {
        Vec::new()
    };
    (cursor.left() == 0).then_some(Named { id, message })
}

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
    fn an_id_in_a_header_is_a_number_or_a_guid_and_nothing_behind_it() {
        let guid: Vec<u8> = [1].into_iter().chain(0xa0..0xb0).collect();
        let named = unframe_header(&guid, false).unwrap();
        assert_eq!(named.id.to_string(), "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
        let number = unframe_header(&[0, 0, 0, 1, 2], false).unwrap();
        assert_eq!((number.id, number.message), (SchemaId::Number(258), vec![]));
        let nested = [&guid[..], &[4, 2, 0]].concat();
        assert_eq!(unframe_header(&nested, true).unwrap().message, [1, 0]);
        // Indexes that nobody asked for, none where they belong, another magic byte, and each that is too short.
        for (bytes, protobuf) in [
            (&nested[..], false),
            (&guid, true),
            (&[2, 0, 0, 0, 1], false),
        ] {
            assert_eq!(unframe_header(bytes, protobuf), None);
        }
        for length in 0..guid.len() {
            assert_eq!(unframe_header(&guid[..length], false), None);
        }
    }

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
