//! Scalar types: how each lies on the wire.

use crate::error::{Invalid, Reason};
use crate::field::{Content, LeafType};
use crate::varint::{Cursor, unzigzag, write_varint, zigzag};

/// How many bytes follow a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Varint,
    Eight,
    Prefixed,
    Four,
}

impl Wire {
    /// Groups (3 and 4) are refused: they have been out of use since before proto3.
    pub fn of(number: u64) -> Option<Self> {
        Some(match number {
            0 => Self::Varint,
            1 => Self::Eight,
            2 => Self::Prefixed,
            5 => Self::Four,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Boolean,
    Text,
    Bytes,
}

const NAMES: [(&str, Scalar); 15] = [
    ("double", Scalar::Double),
    ("float", Scalar::Float),
    ("int32", Scalar::Int32),
    ("int64", Scalar::Int64),
    ("uint32", Scalar::Uint32),
    ("uint64", Scalar::Uint64),
    ("sint32", Scalar::Sint32),
    ("sint64", Scalar::Sint64),
    ("fixed32", Scalar::Fixed32),
    ("fixed64", Scalar::Fixed64),
    ("sfixed32", Scalar::Sfixed32),
    ("sfixed64", Scalar::Sfixed64),
    ("bool", Scalar::Boolean),
    ("string", Scalar::Text),
    ("bytes", Scalar::Bytes),
];

impl Scalar {
    pub fn of_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, scalar)| *scalar)
    }

    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, scalar)| *scalar == self)
            .map_or("", |(name, _)| name)
    }

    pub fn wire(self) -> Wire {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => Wire::Eight,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => Wire::Four,
            Self::Text | Self::Bytes => Wire::Prefixed,
            _ => Wire::Varint,
        }
    }

    /// Whether it may be the key of a map.
    pub fn is_key(self) -> bool {
        !matches!(self, Self::Double | Self::Float | Self::Bytes)
    }

    pub fn leaf_type(self) -> LeafType {
        let integer = |bits, signed| LeafType::Integer { bits, signed };
        match self {
            Self::Double | Self::Float => LeafType::Real,
            Self::Int32 | Self::Sint32 | Self::Sfixed32 => integer(32, true),
            Self::Int64 | Self::Sint64 | Self::Sfixed64 => integer(64, true),
            Self::Uint32 | Self::Fixed32 => integer(32, false),
            Self::Uint64 | Self::Fixed64 => integer(64, false),
            Self::Boolean => LeafType::Boolean,
            Self::Text => LeafType::Text,
            Self::Bytes => LeafType::Bytes,
        }
    }

    /// How a field of this key that isn't there would be written.
    pub fn default_bytes(self) -> &'static [u8] {
        match self.wire() {
            Wire::Varint => &[0],
            Wire::Eight => &[0; 8],
            Wire::Four => &[0; 4],
            Wire::Prefixed => &[],
        }
    }

    /// Reads one value behind its tag.
    pub fn read<'v>(self, cursor: &mut Cursor<'v>) -> Result<Content<'v>, Invalid> {
        let start = cursor.at;
        Ok(match self {
            Self::Double => Content::Real(f64::from_le_bytes(eight(cursor)?)),
            Self::Float => Content::Real(f32::from_le_bytes(four(cursor)?).into()),
            Self::Fixed32 => Content::Integer(u32::from_le_bytes(four(cursor)?).into()),
            Self::Sfixed32 => Content::Integer(i32::from_le_bytes(four(cursor)?).into()),
            Self::Fixed64 => Content::Integer(u64::from_le_bytes(eight(cursor)?).into()),
            Self::Sfixed64 => Content::Integer(i64::from_le_bytes(eight(cursor)?).into()),
            Self::Int32 => Content::Integer(signed(cursor)?.into()),
            Self::Int64 => Content::Integer(signed_64(cursor)?.into()),
            Self::Uint32 => Content::Integer(cursor.varint(32)?.into()),
            Self::Uint64 => Content::Integer(cursor.varint(64)?.into()),
            Self::Sint32 => Content::Integer(unzigzag(cursor.varint(32)?).into()),
            Self::Sint64 => Content::Integer(unzigzag(cursor.varint(64)?).into()),
            Self::Boolean => match cursor.varint(64)? {
                0 => Content::Boolean(false),
                1 => Content::Boolean(true),
                _ => return Err(Invalid::new(Reason::NotBoolean, start)),
            },
            Self::Text => {
                let text = std::str::from_utf8(cursor.prefixed()?);
                Content::Text(
                    text.map_err(|_| Invalid::new(Reason::NotUtf8, start))?
                        .into(),
                )
            }
            Self::Bytes => Content::Bytes(cursor.prefixed()?.into()),
        })
    }

    /// The bytes of a value behind its tag; `None` where the content is of another type.
    pub fn write(self, content: &Content<'_>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        match (self, content) {
            (Self::Text, Content::Text(text)) => prefixed(text.as_bytes(), &mut bytes)?,
            (Self::Bytes, Content::Bytes(inner)) => prefixed(inner, &mut bytes)?,
            (Self::Boolean, Content::Boolean(truth)) => bytes.push(u8::from(*truth)),
            (Self::Double, Content::Real(real)) => bytes.extend_from_slice(&real.to_le_bytes()),
            #[allow(
                clippy::cast_possible_truncation,
                reason = "the nearest float is meant"
            )]
            (Self::Float, Content::Real(real)) => {
                bytes.extend_from_slice(&(*real as f32).to_le_bytes());
            }
            (_, Content::Integer(number)) => self.integer(*number, &mut bytes)?,
            _ => return None,
        }
        Some(bytes)
    }

    fn integer(self, number: i128, into: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Int32 => write_varint(bits(i32::try_from(number).ok()?.into()), into),
            Self::Int64 => write_varint(bits(i64::try_from(number).ok()?), into),
            Self::Uint32 => write_varint(u32::try_from(number).ok()?.into(), into),
            Self::Uint64 => write_varint(u64::try_from(number).ok()?, into),
            Self::Sint32 => write_varint(zigzag(i32::try_from(number).ok()?.into()), into),
            Self::Sint64 => write_varint(zigzag(i64::try_from(number).ok()?), into),
            Self::Fixed32 => into.extend(u32::try_from(number).ok()?.to_le_bytes()),
            Self::Fixed64 => into.extend(u64::try_from(number).ok()?.to_le_bytes()),
            Self::Sfixed32 => into.extend(i32::try_from(number).ok()?.to_le_bytes()),
            Self::Sfixed64 => into.extend(i64::try_from(number).ok()?.to_le_bytes()),
            _ => return None,
        }
        Some(())
    }
}

/// An `int32`, or a number of an enumeration: below zero it is written with 64 bits.
pub(super) fn signed(cursor: &mut Cursor<'_>) -> Result<i32, Invalid> {
    let start = cursor.at;
    i32::try_from(signed_64(cursor)?).map_err(|_| Invalid::new(Reason::OutOfRange, start))
}

#[allow(
    clippy::cast_possible_wrap,
    reason = "two's complement is what the wire holds"
)]
fn signed_64(cursor: &mut Cursor<'_>) -> Result<i64, Invalid> {
    Ok(cursor.varint(64)? as i64)
}

#[allow(
    clippy::cast_sign_loss,
    reason = "two's complement is what the wire holds"
)]
fn bits(number: i64) -> u64 {
    number as u64
}

fn four(cursor: &mut Cursor<'_>) -> Result<[u8; 4], Invalid> {
    Ok(cursor.take(4)?.try_into().unwrap_or_default())
}

fn eight(cursor: &mut Cursor<'_>) -> Result<[u8; 8], Invalid> {
    Ok(cursor.take(8)?.try_into().unwrap_or_default())
}

fn prefixed(content: &[u8], into: &mut Vec<u8>) -> Option<()> {
    write_varint(u64::try_from(content.len()).ok()?, into);
    into.extend_from_slice(content);
    Some(())
}
