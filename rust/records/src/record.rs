//! The records of a batch as they lie there, inflated: read without a copy, written one after the other.

use crate::error::Refusal;
use crate::varint;

/// A record where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// No bit of it has a meaning yet.
    pub attributes: u8,
    /// Milliseconds after the batch's first.
    pub timestamp_delta: i64,
    /// Offsets after the batch's first.
    pub offset_delta: i32,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` in a compacted stream takes back what the key had.
    pub value: Option<&'a [u8]>,
    /// Its headers, with their count before them.
    pub headers: &'a [u8],
}

/// A header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name, which Kafka lets be any bytes.
    pub name: &'a [u8],
    /// Its value.
    pub value: Option<&'a [u8]>,
}

/// The records in the inflated payload of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    rest: &'a [u8],
    headers_max: u32,
}

impl<'a> Walk<'a> {
    /// Walks what is there.
    pub const fn new(payload: &'a [u8], headers_max: u32) -> Self {
        Self {
            rest: payload,
            headers_max,
        }
    }

    /// What has not been read.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next record, of which there must be one.
    pub fn next_record(&mut self) -> Result<Record<'a>, Refusal> {
        self.read().ok_or(Refusal::Record)
    }

    fn read(&mut self) -> Option<Record<'a>> {
        let mut rest = self.rest;
        let length = usize::try_from(varint::read_32(&mut rest)?).ok()?;
        let mut body = rest.get(..length)?;
        self.rest = rest.get(length..)?;
        let (attributes, after) = body.split_first()?;
        body = after;
        let timestamp_delta = varint::read(&mut body)?;
        let offset_delta = varint::read_32(&mut body)?;
        let key = field(&mut body)?;
        let value = field(&mut body)?;
        let headers = Headers::new(body)?;
        if headers.left > self.headers_max {
            return None;
        }
        headers.clone().check()?;
        Some(Record {
            attributes: *attributes,
            timestamp_delta,
            offset_delta,
            key,
            value,
            headers: body,
        })
    }
}

#[allow(clippy::option_option, reason = "unreadable, not there, or bytes")]
/// Bytes behind their length; -1 is the length of what isn't there.
fn field<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = varint::read_32(rest)?;
    if length == -1 {
        return Some(None);
    }
    let length = usize::try_from(length).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(Some(bytes))
}

/// The headers of a record, one after the other.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    rest: &'a [u8],
    left: u32,
}

impl<'a> Headers<'a> {
    /// Reads the count, behind which they stand.
    pub fn new(block: &'a [u8]) -> Option<Self> {
        let mut rest = block;
        let left = u32::try_from(varint::read_32(&mut rest)?).ok()?;
        Some(Self { rest, left })
    }

    /// How many are still to come.
    pub const fn left(&self) -> u32 {
        self.left
    }

    /// What stands behind the count, unread.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// All of them can be read, and nothing stands behind them.
    fn check(mut self) -> Option<()> {
        while self.left > 0 {
            self.read()?;
        }
        self.rest.is_empty().then_some(())
    }

    fn read(&mut self) -> Option<Header<'a>> {
        let name = field(&mut self.rest)??;
        let value = field(&mut self.rest)?;
        self.left -= 1;
        Some(Header { name, value })
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        if self.left == 0 {
            return None;
        }
        self.read()
    }
}

/// Does every reader get these headers, with their count before them, as they lie here? Brokers and libraries that write
/// a record anew use the shortest numbers, and most take names for text that ends at a zero byte.
pub fn are_canonical(block: &[u8]) -> bool {
    let Some(mut headers) = Headers::new(block) else {
        return false;
    };
    let mut bytes = varint::bytes(headers.left.into());
    while headers.left > 0 {
        let Some(Header { name, value }) = headers.read() else {
            return false;
        };
        if name.contains(&0) || std::str::from_utf8(name).is_err() {
            return false;
        }
        for field in [Some(name), value] {
            let length = field.map(<[u8]>::len);
            bytes += varint::length_bytes(length) + length.unwrap_or(0);
        }
    }
    bytes == block.len()
}

/// Appends a header.
pub fn write_header(out: &mut Vec<u8>, name: &[u8], value: Option<&[u8]>) {
    varint::write_length(out, Some(name.len()));
    out.extend_from_slice(name);
    varint::write_length(out, value.map(<[u8]>::len));
    out.extend_from_slice(value.unwrap_or_default());
}

/// Bytes of a field with its length.
const fn field_bytes_of(length: Option<usize>, prefix: usize) -> usize {
    match length {
        Some(length) => length.saturating_add(prefix),
        None => prefix,
    }
}

/// Appends all of a record but its value's bytes and what stands behind them. The value's bytes, `value_bytes` of
/// them, are to follow, and then `headers_bytes` of headers.
pub fn write_head(
    out: &mut Vec<u8>,
    record: &Record<'_>,
    key: Option<&[u8]>,
    value_bytes: Option<usize>,
    headers_bytes: usize,
) -> Result<(), Refusal> {
    let key_bytes = key.map(<[u8]>::len);
    let length = 1
        + varint::bytes(record.timestamp_delta)
        + varint::bytes(record.offset_delta.into())
        + field_bytes_of(key_bytes, varint::length_bytes(key_bytes))
        + field_bytes_of(value_bytes, varint::length_bytes(value_bytes))
        + headers_bytes;
    let signed = i32::try_from(length).map_err(|_| Refusal::TooLarge)?;
    varint::write(out, signed.into());
    out.push(record.attributes);
    varint::write(out, record.timestamp_delta);
    varint::write(out, record.offset_delta.into());
    varint::write_length(out, key_bytes);
    out.extend_from_slice(key.unwrap_or_default());
    varint::write_length(out, value_bytes);
    Ok(())
}

/// Appends a record.
pub fn write_record(
    out: &mut Vec<u8>,
    record: &Record<'_>,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: &[u8],
) -> Result<(), Refusal> {
    write_head(out, record, key, value.map(<[u8]>::len), headers.len())?;
    out.extend_from_slice(value.unwrap_or_default());
    out.extend_from_slice(headers);
    Ok(())
}
