//! As much of CBOR as an envelope needs, encoded in one way only (RFC 8949, section 4.2.1).

use crate::error::Refusal;

pub const UNSIGNED: u8 = 0;
pub const NEGATIVE: u8 = 1;
pub const BYTES: u8 = 2;
pub const TEXT: u8 = 3;
pub const ARRAY: u8 = 4;
pub const MAP: u8 = 5;
pub const NULL: u8 = 0xf6;

/// Bytes of the longest head.
const HEAD_BYTES_MAX: usize = 9;

/// The head of an item: its major type, and its value or length; and how many of the bytes it takes.
pub fn head(major: u8, argument: u64) -> ([u8; HEAD_BYTES_MAX], usize) {
    let info = match argument {
        0..24 => {
            return (
                [
                    major << 5 | argument.to_le_bytes()[0],
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                ],
                1,
            );
        }
        24..0x100 => 0_u8,
        0x100..0x1_0000 => 1,
        0x1_0000..0x1_0000_0000 => 2,
        _ => 3,
    };
    let length = 1_usize << info;
    let mut bytes = [0; HEAD_BYTES_MAX];
    bytes[0] = major << 5 | (24 + info);
    let argument = argument.to_be_bytes();
    for (place, byte) in bytes.iter_mut().skip(1).zip(&argument[8 - length..]) {
        *place = *byte;
    }
    (bytes, 1 + length)
}

/// Appends the head of an item.
pub fn write_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    // Most heads of a signature are of these three lengths.
    let [.., high, low] = argument.to_be_bytes();
    let major_bits = major << 5;
    match argument {
        0..24 => out.push(major_bits | low),
        24..0x100 => out.extend_from_slice(&[major_bits | 0x18, low]),
        0x100..0x1_0000 => out.extend_from_slice(&[major_bits | 0x19, high, low]),
        _ => {
            let (bytes, length) = head(major, argument);
            out.extend_from_slice(bytes.get(..length).unwrap_or_default());
        }
    }
}

/// Bytes of the head of a byte string of this length.
pub const fn head_bytes(length: usize) -> usize {
    head_bytes_of(length as u64)
}

/// Bytes of the head of an item with this argument.
pub const fn head_bytes_of(argument: u64) -> usize {
    match argument {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    }
}

pub fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_head(out, BYTES, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub fn write_text(out: &mut Vec<u8>, text: &str) {
    write_head(out, TEXT, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

pub fn write_int(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        write_head(out, NEGATIVE, (!value).cast_unsigned());
    } else {
        write_head(out, UNSIGNED, value.cast_unsigned());
    }
}

/// What is still to be read.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn byte(&mut self) -> Result<u8, Refusal> {
        let (byte, rest) = self.0.split_first().ok_or(Refusal::Truncated)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Refusal::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The head of an item. A value that would fit a shorter head is refused, and so is a length that isn't told.
    pub fn head(&mut self) -> Result<(u8, u64), Refusal> {
        let byte = self.byte()?;
        let (major, info) = (byte >> 5, byte & 0x1f);
        let (bytes, least) = match info {
            0..24 => return Ok((major, info.into())),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return Err(Refusal::Malformed),
        };
        let mut argument: u64 = 0;
        for byte in self.take(bytes)? {
            argument = argument << 8 | u64::from(*byte);
        }
        if argument < least {
            return Err(Refusal::Malformed);
        }
        Ok((major, argument))
    }

    /// The argument of an item that must be of this type.
    pub fn expect(&mut self, major: u8) -> Result<u64, Refusal> {
        match self.head()? {
            (found, argument) if found == major => Ok(argument),
            _ => Err(Refusal::Malformed),
        }
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], Refusal> {
        let length = usize::try_from(self.expect(BYTES)?).map_err(|_| Refusal::Truncated)?;
        self.take(length)
    }

    /// A text, if it is one.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.expect(TEXT).ok()?).ok()?;
        std::str::from_utf8(self.take(length).ok()?).ok()
    }

    pub fn int(&mut self) -> Result<i64, Refusal> {
        let (major, argument) = self.head()?;
        let value = i64::try_from(argument).map_err(|_| Refusal::Malformed)?;
        match major {
            UNSIGNED => Ok(value),
            NEGATIVE => Ok(!value),
            _ => Err(Refusal::Malformed),
        }
    }
}
