//! What reading a binary value has in one pass whatever its format: where it is, what is left of its limits, and
//! what becomes of the single values on the way.

use crate::edit::Edits;
use crate::error::{Invalid, Reason};
use crate::field::{Content, Leaf, LeafType, Visit};
use crate::limits::Limits;
use crate::selection::At;
use crate::varint::Cursor;

/// One pass over one value.
pub(crate) struct Pass<'w, 'v, V> {
    pub cursor: Cursor<'v>,
    depth_left: usize,
    elements_left: usize,
    visitor: &'w mut V,
    pub edits: Edits,
}

impl<'w, 'v, V: Visit> Pass<'w, 'v, V> {
    /// Starts at the first byte, unless there are too many.
    pub fn start(value: &'v [u8], limits: &Limits, visitor: &'w mut V) -> Result<Self, Invalid> {
        if value.len() > limits.value_bytes_max {
            return Err(Invalid::new(Reason::TooLarge, 0));
        }
        Ok(Self {
            cursor: Cursor::new(value),
            depth_left: limits.depth_max,
            elements_left: limits.elements_max,
            visitor,
            edits: Edits::default(),
        })
    }

    /// Counts a value, so that there aren't more than the limit.
    pub fn count(&mut self) -> Result<(), Invalid> {
        self.fits(1)?;
        self.elements_left -= 1;
        Ok(())
    }

    /// Whether so many more may come.
    ///
    /// SECURITY: entries may take no bytes, so that their number is bounded by nothing else.
    pub fn fits(&self, elements: usize) -> Result<(), Invalid> {
        if elements > self.elements_left {
            return self.cursor.fail(Reason::TooManyElements);
        }
        Ok(())
    }

    /// Goes one level deeper; `leave` comes back.
    pub fn enter(&mut self) -> Result<(), Invalid> {
        match self.depth_left.checked_sub(1) {
            Some(left) => self.depth_left = left,
            None => return self.cursor.fail(Reason::TooDeep),
        }
        Ok(())
    }

    pub fn leave(&mut self) {
        self.depth_left += 1;
    }

    /// Shows a text to a visitor that wants all of them.
    pub fn text(&mut self, text: &str, start: usize) -> Result<(), Invalid> {
        if self.visitor.wants_text() {
            let told = self.visitor.text(text);
            told.map_err(|reason| Invalid::new(reason, start))?;
        }
        Ok(())
    }

    /// Something with parts stands where the selection may name a single value.
    pub fn other(&mut self, at: At<'_>, start: usize) -> Result<(), Invalid> {
        if let Some(rule) = at.rule() {
            let told = self.visitor.other(rule);
            told.map_err(|reason| Invalid::new(reason, start))?;
        }
        Ok(())
    }

    /// Shows a single value where the selection names it, and notes what it is replaced with.
    pub fn leaf(
        &mut self,
        (kind, content): (LeafType, Content<'v>),
        at: At<'_>,
        start: usize,
        encode: impl FnOnce(&Content<'_>) -> Option<Vec<u8>>,
    ) -> Result<(), Invalid> {
        let fail = |reason: Reason| Invalid::new(reason, start);
        let Some(rule) = at.rule() else {
            return at.nothing_below().map_err(fail);
        };
        let leaf = Leaf {
            kind,
            content,
            at: start,
        };
        if let Some(content) = self.visitor.leaf(rule, &leaf).map_err(fail)? {
            let with = encode(&content).ok_or_else(|| fail(Reason::Unmaskable))?;
            self.edits.push(start..self.cursor.at, with);
        }
        Ok(())
    }
}
