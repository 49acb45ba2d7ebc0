//! Reads a message whose bytes are still arriving, so that what it carries can go on before all of it
//! is there. The same plan, limits and visitor as [`super::walk()`]; record batches are left to the caller.

use super::read::Reader;
use super::schema::{Field, Schema};
use super::spec::Kind;
use super::walk::{Visitor, leaf, value};
use crate::{Limits, WireError};

/// How far [`Stream::advance`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More bytes are needed for the next value.
    More,
    /// A `Records` field begins: this many bytes of batches follow, which the caller reads itself and
    /// counts with [`Stream::skip`].
    Records(usize),
    /// The message has ended.
    Done,
}

/// The place in a message that has been read so far.
#[derive(Debug)]
pub struct Stream {
    levels: Vec<Level>,
    /// Bytes of the message that have not been consumed.
    left: usize,
    elements_left: usize,
    tagged_left: usize,
    limits: Limits,
}

#[derive(Debug)]
enum Level {
    Fields {
        schema: &'static Schema,
        next: usize,
        owner: Owner,
    },
    Elements {
        field: &'static Field,
        next: usize,
        count: usize,
    },
    Tagged {
        schema: &'static Schema,
        left: usize,
        previous: Option<u32>,
        owner: Owner,
    },
}

/// What ends when a structure ends.
#[derive(Clone, Copy, Debug)]
enum Owner {
    Message,
    Element(&'static Field, usize),
    Structure(&'static Field),
}

impl Stream {
    /// The beginning of a message of `length` bytes.
    pub fn new(schema: &'static Schema, length: usize, limits: &Limits) -> Result<Self, WireError> {
        if schema.depth > limits.depth_max {
            return Err(WireError::OverLimit {
                field: schema.name,
                at: 0,
                limit: "depth_max",
                value: schema.depth,
                max: limits.depth_max,
            });
        }
        Ok(Self {
            levels: vec![Level::Fields {
                schema,
                next: 0,
                owner: Owner::Message,
            }],
            left: length,
            elements_left: limits.array_elements_max,
            tagged_left: limits.tagged_fields_max,
            limits: limits.clone(),
        })
    }

    /// A message of which nothing is left.
    pub fn ended() -> Self {
        let limits = Limits::default();
        Self {
            levels: Vec::new(),
            left: 0,
            elements_left: 0,
            tagged_left: 0,
            limits,
        }
    }

    /// Bytes of the message that have not been consumed.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Shows to the visitor what `input`, the bytes after those consumed so far, holds in whole values.
    /// Says how many bytes that took; places that the visitor is given count from the start of `input`.
    pub fn advance<'a>(
        &mut self,
        input: &'a [u8],
        visitor: &mut impl Visitor<'a>,
    ) -> Result<(usize, Progress), WireError> {
        let input = input.get(..self.left).unwrap_or(input);
        let limits = self.limits.clone();
        let beyond = self.left - input.len();
        let mut reader =
            Reader::resumed(input, beyond, self.elements_left, self.tagged_left, &limits);
        let progress = loop {
            let before = reader.at();
            match self.step(&mut reader, visitor) {
                Ok(None) => {}
                Ok(Some(progress)) => break progress,
                Err(WireError::Truncated { needed, .. }) if needed <= beyond => {
                    reader.rewind(before);
                    break Progress::More;
                }
                Err(error) => return Err(error),
            }
        };
        let consumed = reader.at();
        (self.elements_left, self.tagged_left) = reader.budgets();
        self.left -= consumed;
        if progress == Progress::Done && self.left > self.limits.trailing_bytes_max {
            return Err(WireError::Trailing {
                at: consumed,
                left: self.left,
            });
        }
        Ok((consumed, progress))
    }

    /// Counts bytes that the caller read itself.
    pub fn skip(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }

    /// Reads one value, whole or not at all.
    fn step<'a>(
        &mut self,
        reader: &mut Reader<'a, '_>,
        visitor: &mut impl Visitor<'a>,
    ) -> Result<Option<Progress>, WireError> {
        match self.levels.last_mut() {
            None => Ok(Some(Progress::Done)),
            Some(Level::Elements { field, next, count }) => {
                let (field, index) = (*field, *next);
                if index == *count {
                    visitor.array_end(field)?;
                    self.levels.pop();
                } else if let Some(schema) = field.structure() {
                    *next += 1;
                    visitor.element(field, index)?;
                    let owner = Owner::Element(field, index);
                    self.levels.push(Level::Fields {
                        schema,
                        next: 0,
                        owner,
                    });
                } else {
                    leaf(field, false, reader, visitor)?;
                    *next += 1;
                }
                Ok(None)
            }
            Some(Level::Fields {
                schema,
                next,
                owner,
            }) => {
                let (schema, owner) = (*schema, *owner);
                if let Some(field) = schema.fields.get(*next) {
                    let (inner, progress) = field_of(field, reader, visitor)?;
                    *next += 1;
                    self.levels.extend(inner);
                    return Ok(progress);
                }
                if schema.flexible {
                    let left = reader.tagged_count()?;
                    self.levels.pop();
                    self.levels.push(Level::Tagged {
                        schema,
                        left,
                        previous: None,
                        owner,
                    });
                } else {
                    self.end(owner, visitor)?;
                }
                Ok(None)
            }
            Some(Level::Tagged {
                schema,
                left,
                previous,
                owner,
            }) => {
                if *left == 0 {
                    let owner = *owner;
                    self.end(owner, visitor)?;
                    return Ok(None);
                }
                *previous = Some(tagged(schema, *previous, reader, visitor)?);
                *left -= 1;
                Ok(None)
            }
        }
    }

    fn end<'a>(&mut self, owner: Owner, visitor: &mut impl Visitor<'a>) -> Result<(), WireError> {
        self.levels.pop();
        match owner {
            Owner::Message => Ok(()),
            Owner::Element(field, index) => visitor.element_end(field, index),
            Owner::Structure(field) => visitor.structure_end(field),
        }
    }
}

/// Reads a field, or as much of it as says what is inside.
fn field_of<'a>(
    field: &'static Field,
    reader: &mut Reader<'a, '_>,
    visitor: &mut impl Visitor<'a>,
) -> Result<(Option<Level>, Option<Progress>), WireError> {
    let at = reader.at();
    let null = WireError::UnexpectedNull {
        field: field.name,
        at,
    };
    if field.array {
        let count = reader.count(field.name, field.compact, field.element_size_min())?;
        if count.is_none() && !field.nullable {
            return Err(null);
        }
        visitor.array(field, count)?;
        return Ok((
            count.map(|count| Level::Elements {
                field,
                next: 0,
                count,
            }),
            None,
        ));
    }
    if let Some(schema) = field.structure() {
        let present = !field.nullable || i8::from_be_bytes(reader.fixed(field.name)?) >= 0;
        visitor.structure(field, present)?;
        let owner = Owner::Structure(field);
        return Ok((
            present.then_some(Level::Fields {
                schema,
                next: 0,
                owner,
            }),
            None,
        ));
    }
    if field.kind == Kind::Records {
        let length = reader.length(field.name, field.compact)?;
        if length.is_none() && !field.nullable {
            return Err(null);
        }
        let length = length.unwrap_or(0);
        reader.will_follow(field.name, length)?;
        return Ok((None, Some(Progress::Records(length))));
    }
    leaf(field, field.nullable, reader, visitor)?;
    Ok((None, None))
}

/// Reads one tagged field, whole; gives its tag.
fn tagged<'a>(
    schema: &'static Schema,
    previous: Option<u32>,
    reader: &mut Reader<'a, '_>,
    visitor: &mut impl Visitor<'a>,
) -> Result<u32, WireError> {
    let from = reader.at();
    let (tag, size) = reader.tag(previous)?;
    reader.has("tagged field", size)?;
    let to = reader.at() + size;
    match schema.tagged.iter().find(|field| field.tag == Some(tag)) {
        Some(field) => {
            visitor.tagged(field, from..to)?;
            reader.exactly(field.name, size, |r| value(field, r, visitor))?;
        }
        None => visitor.unknown_tag(tag, reader.take("unknown tagged field", size)?)?,
    }
    Ok(tag)
}
