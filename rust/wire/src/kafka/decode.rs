//! Builds the tree of values from bytes: a visitor of the one walker.

use std::ops::Range;

use bytes::Bytes;

use super::schema::{Field, Schema};
use super::value::{Struct, UnknownTag, Value, preset};
use super::walk::{Leaf, Visitor, walk};
use crate::{Limits, WireError};

/// Elements that room is made for before they are seen.
const ELEMENTS_RESERVED_MAX: usize = 1024;

impl Struct {
    /// Reads a message body. Bytes and records are slices of `body`, not copies.
    pub fn decode(
        schema: &'static Schema,
        body: &Bytes,
        limits: &Limits,
    ) -> Result<Self, WireError> {
        let mut builder = Builder {
            body,
            values_left: limits.values_max,
            limits,
            open: vec![],
        };
        builder.begin(schema)?;
        walk(schema, body, limits, &mut builder)?;
        match builder.end() {
            Some(Value::Struct(whole)) => Ok(whole),
            _ => Err(WireError::Stopped {
                reason: "the tree was not complete",
            }),
        }
    }
}

/// What has begun and not yet ended.
enum Open {
    Struct(Struct),
    Array(Vec<Value>),
}

struct Builder<'b> {
    body: &'b Bytes,
    values_left: usize,
    limits: &'b Limits,
    open: Vec<Open>,
}

impl Builder<'_> {
    fn spend(&mut self, field: &'static str, values: usize) -> Result<(), WireError> {
        match self.values_left.checked_sub(values) {
            Some(left) => self.values_left = left,
            None => {
                return Err(WireError::OverLimit {
                    field,
                    at: 0,
                    limit: "values_max",
                    value: self.limits.values_max.saturating_add(1),
                    max: self.limits.values_max,
                });
            }
        }
        Ok(())
    }

    fn begin(&mut self, schema: &'static Schema) -> Result<(), WireError> {
        self.spend(schema.name, schema.len() + 1)?;
        let values = Vec::with_capacity(schema.len());
        self.open.push(Open::Struct(Struct {
            schema,
            values,
            unknown: Vec::new(),
        }));
        Ok(())
    }

    /// Ends what was begun last; tagged fields that did not come get their defaults.
    fn end(&mut self) -> Option<Value> {
        match self.open.pop()? {
            Open::Array(values) => Some(Value::Array(values)),
            Open::Struct(mut structure) => {
                fill(&mut structure, usize::MAX);
                Some(Value::Struct(structure))
            }
        }
    }

    fn put(&mut self, field: &'static Field, value: Value) {
        match self.open.last_mut() {
            Some(Open::Array(values)) => values.push(value),
            Some(Open::Struct(structure)) => {
                fill(structure, field.place);
                structure.values.push(value);
            }
            None => {}
        }
    }

    fn close(&mut self, field: &'static Field) {
        if let Some(value) = self.end() {
            self.put(field, value);
        }
    }

    fn slice(&self, length: usize, at: &Range<usize>) -> Bytes {
        let end = at.end.min(self.body.len());
        self.body.slice(end.saturating_sub(length)..end)
    }
}

/// Appends the defaults of the fields from where the values end up to `place`.
fn fill(structure: &mut Struct, place: usize) {
    let schema: &'static Schema = structure.schema;
    let missing = place
        .min(schema.len())
        .saturating_sub(structure.values.len());
    let from = structure.values.len();
    structure
        .values
        .extend(schema.all().skip(from).take(missing).map(preset));
}

impl<'a> Visitor<'a> for Builder<'_> {
    fn array(&mut self, field: &'static Field, count: Option<usize>) -> Result<(), WireError> {
        let Some(count) = count else {
            self.put(field, Value::Null);
            return Ok(());
        };
        if field.structure().is_none() {
            self.spend(field.name, count)?;
        }
        self.open.push(Open::Array(Vec::with_capacity(
            count.min(ELEMENTS_RESERVED_MAX),
        )));
        Ok(())
    }

    fn array_end(&mut self, field: &'static Field) -> Result<(), WireError> {
        self.close(field);
        Ok(())
    }

    fn element(&mut self, field: &'static Field, _index: usize) -> Result<(), WireError> {
        field
            .structure()
            .map_or(Ok(()), |schema| self.begin(schema))
    }

    fn element_end(&mut self, field: &'static Field, _index: usize) -> Result<(), WireError> {
        self.close(field);
        Ok(())
    }

    fn structure(&mut self, field: &'static Field, present: bool) -> Result<(), WireError> {
        match field.structure() {
            Some(schema) if present => self.begin(schema)?,
            _ => self.put(field, Value::Null),
        }
        Ok(())
    }

    fn structure_end(&mut self, field: &'static Field) -> Result<(), WireError> {
        self.close(field);
        Ok(())
    }

    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        at: Range<usize>,
    ) -> Result<(), WireError> {
        let value = match leaf {
            Leaf::Bool(value) => Value::Bool(value),
            Leaf::Int(value) => Value::Int(value),
            Leaf::Float(value) => Value::Float(value),
            Leaf::Uuid(value) => Value::Uuid(value),
            Leaf::Str(value) => Value::from(value),
            Leaf::Bytes(None) => Value::Null,
            Leaf::Bytes(Some(bytes)) => Value::Bytes(self.slice(bytes.len(), &at)),
        };
        self.put(field, value);
        Ok(())
    }

    fn unknown_tag(&mut self, tag: u32, value: &'a [u8]) -> Result<(), WireError> {
        if let Some(Open::Struct(structure)) = self.open.last_mut() {
            let value = Bytes::copy_from_slice(value);
            structure.unknown.push(UnknownTag { tag, value });
        }
        Ok(())
    }
}
