//! A value in Avro's binary encoding: read in one pass, nothing allocated but what is replaced.

use std::collections::HashSet;

use super::types::{Compiled, Declared, Field, Logical, Type, TypeId};
use crate::edit::Edits;
use crate::error::{Invalid, Reason};
use crate::field::{Content, LeafType, Visit};
use crate::limits::Limits;
use crate::pass::Pass;
use crate::selection::At;
use crate::varint::{write_varint, zigzag};

/// One pass over one value.
pub(super) struct Walk<'w, 'v, V> {
    schema: &'w Compiled,
    pass: Pass<'w, 'v, V>,
}

impl Compiled {
    /// Reads a whole value; gives what the visitor replaced.
    pub fn walk<V: Visit>(
        &self,
        value: &[u8],
        limits: &Limits,
        at: At<'_>,
        visitor: &mut V,
    ) -> Result<Edits, Invalid> {
        let mut walk = Walk {
            schema: self,
            pass: Pass::start(value, limits, visitor)?,
        };
        walk.value(self.root, at)?;
        if walk.pass.cursor.left() > 0 {
            return walk.pass.cursor.fail(Reason::Trailing);
        }
        Ok(walk.pass.edits)
    }
}

impl<'v, V: Visit> Walk<'_, 'v, V> {
    fn value(&mut self, id: TypeId, at: At<'_>) -> Result<(), Invalid> {
        let schema = self.schema;
        let Some(declared) = schema.get(id) else {
            return self.pass.cursor.fail(Reason::WrongType);
        };
        self.pass.count()?;
        let start = self.pass.cursor.at;
        match &declared.kind {
            Type::Null => Ok(()),
            Type::Array(inner) => self.deeper(|walk| walk.blocks(*inner, at, false)),
            Type::Map(inner) => self.deeper(|walk| walk.blocks(*inner, at, true)),
            Type::Union(branches) => {
                let index = usize::try_from(self.pass.cursor.zigzag(64)?).ok();
                match index.and_then(|index| branches.get(index)) {
                    Some(branch) => self.deeper(|walk| walk.value(*branch, at)),
                    None => Err(Invalid::new(Reason::NoBranch, start)),
                }
            }
            Type::Record(fields) => {
                self.pass.other(at, start)?;
                self.deeper(|walk| walk.fields(fields, at))
            }
            Type::Open => self.pass.cursor.fail(Reason::WrongType),
            _ => self.single(declared, at),
        }
    }

    fn deeper(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        self.pass.enter()?;
        inner(self)?;
        self.pass.leave();
        Ok(())
    }

    fn fields(&mut self, fields: &[Field], at: At<'_>) -> Result<(), Invalid> {
        for field in fields {
            self.value(field.kind, at.child(&field.name))
                .map_err(|invalid| invalid.inside(&field.name))?;
        }
        Ok(())
    }

    /// Blocks of entries until an empty one; a block may say in front how many bytes it has.
    fn blocks(&mut self, inner: TypeId, at: At<'_>, keyed: bool) -> Result<(), Invalid> {
        if keyed {
            self.pass.other(at, self.pass.cursor.at)?;
        }
        let mut keys = HashSet::new();
        loop {
            let start = self.pass.cursor.at;
            let count = self.pass.cursor.zigzag(64)?;
            let size = if count < 0 {
                let size = self.pass.cursor.zigzag(64)?;
                Some(usize::try_from(size).map_err(|_| Invalid::new(Reason::BlockSize, start))?)
            } else {
                None
            };
            let items = self.pass.cursor.at;
            let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            if count == 0 {
                return Ok(());
            }
            self.pass.fits(count)?;
            let mark = self.pass.edits.len();
            for _ in 0..count {
                let place = if keyed { self.key(&mut keys, at)? } else { at };
                self.value(inner, place)?;
            }
            if let Some(size) = size {
                if size != self.pass.cursor.at - items {
                    return Err(Invalid::new(Reason::BlockSize, start));
                }
                self.resize(start..items, count, size, mark);
            }
        }
    }

    /// A block that says its size says the new one after edits within it.
    fn resize(&mut self, header: std::ops::Range<usize>, count: usize, size: usize, mark: usize) {
        let growth = self.pass.edits.growth_since(mark);
        if growth == 0 {
            return;
        }
        let size = size.saturating_add_signed(growth);
        let mut with = Vec::new();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        write_varint(zigzag(-count), &mut with);
        write_varint(zigzag(i64::try_from(size).unwrap_or(i64::MAX)), &mut with);
        self.pass.edits.push(header, with);
    }

    fn key<'s>(&mut self, keys: &mut HashSet<&'v str>, at: At<'s>) -> Result<At<'s>, Invalid> {
        let start = self.pass.cursor.at;
        self.pass.count()?;
        let key = self.text()?;
        if !keys.insert(key) {
            return Err(Invalid::new(Reason::Duplicate, start));
        }
        Ok(at.child(key))
    }

    fn bytes(&mut self) -> Result<&'v [u8], Invalid> {
        let start = self.pass.cursor.at;
        let length = self.pass.cursor.zigzag(64)?;
        let length = usize::try_from(length).map_err(|_| Invalid::new(Reason::Length, start))?;
        self.pass.cursor.take(length)
    }

    fn text(&mut self) -> Result<&'v str, Invalid> {
        let start = self.pass.cursor.at;
        let text =
            std::str::from_utf8(self.bytes()?).map_err(|_| Invalid::new(Reason::NotUtf8, start))?;
        self.pass.text(text, start)?;
        Ok(text)
    }

    fn single(&mut self, declared: &Declared, at: At<'_>) -> Result<(), Invalid> {
        let start = self.pass.cursor.at;
        let content = self.content(declared)?;
        let shown = (leaf_type(declared), content);
        self.pass
            .leaf(shown, at, start, |content| encode(declared, content))
    }

    fn content(&mut self, declared: &Declared) -> Result<Content<'v>, Invalid> {
        let start = self.pass.cursor.at;
        Ok(match &declared.kind {
            Type::Boolean => match self.pass.cursor.byte()? {
                0 => Content::Boolean(false),
                1 => Content::Boolean(true),
                _ => return Err(Invalid::new(Reason::NotBoolean, start)),
            },
            Type::Int => Content::Integer(self.pass.cursor.zigzag(32)?.into()),
            Type::Long => Content::Integer(self.pass.cursor.zigzag(64)?.into()),
            Type::Float => {
                let bytes = self.pass.cursor.take(4)?.try_into().unwrap_or_default();
                Content::Real(f32::from_le_bytes(bytes).into())
            }
            Type::Double => {
                let bytes = self.pass.cursor.take(8)?.try_into().unwrap_or_default();
                Content::Real(f64::from_le_bytes(bytes))
            }
            Type::Bytes => Content::Bytes(self.bytes()?.into()),
            Type::Fixed(length) => Content::Bytes(self.pass.cursor.take(*length as usize)?.into()),
            Type::Enumeration(symbols) => {
                let index = self.pass.cursor.zigzag(32)?;
                match usize::try_from(index) {
                    Ok(place) if place < symbols.len() => Content::Integer(index.into()),
                    _ => return Err(Invalid::new(Reason::NoSymbol, start)),
                }
            }
            _ => Content::Text(self.text()?.into()),
        })
    }
}

/// What a visitor is told of a single type.
pub(super) fn leaf_type(declared: &Declared) -> LeafType {
    match (&declared.kind, declared.logical) {
        (Type::Int, Logical::Date) => LeafType::Date,
        (Type::Int, _) => LeafType::Integer {
            bits: 32,
            signed: true,
        },
        (Type::Long, Logical::Timestamp(per_second)) => LeafType::Timestamp { per_second },
        (Type::Long, _) => LeafType::Integer {
            bits: 64,
            signed: true,
        },
        (Type::Bytes, Logical::Decimal) => LeafType::Decimal,
        (Type::Bytes, _) => LeafType::Bytes,
        (Type::Fixed(length), _) => LeafType::Fixed(*length),
        (Type::Float | Type::Double, _) => LeafType::Real,
        (Type::Boolean, _) => LeafType::Boolean,
        (Type::Enumeration(_), _) => LeafType::Enumeration,
        (Type::Text, Logical::Uuid) => LeafType::Uuid,
        _ => LeafType::Text,
    }
}

fn encode(declared: &Declared, content: &Content<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    match (&declared.kind, content) {
        (Type::Text, Content::Text(text)) => prefixed(text.as_bytes(), &mut bytes)?,
        (Type::Bytes, Content::Bytes(inner)) => prefixed(inner, &mut bytes)?,
        (Type::Fixed(length), Content::Bytes(inner)) if inner.len() == *length as usize => {
            bytes.extend_from_slice(inner);
        }
        (Type::Int, Content::Integer(number)) => {
            write_varint(zigzag(i32::try_from(*number).ok()?.into()), &mut bytes);
        }
        (Type::Long, Content::Integer(number)) => {
            write_varint(zigzag(i64::try_from(*number).ok()?), &mut bytes);
        }
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the nearest float is meant"
        )]
        (Type::Float, Content::Real(number)) => {
            bytes.extend_from_slice(&(*number as f32).to_le_bytes());
        }
        (Type::Double, Content::Real(number)) => bytes.extend_from_slice(&number.to_le_bytes()),
        (Type::Boolean, Content::Boolean(truth)) => bytes.push(u8::from(*truth)),
        _ => return None,
    }
    Some(bytes)
}

fn prefixed(content: &[u8], into: &mut Vec<u8>) -> Option<()> {
    write_varint(zigzag(i64::try_from(content.len()).ok()?), into);
    into.extend_from_slice(content);
    Some(())
}
