//! Reads primitive values; every length is checked before it is believed.

use crate::{Limits, WireError};

/// A place in a message, and what is left of the budgets.
pub(super) struct Reader<'a, 'l> {
    bytes: &'a [u8],
    at: usize,
    /// Bytes of the message that come after `bytes` and have not arrived.
    beyond: usize,
    elements_left: usize,
    tagged_left: usize,
    limits: &'l Limits,
}

impl<'a, 'l> Reader<'a, 'l> {
    pub(super) fn new(bytes: &'a [u8], at: usize, limits: &'l Limits) -> Self {
        Self {
            bytes,
            at,
            beyond: 0,
            elements_left: limits.array_elements_max,
            tagged_left: limits.tagged_fields_max,
            limits,
        }
    }

    /// Goes on in a message of which `beyond` bytes after `bytes` have not arrived.
    pub(super) fn resumed(
        bytes: &'a [u8],
        beyond: usize,
        elements_left: usize,
        tagged_left: usize,
        limits: &'l Limits,
    ) -> Self {
        Self {
            bytes,
            at: 0,
            beyond,
            elements_left,
            tagged_left,
            limits,
        }
    }

    /// Array elements and tagged fields that may still come.
    pub(super) fn budgets(&self) -> (usize, usize) {
        (self.elements_left, self.tagged_left)
    }

    /// Forgets what was read of a value that is not whole yet.
    pub(super) fn rewind(&mut self, at: usize) {
        self.at = at.min(self.at);
    }

    /// The next `n` bytes must have arrived.
    pub(super) fn has(&self, field: &'static str, n: usize) -> Result<(), WireError> {
        match n.checked_sub(self.bytes.len().saturating_sub(self.at)) {
            None | Some(0) => Ok(()),
            Some(needed) => Err(WireError::Truncated {
                field,
                at: self.at,
                needed,
            }),
        }
    }

    /// The message must go on for `n` bytes, arrived or not.
    pub(super) fn will_follow(&self, field: &'static str, n: usize) -> Result<(), WireError> {
        match n.checked_sub(self.remaining()) {
            None | Some(0) => Ok(()),
            // Beyond what the message has, so no waiting helps.
            Some(_) => Err(WireError::Truncated {
                field,
                at: self.at,
                needed: usize::MAX,
            }),
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn remaining(&self) -> usize {
        self.bytes
            .len()
            .saturating_sub(self.at)
            .saturating_add(self.beyond)
    }

    /// The message must end here, or nearly so.
    pub(super) fn finish(&self) -> Result<(), WireError> {
        match self.remaining() {
            left if left <= self.limits.trailing_bytes_max => Ok(()),
            left => Err(WireError::Trailing { at: self.at, left }),
        }
    }

    pub(super) fn take(&mut self, field: &'static str, n: usize) -> Result<&'a [u8], WireError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(taken) = rest.get(..n) else {
            let needed = n.saturating_sub(rest.len());
            return Err(WireError::Truncated {
                field,
                at: self.at,
                needed,
            });
        };
        self.at += n;
        Ok(taken)
    }

    pub(super) fn fixed<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], WireError> {
        let at = self.at;
        let bytes = self.take(field, N)?;
        bytes.try_into().map_err(|_| WireError::Truncated {
            field,
            at,
            needed: N,
        })
    }

    /// An unsigned varint of at most 32 bits.
    pub(super) fn varint(&mut self, field: &'static str) -> Result<u32, WireError> {
        let at = self.at;
        let mut value = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.fixed(field)?;
            if shift == 28 && byte > 0x0f {
                break;
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::InvalidVarint { field, at })
    }

    /// A length or count that was sent in four bytes or as a compact varint. `None`: null.
    pub(super) fn length(
        &mut self,
        field: &'static str,
        compact: bool,
    ) -> Result<Option<usize>, WireError> {
        if compact {
            return self.compact(field);
        }
        let at = self.at;
        let length = i32::from_be_bytes(self.fixed(field)?);
        non_compact(field, at, length)
    }

    fn compact(&mut self, field: &'static str) -> Result<Option<usize>, WireError> {
        let at = self.at;
        match self.varint(field)?.checked_sub(1) {
            None => Ok(None),
            Some(length) => match i32::try_from(length) {
                Ok(length) => non_compact(field, at, length),
                Err(_) => Err(WireError::InvalidLength {
                    field,
                    at,
                    length: length.into(),
                }),
            },
        }
    }

    pub(super) fn string(
        &mut self,
        field: &'static str,
        compact: bool,
    ) -> Result<Option<&'a str>, WireError> {
        let at = self.at;
        let length = if compact {
            self.compact(field)?
        } else {
            let length = i16::from_be_bytes(self.fixed(field)?);
            non_compact(field, at, length.into())?
        };
        let Some(length) = length else {
            return Ok(None);
        };
        within(
            field,
            at,
            length,
            "string_bytes_max",
            self.limits.string_bytes_max,
        )?;
        let bytes = self.take(field, length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(WireError::InvalidUtf8 { field, at }),
        }
    }

    pub(super) fn bytes(
        &mut self,
        field: &'static str,
        compact: bool,
    ) -> Result<Option<&'a [u8]>, WireError> {
        match self.length(field, compact)? {
            None => Ok(None),
            Some(length) => self.take(field, length).map(Some),
        }
    }

    /// The count of an array whose elements take at least `size_min` bytes each. `None`: null.
    pub(super) fn count(
        &mut self,
        field: &'static str,
        compact: bool,
        size_min: usize,
    ) -> Result<Option<usize>, WireError> {
        let at = self.at;
        let Some(count) = self.length(field, compact)? else {
            return Ok(None);
        };
        let needed = count.saturating_mul(size_min.max(1));
        if needed > self.remaining() {
            let needed = needed - self.remaining();
            return Err(WireError::Truncated { field, at, needed });
        }
        within(field, at, count, "array_elements_max", self.elements_left)?;
        self.elements_left -= count;
        Ok(Some(count))
    }

    /// The count of the tagged fields that follow; each takes at least two bytes.
    pub(super) fn tagged_count(&mut self) -> Result<usize, WireError> {
        const FIELD: &str = "tagged fields";
        let at = self.at;
        let count = usize::try_from(self.varint(FIELD)?).unwrap_or(usize::MAX);
        let needed = count.saturating_mul(2);
        if needed > self.remaining() {
            let needed = needed - self.remaining();
            return Err(WireError::Truncated {
                field: FIELD,
                at,
                needed,
            });
        }
        within(FIELD, at, count, "tagged_fields_max", self.tagged_left)?;
        self.tagged_left -= count;
        Ok(count)
    }

    /// The tag of the next tagged field and the bytes of its value; tags ascend.
    pub(super) fn tag(&mut self, previous: Option<u32>) -> Result<(u32, usize), WireError> {
        let at = self.at;
        let tag = self.varint("tag")?;
        if let Some(previous) = previous.filter(|previous| *previous >= tag) {
            return Err(WireError::TagOrder { at, tag, previous });
        }
        let size_at = self.at;
        let size = usize::try_from(self.varint("size of tagged field")?).unwrap_or(usize::MAX);
        if size > self.remaining() {
            let needed = size - self.remaining();
            let field = "size of tagged field";
            return Err(WireError::Truncated {
                field,
                at: size_at,
                needed,
            });
        }
        Ok((tag, size))
    }

    /// Reads a value that must take exactly the next `size` bytes.
    pub(super) fn exactly(
        &mut self,
        field: &'static str,
        size: usize,
        read: impl FnOnce(&mut Self) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let (outer, beyond) = (self.bytes, self.beyond);
        let expected = self.at + size;
        self.bytes = outer.get(..expected).unwrap_or(outer);
        self.beyond = 0;
        read(self)?;
        (self.bytes, self.beyond) = (outer, beyond);
        if self.at == expected {
            Ok(())
        } else {
            Err(WireError::TagSize {
                field,
                at: self.at,
                expected,
            })
        }
    }
}

fn within(
    field: &'static str,
    at: usize,
    value: usize,
    limit: &'static str,
    max: usize,
) -> Result<(), WireError> {
    if value <= max {
        return Ok(());
    }
    Err(WireError::OverLimit {
        field,
        at,
        limit,
        value,
        max,
    })
}

/// -1 is null; no other negative length has a meaning.
fn non_compact(field: &'static str, at: usize, length: i32) -> Result<Option<usize>, WireError> {
    match usize::try_from(length) {
        Ok(length) => Ok(Some(length)),
        Err(_) if length == -1 => Ok(None),
        Err(_) => Err(WireError::InvalidLength {
            field,
            at,
            length: length.into(),
        }),
    }
}
