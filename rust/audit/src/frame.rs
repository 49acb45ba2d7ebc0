//! The bytes of one frame: `length u32 | crc32c u32 | kind u8 | payload`, little-endian.

/// The most bytes that one entry may have.
pub const ENTRY_BYTES_MAX: usize = 65_535;
/// Length and checksum, in front of kind and payload.
pub(crate) const PREFIX_BYTES: usize = 8;
/// The most that a frame's length field may say.
pub(crate) const LENGTH_MAX: usize = 65_537;
/// The most bytes that one frame takes in a segment.
pub(crate) const FRAME_BYTES_MAX: usize = PREFIX_BYTES + LENGTH_MAX;

const KIND_ENTRY: u8 = 1;
const KIND_ACCESS: u8 = 2;
const KIND_RANGE: u8 = 3;
const KIND_ROLLED: u8 = 4;
const LINK_BYTES: usize = 16;
const RANGE_BYTES: usize = 41;

/// In which form the bytes of a range reached the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum State {
    /// As the producer wrote them.
    Readable = 0,
    /// With fields masked.
    Masked = 1,
    /// Sealed.
    Ciphertext = 2,
}

impl State {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Readable),
            1 => Some(Self::Masked),
            2 => Some(Self::Ciphertext),
            _ => None,
        }
    }
}

/// Offsets of one partition that an access moved; both ends inclusive, -1 and -1: unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The partition's number.
    pub partition: i32,
    /// The first offset, or -1.
    pub first: i64,
    /// The last offset, or -1.
    pub last: i64,
    /// How many records.
    pub records: u32,
    /// How many bytes.
    pub bytes: u64,
    /// In which form.
    pub state: State,
}

impl Range {
    /// Takes `next` in where it continues or repeats this range; false where it doesn't.
    pub(crate) fn absorb(&mut self, next: &Self) -> bool {
        if self.partition != next.partition || self.state != next.state {
            return false;
        }
        let unknown = self.first == -1 && next.first == -1;
        let known = self.first >= 0 && next.first >= 0;
        let touches =
            next.first <= self.last.saturating_add(1) && self.first <= next.last.saturating_add(1);
        if !(unknown || known && touches) {
            return false;
        }
        let Some(records) = self.records.checked_add(next.records) else {
            return false;
        };
        self.records = records;
        self.bytes = self.bytes.saturating_add(next.bytes);
        self.first = self.first.min(next.first);
        self.last = self.last.max(next.last);
        true
    }
}

/// What a frame says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    Entry(&'a [u8]),
    Access { access: u64, entry: u64 },
    Range { access: u64, range: Range },
    Rolled { access: u64, entry: u64 },
}

/// What lies at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed<'a> {
    /// A frame and how many bytes it takes.
    Whole(Frame<'a>, usize),
    /// Could be a frame if more bytes followed.
    Incomplete,
    /// No frame, whatever follows.
    Bad(&'static str),
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Reads the frame that `bytes` begin with.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let Some(length) = u32_at(bytes, 0) else {
        return Parsed::Incomplete;
    };
    let length = length as usize;
    if length == 0 || length > LENGTH_MAX {
        return Parsed::Bad("the frame's length is out of bounds");
    }
    let Some(body) = bytes.get(PREFIX_BYTES..PREFIX_BYTES + length) else {
        return Parsed::Incomplete;
    };
    if u32_at(bytes, 4) != Some(crc32c::crc32c(body)) {
        return Parsed::Bad("the frame's checksum does not match");
    }
    match body
        .split_first()
        .and_then(|(kind, payload)| decode(*kind, payload))
    {
        Some(frame) => Parsed::Whole(frame, PREFIX_BYTES + length),
        None => Parsed::Bad("the frame's kind or size is unknown"),
    }
}

fn decode(kind: u8, payload: &[u8]) -> Option<Frame<'_>> {
    let link = || Some((u64_at(payload, 0)?, u64_at(payload, 8)?));
    match (kind, payload.len()) {
        (KIND_ENTRY, 1..=ENTRY_BYTES_MAX) => Some(Frame::Entry(payload)),
        (KIND_ACCESS, LINK_BYTES) => link().map(|(access, entry)| Frame::Access { access, entry }),
        (KIND_ROLLED, LINK_BYTES) => link().map(|(access, entry)| Frame::Rolled { access, entry }),
        (KIND_RANGE, RANGE_BYTES) => Some(Frame::Range {
            access: u64_at(payload, 0)?,
            range: Range {
                partition: u32_at(payload, 8)?.cast_signed(),
                first: u64_at(payload, 12)?.cast_signed(),
                last: u64_at(payload, 20)?.cast_signed(),
                records: u32_at(payload, 28)?,
                bytes: u64_at(payload, 32)?,
                state: State::of(*payload.get(40)?)?,
            },
        }),
        _ => None,
    }
}

/// Appends one frame; `payload` must be within the limits of its kind.
fn put(out: &mut Vec<u8>, kind: u8, payload: &[&[u8]]) {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX_BYTES]);
    out.push(kind);
    for part in payload {
        out.extend_from_slice(part);
    }
    seal(out, start);
}

/// Writes length and checksum of the frame that begins at `start` and ends with `out`.
fn seal(out: &mut [u8], start: usize) {
    let (prefix, body) = out[start..].split_at_mut(PREFIX_BYTES);
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    prefix[..4].copy_from_slice(&length.to_le_bytes());
    prefix[4..].copy_from_slice(&crc32c::crc32c(body).to_le_bytes());
}

pub(crate) fn put_entry(out: &mut Vec<u8>, json: &[u8]) {
    put(out, KIND_ENTRY, &[json]);
}

pub(crate) fn put_access(out: &mut Vec<u8>, access: u64, entry: u64) {
    put(
        out,
        KIND_ACCESS,
        &[&access.to_le_bytes(), &entry.to_le_bytes()],
    );
}

pub(crate) fn put_rolled(out: &mut Vec<u8>, access: u64, entry: u64) {
    put(
        out,
        KIND_ROLLED,
        &[&access.to_le_bytes(), &entry.to_le_bytes()],
    );
}

pub(crate) fn put_range(out: &mut Vec<u8>, access: u64, range: &Range) {
    let mut payload = [0u8; RANGE_BYTES];
    payload[..8].copy_from_slice(&access.to_le_bytes());
    payload[8..12].copy_from_slice(&range.partition.to_le_bytes());
    payload[12..20].copy_from_slice(&range.first.to_le_bytes());
    payload[20..28].copy_from_slice(&range.last.to_le_bytes());
    payload[28..32].copy_from_slice(&range.records.to_le_bytes());
    payload[32..40].copy_from_slice(&range.bytes.to_le_bytes());
    payload[40] = range.state as u8;
    put(out, KIND_RANGE, &[&payload]);
}

/// Sets the entry index of the access or rolled frame that begins at `start`.
pub(crate) fn relink(out: &mut [u8], start: usize, entry: u64) {
    let end = start + PREFIX_BYTES + 1 + LINK_BYTES;
    out[end - 8..end].copy_from_slice(&entry.to_le_bytes());
    seal(&mut out[..end], start);
}

#[cfg(test)]
mod tests {
    use super::{
        Frame, Parsed, Range, State, parse, put_access, put_entry, put_range, put_rolled, relink,
    };

    fn range(first: i64, last: i64) -> Range {
        Range {
            partition: 7,
            first,
            last,
            records: 2,
            bytes: 300,
            state: State::Masked,
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_reference() {
        let mut out = Vec::new();
        put_entry(&mut out, b"{}");
        assert_eq!(out[..4], [3, 0, 0, 0]);
        assert_eq!(out[4..8], crc32c::crc32c(b"\x01{}").to_le_bytes());
        assert_eq!(out[8..], *b"\x01{}");
        out.clear();
        put_range(&mut out, 5, &range(-1, -1));
        let mut body = vec![3, 5, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0];
        body.extend_from_slice(&[0xff; 16]);
        body.extend_from_slice(&[2, 0, 0, 0, 44, 1, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(out[8..], body);
        assert_eq!(out[..4], [42, 0, 0, 0]);
    }

    #[test]
    fn every_kind_comes_back() {
        let mut out = Vec::new();
        put_access(&mut out, 1, 0);
        relink(&mut out, 0, 9);
        let access = out.len();
        put_rolled(&mut out, 3, 4);
        let rolled = out.len();
        put_range(&mut out, 5, &range(10, 11));
        let whole = |frame, size| Parsed::Whole(frame, size);
        assert_eq!(
            parse(&out),
            whole(
                Frame::Access {
                    access: 1,
                    entry: 9
                },
                access
            )
        );
        let second = whole(
            Frame::Rolled {
                access: 3,
                entry: 4,
            },
            rolled - access,
        );
        assert_eq!(parse(&out[access..]), second);
        let third = Frame::Range {
            access: 5,
            range: range(10, 11),
        };
        assert_eq!(parse(&out[rolled..]), whole(third, out.len() - rolled));
        for cut in 0..access {
            assert_eq!(parse(&out[..cut]), Parsed::Incomplete, "{cut}");
        }
    }

    #[test]
    fn lengths_kinds_and_sizes_out_of_bounds_are_bad() {
        assert!(matches!(parse(&[0; 64]), Parsed::Bad(_)));
        assert!(matches!(parse(&[0xff; 64]), Parsed::Bad(_)));
        for body in [&b"\x05x"[..], b"\x00", b"\x01", b"\x02short"] {
            let mut out = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
            out.extend_from_slice(&crc32c::crc32c(body).to_le_bytes());
            out.extend_from_slice(body);
            assert!(matches!(parse(&out), Parsed::Bad(_)), "{body:?}");
        }
    }

    #[test]
    fn only_neighbours_of_one_kind_are_joined() {
        let mut joined = range(10, 11);
        assert!(joined.absorb(&range(12, 13)));
        assert_eq!(
            joined,
            Range {
                records: 4,
                bytes: 600,
                ..range(10, 13)
            }
        );
        assert!(joined.absorb(&range(8, 9)));
        assert_eq!((joined.first, joined.last), (8, 13));
        assert!(!joined.absorb(&range(15, 16)));
        assert!(!joined.absorb(&range(-1, -1)));
        assert!(!joined.absorb(&Range {
            partition: 8,
            ..range(14, 15)
        }));
        assert!(!joined.absorb(&Range {
            state: State::Readable,
            ..range(14, 15)
        }));
        let mut unknown = range(-1, -1);
        assert!(unknown.absorb(&range(-1, -1)));
        assert!(!unknown.absorb(&range(0, 1)));
        assert_eq!((unknown.first, unknown.last, unknown.records), (-1, -1, 4));
    }
}
