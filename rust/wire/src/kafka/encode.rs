//! Writes the tree of values as bytes, the way Kafka's own classes do.

use super::parts::Out;
use super::schema::{Field, Schema};
use super::spec::Kind;
use super::value::{Struct, Value, preset};
use crate::WireError;

impl Struct {
    /// Appends the message body. Tagged fields that hold their default are left out. On an error
    /// `out` is as it was.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.encode_to(&mut Out::whole(out))
    }

    /// The same, where large fields may be left where they lie.
    pub(super) fn encode_to(&self, out: &mut Out<'_>) -> Result<(), WireError> {
        let start = out.mark();
        let written = structure(self.schema, self, out);
        if written.is_err() {
            out.rewind(start);
        }
        written
    }
}

fn structure(schema: &Schema, given: &Struct, out: &mut Out<'_>) -> Result<(), WireError> {
    if !std::ptr::eq(schema, given.schema) || given.values.len() != schema.len() {
        return Err(unwritable(
            schema.name,
            "it is a structure of another message or version",
        ));
    }
    for (field, held) in schema.fields.iter().zip(&given.values) {
        value(field, held, out)?;
    }
    if schema.flexible {
        tagged(given, out)?;
    }
    Ok(())
}

/// Writes known and unknown tagged fields, merged by ascending tag.
fn tagged(given: &Struct, out: &mut Out<'_>) -> Result<(), WireError> {
    let schema: &'static Schema = given.schema;
    let mut written: Vec<(u32, Vec<u8>)> = Vec::new();
    for (field, held) in schema
        .tagged
        .iter()
        .zip(given.values.iter().skip(schema.fields.len()))
    {
        if let Some(tag) = field.tag.filter(|_| *held != preset(field)) {
            let mut bytes = Vec::new();
            value(field, held, &mut Out::whole(&mut bytes))?;
            written.push((tag, bytes));
        }
    }
    written.extend(
        given
            .unknown
            .iter()
            .map(|unknown| (unknown.tag, unknown.value.to_vec())),
    );
    written.sort_by_key(|(tag, _)| *tag);
    varint(out, length(schema.name, written.len())?);
    for (tag, bytes) in written {
        varint(out, tag);
        varint(out, length(schema.name, bytes.len())?);
        out.extend_from_slice(&bytes);
    }
    Ok(())
}

fn value(field: &Field, held: &Value, out: &mut Out<'_>) -> Result<(), WireError> {
    if field.array {
        return array(field, held, out);
    }
    match (field.structure(), held) {
        (None, _) => scalar(field, field.nullable, held, out),
        (Some(_), Value::Null) if field.nullable => {
            out.push(0xff);
            Ok(())
        }
        (Some(schema), Value::Struct(given)) => {
            if field.nullable {
                out.push(1);
            }
            structure(schema, given, out)
        }
        (Some(_), Value::Null) => Err(unwritable(field.name, "it may not be null")),
        (Some(_), _) => Err(unwritable(field.name, "it is not a structure")),
    }
}

fn array(field: &Field, held: &Value, out: &mut Out<'_>) -> Result<(), WireError> {
    let values = match held {
        Value::Array(values) => values,
        Value::Null if field.nullable => return prefix(field, None, out),
        Value::Null => return Err(unwritable(field.name, "it may not be null")),
        _ => return Err(unwritable(field.name, "it is not an array")),
    };
    prefix(field, Some(values.len()), out)?;
    for element in values {
        match (field.structure(), element) {
            (None, _) => scalar(field, false, element, out)?,
            (Some(schema), Value::Struct(given)) => structure(schema, given, out)?,
            (Some(_), _) => return Err(unwritable(field.name, "an element is not a structure")),
        }
    }
    Ok(())
}

fn scalar(field: &Field, nullable: bool, held: &Value, out: &mut Out<'_>) -> Result<(), WireError> {
    match (field.kind, held) {
        (Kind::Bool, Value::Bool(held)) => out.push(u8::from(*held)),
        (Kind::Float64, Value::Float(held)) => out.extend(held.to_be_bytes()),
        (Kind::Uuid, Value::Uuid(held)) => out.extend(held),
        (_, Value::Int(held)) => integer(field, *held, out)?,
        (Kind::Str, Value::Str(held)) => text(field, Some(held), out)?,
        (Kind::Bytes | Kind::Records, Value::Bytes(held)) => {
            prefix(field, Some(held.len()), out)?;
            out.field(held);
        }
        (Kind::Str, Value::Null) if nullable => text(field, None, out)?,
        (Kind::Bytes | Kind::Records, Value::Null) if nullable => prefix(field, None, out)?,
        (_, Value::Null) => return Err(unwritable(field.name, "it may not be null")),
        _ => return Err(unwritable(field.name, "it is of another type")),
    }
    Ok(())
}

fn integer(field: &Field, held: i64, out: &mut Vec<u8>) -> Result<(), WireError> {
    let outside = |_| unwritable(field.name, "it is out of range");
    match field.kind {
        Kind::Int8 => out.extend(i8::try_from(held).map_err(outside)?.to_be_bytes()),
        Kind::Int16 => out.extend(i16::try_from(held).map_err(outside)?.to_be_bytes()),
        Kind::Uint16 => out.extend(u16::try_from(held).map_err(outside)?.to_be_bytes()),
        Kind::Int32 => out.extend(i32::try_from(held).map_err(outside)?.to_be_bytes()),
        Kind::Int64 => out.extend(held.to_be_bytes()),
        _ => return Err(unwritable(field.name, "it is not an integer")),
    }
    Ok(())
}

/// Writes the length of bytes or the count of an array; `None` is null.
fn prefix(field: &Field, size: Option<usize>, out: &mut Vec<u8>) -> Result<(), WireError> {
    let too_long = |_| unwritable(field.name, "it is too long");
    let size = size.map_or(Ok(-1), i32::try_from).map_err(too_long)?;
    if field.compact {
        varint(out, size.wrapping_add(1).cast_unsigned());
    } else {
        out.extend(size.to_be_bytes());
    }
    Ok(())
}

/// Writes a string, at most 32767 bytes however its length is written; `None` is null.
fn text(field: &Field, held: Option<&str>, out: &mut Vec<u8>) -> Result<(), WireError> {
    let too_long = |_| unwritable(field.name, "it is too long");
    let size = held
        .map_or(Ok(-1), |held| i16::try_from(held.len()))
        .map_err(too_long)?;
    if field.compact {
        varint(out, (i32::from(size) + 1).cast_unsigned());
    } else {
        out.extend(size.to_be_bytes());
    }
    out.extend_from_slice(held.unwrap_or_default().as_bytes());
    Ok(())
}

fn length(field: &'static str, size: usize) -> Result<u32, WireError> {
    u32::try_from(size).map_err(|_| unwritable(field, "it is too long"))
}

/// Appends an unsigned varint: seven bits a byte, lowest first.
fn varint(out: &mut Vec<u8>, mut value: u32) {
    while let Some(rest) = Some(value >> 7).filter(|rest| *rest != 0) {
        out.push((value & 0x7f) as u8 | 0x80);
        value = rest;
    }
    out.push((value & 0x7f) as u8);
}

fn unwritable(field: &'static str, reason: &'static str) -> WireError {
    WireError::Unwritable { field, reason }
}
