//! A value in Protobuf's wire format: read in one pass, stricter than readers are. What readers merge,
//! skip or let the last one win is refused, because two readers may see two values in it.

use std::collections::HashSet;

use super::scalar::{Scalar, Wire, signed};
use super::types::{Compiled, Field, FieldType, Message};
use crate::edit::Edits;
use crate::error::{Invalid, Reason};
use crate::field::{Content, LeafType, Visit};
use crate::limits::Limits;
use crate::pass::Pass;
use crate::schema::Undeclared;
use crate::selection::At;
use crate::varint::{Cursor, write_varint};

struct Walk<'w, 'v, V> {
    schema: &'w Compiled,
    pass: Pass<'w, 'v, V>,
    undeclared: Undeclared,
}

impl Compiled {
    /// Reads a whole value; gives what the visitor replaced.
    pub fn walk<V: Visit>(
        &self,
        value: &[u8],
        limits: &Limits,
        at: At<'_>,
        undeclared: Undeclared,
        visitor: &mut V,
    ) -> Result<Edits, Invalid> {
        let mut walk = Walk {
            schema: self,
            pass: Pass::start(value, limits, visitor)?,
            undeclared,
        };
        walk.message(self.root, at)?;
        Ok(walk.pass.edits)
    }
}

/// What of a message has been seen so far.
#[derive(Default)]
struct Seen<'v> {
    first: u128,
    others: HashSet<usize>,
    oneofs: HashSet<u32>,
    keys: HashSet<(usize, &'v [u8])>,
}

impl Seen<'_> {
    fn insert(&mut self, place: usize) -> bool {
        let Some(bit) = u32::try_from(place)
            .ok()
            .and_then(|place| 1u128.checked_shl(place))
        else {
            return self.others.insert(place);
        };
        let new = self.first & bit == 0;
        self.first |= bit;
        new
    }

    fn holds(&self, place: usize) -> bool {
        match u32::try_from(place)
            .ok()
            .and_then(|place| 1u128.checked_shl(place))
        {
            Some(bit) => self.first & bit != 0,
            None => self.others.contains(&place),
        }
    }
}

impl<'v, V: Visit> Walk<'_, 'v, V> {
    /// The fields up to the cursor's end.
    fn message(&mut self, id: u32, at: At<'_>) -> Result<(), Invalid> {
        let schema = self.schema;
        let Some(message) = schema.message(id) else {
            return self.pass.cursor.fail(Reason::WrongType);
        };
        self.pass.enter()?;
        let mut seen = Seen::default();
        while self.pass.cursor.left() > 0 {
            self.field(message, at, &mut seen)?;
        }
        let mut required = message.required.iter();
        if let Some(place) = required.find(|place| !seen.holds(**place)) {
            let missing = Invalid::new(Reason::Missing, self.pass.cursor.at);
            let field = message.fields.get(*place);
            return Err(missing.inside(field.map_or("", |field| &field.name)));
        }
        self.pass.leave();
        Ok(())
    }

    fn field(&mut self, message: &Message, at: At<'_>, seen: &mut Seen<'v>) -> Result<(), Invalid> {
        self.pass.count()?;
        let start = self.pass.cursor.at;
        let malformed = || Invalid::new(Reason::Malformed, start);
        let tag = self.pass.cursor.varint(32)?;
        let wire = Wire::of(tag & 7).ok_or_else(malformed)?;
        let number = u32::try_from(tag >> 3).map_err(|_| malformed())?;
        if number == 0 {
            return Err(malformed());
        }
        let Some((place, field)) = message.field(number) else {
            return self.undeclared(wire, start);
        };
        let once = seen.insert(place) || field.repeated;
        let alone = match field.oneof {
            Some(oneof) => seen.oneofs.insert(oneof),
            None => true,
        };
        if !once || !alone {
            return Err(Invalid::new(Reason::Duplicate, start).inside(&field.name));
        }
        let inner = if message.entry {
            at
        } else {
            at.child(&field.name)
        };
        // The key of an entry is no field of its own.
        let inner = if message.entry && number == 1 {
            At::NOWHERE
        } else {
            inner
        };
        let read = self.typed(field, wire, inner, place, seen);
        if message.entry {
            return read;
        }
        read.map_err(|invalid| invalid.inside(&field.name))
    }

    fn undeclared(&mut self, wire: Wire, start: usize) -> Result<(), Invalid> {
        if !self.schema.admits_undeclared {
            return Err(Invalid::new(Reason::Undeclared, start));
        }
        skip(&mut self.pass.cursor, wire)?;
        if self.undeclared == Undeclared::LeftOut {
            self.pass.edits.push(start..self.pass.cursor.at, Vec::new());
        }
        Ok(())
    }

    fn typed(
        &mut self,
        field: &Field,
        wire: Wire,
        at: At<'_>,
        place: usize,
        seen: &mut Seen<'v>,
    ) -> Result<(), Invalid> {
        let expected = match field.kind {
            FieldType::Scalar(scalar) => scalar.wire(),
            FieldType::Enumeration(_) => Wire::Varint,
            FieldType::Message(_) => Wire::Prefixed,
        };
        if let FieldType::Message(id) = field.kind {
            if wire != expected {
                return self.pass.cursor.fail(Reason::WrongType);
            }
            return self.submessage(id, at, place, seen);
        }
        if wire == expected {
            return self.single(field.kind, at);
        }
        if field.repeated && wire == Wire::Prefixed && expected != Wire::Prefixed {
            return self.within(|walk| {
                while walk.pass.cursor.left() > 0 {
                    walk.pass.count()?;
                    walk.single(field.kind, at)?;
                }
                Ok(())
            });
        }
        self.pass.cursor.fail(Reason::WrongType)
    }

    fn submessage(
        &mut self,
        id: u32,
        at: At<'_>,
        place: usize,
        seen: &mut Seen<'v>,
    ) -> Result<(), Invalid> {
        let start = self.pass.cursor.at;
        let is_entry = self.schema.message(id).is_some_and(|message| message.entry);
        if !is_entry {
            self.pass.other(at, start)?;
        }
        if !is_entry {
            return self.within(|walk| walk.message(id, at));
        }
        let key = self.entry_key(id)?;
        if !seen.keys.insert((place, key)) {
            return Err(Invalid::new(Reason::Duplicate, start));
        }
        self.within(|walk| walk.message(id, at.child("*")))
    }

    /// The bytes of the key of the map entry that begins here, wherever in the entry it stands. What is
    /// malformed is found when the entry is read.
    fn entry_key(&self, id: u32) -> Result<&'v [u8], Invalid> {
        let entry = self.pass.cursor.clone().prefixed()?;
        let key = self.schema.message(id).and_then(|message| message.field(1));
        let Some((
            _,
            Field {
                kind: FieldType::Scalar(scalar),
                ..
            },
        )) = key
        else {
            return Ok(entry);
        };
        let mut within = Cursor::new(entry);
        while within.left() > 0 {
            let Ok(tag) = within.varint(32) else { break };
            let start = within.at;
            if Wire::of(tag & 7).is_none_or(|wire| skip(&mut within, wire).is_err()) {
                break;
            }
            if tag >> 3 == 1 {
                return Ok(key_bytes(entry, start, within.at, *scalar));
            }
        }
        Ok(scalar.default_bytes())
    }

    /// What is behind a length, and nothing beyond it; a length that changes is written anew.
    fn within(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        let start = self.pass.cursor.at;
        let content = self.pass.cursor.prefixed()?.len();
        let end = self.pass.cursor.at;
        let outer_end = self.pass.cursor.end;
        self.pass.cursor.at = end - content;
        self.pass.cursor.end = end;
        let prefix = start..self.pass.cursor.at;
        let mark = self.pass.edits.len();
        inner(self)?;
        self.pass.cursor.end = outer_end;
        let growth = self.pass.edits.growth_since(mark);
        if growth != 0 {
            let length = content.saturating_add_signed(growth);
            let mut with = Vec::new();
            write_varint(u64::try_from(length).unwrap_or(u64::MAX), &mut with);
            self.pass.edits.push(prefix, with);
        }
        Ok(())
    }

    fn single(&mut self, kind: FieldType, at: At<'_>) -> Result<(), Invalid> {
        let start = self.pass.cursor.at;
        let (content, leaf_type) = match kind {
            FieldType::Scalar(scalar) => (scalar.read(&mut self.pass.cursor)?, scalar.leaf_type()),
            FieldType::Enumeration(id) => (self.symbol(id)?, LeafType::Enumeration),
            FieldType::Message(_) => return self.pass.cursor.fail(Reason::WrongType),
        };
        if let Content::Text(text) = &content {
            self.pass.text(text, start)?;
        }
        let encode = |content: &Content<'_>| match kind {
            FieldType::Scalar(scalar) => scalar.write(content),
            _ => None,
        };
        self.pass.leaf((leaf_type, content), at, start, encode)
    }

    fn symbol(&mut self, id: u32) -> Result<Content<'v>, Invalid> {
        let start = self.pass.cursor.at;
        let number = signed(&mut self.pass.cursor)?;
        let known = self.schema.enumerations.get(id as usize);
        let known = known.is_some_and(|enumeration| {
            !enumeration.closed
                || enumeration
                    .symbols
                    .binary_search_by_key(&number, |(number, _)| *number)
                    .is_ok()
        });
        if !known {
            return Err(Invalid::new(Reason::NoSymbol, start));
        }
        Ok(Content::Integer(number.into()))
    }
}

fn skip(cursor: &mut Cursor<'_>, wire: Wire) -> Result<(), Invalid> {
    match wire {
        Wire::Varint => cursor.varint(64).map(|_| ()),
        Wire::Eight => cursor.take(8).map(|_| ()),
        Wire::Prefixed => cursor.prefixed().map(|_| ()),
        Wire::Four => cursor.take(4).map(|_| ()),
    }
}

/// A key without its length, so that an absent one equals one that is empty.
fn key_bytes(entry: &[u8], start: usize, end: usize, scalar: Scalar) -> &[u8] {
    let bytes = entry.get(start..end).unwrap_or_default();
    if scalar != Scalar::Text {
        return bytes;
    }
    Cursor::new(bytes).prefixed().unwrap_or(bytes)
}
