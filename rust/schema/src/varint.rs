//! Numbers of variable length (LEB128), read in their shortest form only.

use crate::error::{Invalid, Reason};

/// A reader of borrowed bytes; offsets are those of the whole value.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'v> {
    pub bytes: &'v [u8],
    pub at: usize,
    /// Where it ends: of the value, or of the message within it.
    pub end: usize,
}

impl<'v> Cursor<'v> {
    pub fn new(bytes: &'v [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            end: bytes.len(),
        }
    }

    pub fn fail<T>(&self, reason: Reason) -> Result<T, Invalid> {
        Err(Invalid::new(reason, self.at))
    }

    pub fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    pub fn byte(&mut self) -> Result<u8, Invalid> {
        if self.at >= self.end {
            return self.fail(Reason::Truncated);
        }
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte.ok_or_else(|| Invalid::new(Reason::Truncated, self.at))
    }

    /// The next bytes; a length that leads beyond the end is refused before anything is done with it.
    pub fn take(&mut self, length: usize) -> Result<&'v [u8], Invalid> {
        if length > self.left() {
            return self.fail(Reason::Length);
        }
        let taken = self.bytes.get(self.at..self.at + length);
        self.at += length;
        taken.ok_or_else(|| Invalid::new(Reason::Length, self.at))
    }

    /// An unsigned number of at most `bits` bits (32 or 64).
    pub fn varint(&mut self, bits: u32) -> Result<u64, Invalid> {
        let start = self.at;
        let mut value = 0u64;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift >= bits || (shift + 7 > bits && part >> (bits - shift) != 0) {
                return Err(Invalid::new(Reason::OutOfRange, start));
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(Invalid::new(Reason::NotCanonical, start));
                }
                return Ok(value);
            }
            shift += 7;
        }
    }

    /// A signed number of at most `bits` bits, as Avro and Protobuf's `sint` write it.
    pub fn zigzag(&mut self, bits: u32) -> Result<i64, Invalid> {
        Ok(unzigzag(self.varint(bits)?))
    }

    /// Bytes behind their length, as Protobuf writes them.
    pub fn prefixed(&mut self) -> Result<&'v [u8], Invalid> {
        let start = self.at;
        let length = self.varint(64)?;
        let length = usize::try_from(length).map_err(|_| Invalid::new(Reason::Length, start))?;
        self.take(length)
    }
}

#[allow(clippy::cast_possible_wrap, reason = "zigzag is defined on the bits")]
pub(crate) fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

#[allow(clippy::cast_sign_loss, reason = "zigzag is defined on the bits")]
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[allow(clippy::cast_possible_truncation, reason = "seven bits at a time")]
pub(crate) fn write_varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push((value as u8) | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], bits: u32) -> Result<u64, Reason> {
        Cursor::new(bytes)
            .varint(bits)
            .map_err(|invalid| invalid.reason)
    }

    #[test]
    fn only_the_shortest_form_within_range_is_read() {
        assert_eq!(read(&[0], 64), Ok(0));
        assert_eq!(read(&[0x80, 0x01], 64), Ok(128));
        assert_eq!(read(&[0x80, 0x00], 64), Err(Reason::NotCanonical));
        assert_eq!(
            read(&[0xff, 0xff, 0xff, 0xff, 0x0f], 32),
            Ok(u64::from(u32::MAX))
        );
        assert_eq!(
            read(&[0xff, 0xff, 0xff, 0xff, 0x1f], 32),
            Err(Reason::OutOfRange)
        );
        assert_eq!(read(&[0xff; 10], 64), Err(Reason::OutOfRange));
        let mut largest = vec![0xff; 9];
        largest.push(1);
        assert_eq!(read(&largest, 64), Ok(u64::MAX));
        largest[9] = 2;
        assert_eq!(read(&largest, 64), Err(Reason::OutOfRange));
        assert_eq!(read(&[0x80], 64), Err(Reason::Truncated));
    }

    #[test]
    fn zigzag_goes_both_ways() {
        for value in [0, -1, 1, i64::MIN, i64::MAX, -64, 63] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
    }
}
