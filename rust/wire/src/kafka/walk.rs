//! Reads any message by its plan without copying, and shows each value to a visitor.

use std::ops::Range;

use super::read::Reader;
use super::schema::{Field, Schema};
use super::spec::Kind;
use crate::{Limits, WireError};

/// One value that holds no others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leaf<'a> {
    /// True or false; any byte but 0 is true.
    Bool(bool),
    /// An integer of any width.
    Int(i64),
    /// A float.
    Float(f64),
    /// A UUID.
    Uuid([u8; 16]),
    /// Text, or null.
    Str(Option<&'a str>),
    /// Bytes or record batches, or null.
    Bytes(Option<&'a [u8]>),
}

/// Is shown what a message holds, in the order of its bytes. An error ends the walk.
pub trait Visitor<'a> {
    /// An array begins; `None` is null.
    fn array(&mut self, field: &'static Field, count: Option<usize>) -> Result<(), WireError> {
        let _ = (field, count);
        Ok(())
    }

    /// An array that is not null has ended.
    fn array_end(&mut self, field: &'static Field) -> Result<(), WireError> {
        let _ = field;
        Ok(())
    }

    /// An element that is a structure begins.
    fn element(&mut self, field: &'static Field, index: usize) -> Result<(), WireError> {
        let _ = (field, index);
        Ok(())
    }

    /// An element that is a structure has ended.
    fn element_end(&mut self, field: &'static Field, index: usize) -> Result<(), WireError> {
        let _ = (field, index);
        Ok(())
    }

    /// A structure that is a field begins; it is null if it is not present.
    fn structure(&mut self, field: &'static Field, present: bool) -> Result<(), WireError> {
        let _ = (field, present);
        Ok(())
    }

    /// A structure that is present has ended.
    fn structure_end(&mut self, field: &'static Field) -> Result<(), WireError> {
        let _ = field;
        Ok(())
    }

    /// A leaf, be it a field or one element of an array. `at` is its place in the body, its length
    /// prefix included; of a tagged field it is the value alone, without tag and size.
    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        at: Range<usize>,
    ) -> Result<(), WireError>;

    /// A tagged field begins; `at` is its place in the body, tag and size included.
    fn tagged(&mut self, field: &'static Field, at: Range<usize>) -> Result<(), WireError> {
        let _ = (field, at);
        Ok(())
    }

    /// A tagged field that this version does not define, with its raw value.
    fn unknown_tag(&mut self, tag: u32, value: &'a [u8]) -> Result<(), WireError> {
        let _ = (tag, value);
        Ok(())
    }
}

/// Shows all of `body` to the visitor. Bytes after its end are an error.
pub fn walk<'a>(
    schema: &'static Schema,
    body: &'a [u8],
    limits: &Limits,
    visitor: &mut impl Visitor<'a>,
) -> Result<(), WireError> {
    // A plan never nests in itself, so its depth is known before the first byte is read.
    if schema.depth > limits.depth_max {
        return Err(WireError::OverLimit {
            field: schema.name,
            at: 0,
            limit: "depth_max",
            value: schema.depth,
            max: limits.depth_max,
        });
    }
    let mut reader = Reader::new(body, 0, limits);
    fields(schema, &mut reader, visitor)?;
    reader.finish()
}

fn fields<'a>(
    schema: &'static Schema,
    reader: &mut Reader<'a, '_>,
    visitor: &mut impl Visitor<'a>,
) -> Result<(), WireError> {
    for field in &schema.fields {
        value(field, reader, visitor)?;
    }
    if schema.flexible {
        tagged(schema, reader, visitor)?;
    }
    Ok(())
}

fn tagged<'a>(
    schema: &'static Schema,
    reader: &mut Reader<'a, '_>,
    visitor: &mut impl Visitor<'a>,
) -> Result<(), WireError> {
    let mut previous = None;
    for _ in 0..reader.tagged_count()? {
        let from = reader.at();
        let (tag, size) = reader.tag(previous)?;
        previous = Some(tag);
        match schema.tagged.iter().find(|field| field.tag == Some(tag)) {
            Some(field) => {
                visitor.tagged(field, from..reader.at() + size)?;
                reader.exactly(field.name, size, |r| value(field, r, visitor))?;
            }
            None => visitor.unknown_tag(tag, reader.take("unknown tagged field", size)?)?,
        }
    }
    Ok(())
}

pub(super) fn value<'a>(
    field: &'static Field,
    reader: &mut Reader<'a, '_>,
    visitor: &mut impl Visitor<'a>,
) -> Result<(), WireError> {
    match (field.array, field.structure()) {
        (true, _) => array(field, reader, visitor),
        (false, None) => leaf(field, field.nullable, reader, visitor),
        (false, Some(inner)) => {
            let present = !field.nullable || i8::from_be_bytes(reader.fixed(field.name)?) >= 0;
            visitor.structure(field, present)?;
            if present {
                fields(inner, reader, visitor)?;
                visitor.structure_end(field)?;
            }
            Ok(())
        }
    }
}

fn array<'a>(
    field: &'static Field,
    reader: &mut Reader<'a, '_>,
    visitor: &mut impl Visitor<'a>,
) -> Result<(), WireError> {
    let at = reader.at();
    let count = reader.count(field.name, field.compact, field.element_size_min())?;
    if count.is_none() && !field.nullable {
        return Err(WireError::UnexpectedNull {
            field: field.name,
            at,
        });
    }
    visitor.array(field, count)?;
    let Some(count) = count else { return Ok(()) };
    for index in 0..count {
        if let Some(inner) = field.structure() {
            visitor.element(field, index)?;
            fields(inner, reader, visitor)?;
            visitor.element_end(field, index)?;
        } else {
            leaf(field, false, reader, visitor)?;
        }
    }
    visitor.array_end(field)
}

pub(super) fn leaf<'a>(
    field: &'static Field,
    nullable: bool,
    reader: &mut Reader<'a, '_>,
    visitor: &mut impl Visitor<'a>,
) -> Result<(), WireError> {
    let at = reader.at();
    let name = field.name;
    let leaf = match field.kind {
        Kind::Bool => Leaf::Bool(reader.fixed(name)? != [0]),
        Kind::Int8 => Leaf::Int(i8::from_be_bytes(reader.fixed(name)?).into()),
        Kind::Int16 => Leaf::Int(i16::from_be_bytes(reader.fixed(name)?).into()),
        Kind::Uint16 => Leaf::Int(u16::from_be_bytes(reader.fixed(name)?).into()),
        Kind::Int32 => Leaf::Int(i32::from_be_bytes(reader.fixed(name)?).into()),
        Kind::Int64 => Leaf::Int(i64::from_be_bytes(reader.fixed(name)?)),
        Kind::Float64 => Leaf::Float(f64::from_be_bytes(reader.fixed(name)?)),
        Kind::Uuid => Leaf::Uuid(reader.fixed(name)?),
        Kind::Str => Leaf::Str(reader.string(name, field.compact)?),
        Kind::Bytes | Kind::Records => Leaf::Bytes(reader.bytes(name, field.compact)?),
        // A structure has a plan, so `value` and `array` never come here with one.
        Kind::Struct => return Ok(()),
    };
    if !nullable && matches!(leaf, Leaf::Str(None) | Leaf::Bytes(None)) {
        return Err(WireError::UnexpectedNull { field: name, at });
    }
    visitor.leaf(field, leaf, at..reader.at())
}
