//! What must hold for any bytes at all. Run by cargo-fuzz (nightly) and, bounded, by the test
//! `rust/wire/tests/mutate.rs` (stable): `cargo +nightly fuzz run request` in this folder.

use bytes::Bytes;
use streamward_wire::kafka::batch::{batches, crc_matches};
use streamward_wire::kafka::{
    Direction, Field, Kind, Leaf, Progress, Schema, Stream, Struct, Visitor, apis, request_header,
    response_body_at, schema, walk,
};
use streamward_wire::proxy::{self, Header};
use streamward_wire::{Limits, WireError, frame as frames};

/// A frame is found at one length only: every shorter input asks for more.
pub fn frame(input: &[u8]) {
    let limits = Limits {
        frame_bytes_max: 1 << 20,
        ..Limits::default()
    };
    let Ok(Some(whole)) = frames::complete(input, &limits) else {
        return;
    };
    assert!((frames::LENGTH_BYTES..=input.len()).contains(&whole));
    assert_eq!(frames::complete(&input[..whole], &limits), Ok(Some(whole)));
    assert_eq!(frames::complete(&input[..whole - 1], &limits), Ok(None));
}

/// The bytes of a request without its length.
pub fn request(input: &[u8]) {
    let limits = Limits::default();
    let Ok(header) = request_header(input, &limits) else {
        return;
    };
    assert!(header.body_at <= input.len());
    if let Some(schema) = schema(header.key, header.version, Direction::Request) {
        body(schema, &input[header.body_at..]);
    }
}

/// The bytes of a response without its length, behind two bytes that choose API and version.
pub fn response(input: &[u8]) {
    let Some(([api, version], frame)) = input.split_first_chunk() else {
        return;
    };
    let api = &apis()[usize::from(*api) % apis().len()];
    let version = i16::from(*version).clamp(api.versions.0, api.versions.1);
    let Ok(at) = response_body_at(api.key, version, frame, &Limits::default()) else {
        return;
    };
    assert!(at <= frame.len());
    if let Some(schema) = schema(api.key, version, Direction::Response) {
        body(schema, &frame[at..]);
    }
}

/// A message that arrives in pieces: three bytes choose its schema and the size of a piece. What is read of it
/// on its way is what is read of it whole.
pub fn stream(input: &[u8]) {
    let Some(([api, version, piece], body)) = input.split_first_chunk() else {
        return;
    };
    let api = &apis()[usize::from(*api) % apis().len()];
    let version = i16::from(*version).clamp(api.versions.0, api.versions.1);
    let (direction, piece) = match piece & 0x80 {
        0 => (Direction::Response, *piece),
        _ => (Direction::Request, piece & 0x7f),
    };
    let Some(schema) = schema(api.key, version, direction) else {
        return;
    };
    let limits = Limits::default();
    let mut whole = Seen::default();
    let walked = walk(schema, body, &limits, &mut whole);
    let mut parts = Seen::default();
    let streamed = in_pieces(schema, body, usize::from(piece) + 1, &limits, &mut parts);
    assert_eq!(walked.is_ok(), streamed.is_ok(), "{walked:?} {streamed:?}");
    if walked.is_ok() {
        assert_eq!(whole.0, parts.0);
    }
}

fn in_pieces(
    schema: &'static Schema,
    body: &[u8],
    piece: usize,
    limits: &Limits,
    seen: &mut Seen,
) -> Result<(), WireError> {
    let mut stream = Stream::new(schema, body.len(), limits)?;
    let (mut from, mut to, mut records) = (0, 0, 0);
    loop {
        let skipped = records.min(to - from);
        stream.skip(skipped);
        (from, records) = (from + skipped, records - skipped);
        if records == 0 {
            let (bytes, progress) = stream.advance(&body[from..to], seen)?;
            from += bytes;
            match progress {
                Progress::Done => return Ok(()),
                Progress::Records(length) => {
                    seen.0.push(format!("records {length}"));
                    records = length;
                    continue;
                }
                Progress::More => {}
            }
        }
        assert!(to < body.len(), "more is asked for than there is");
        to = (to + piece).min(body.len());
    }
}

/// Everything that a visitor is shown, as text.
#[derive(Default)]
struct Seen(Vec<String>);

impl<'a> Visitor<'a> for Seen {
    fn array(&mut self, field: &'static Field, count: Option<usize>) -> Result<(), WireError> {
        self.0.push(format!("{} {count:?}", field.name));
        Ok(())
    }

    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        _at: std::ops::Range<usize>,
    ) -> Result<(), WireError> {
        self.0.push(match leaf {
            Leaf::Bytes(records) if field.kind == Kind::Records => {
                format!("records {}", records.map_or(0, <[u8]>::len))
            }
            leaf => format!("{} {leaf:?}", field.name),
        });
        Ok(())
    }
}

/// A `Records` field.
pub fn batch(input: &[u8]) {
    let mut all = batches(input);
    let mut bytes = 0;
    while let Some(Ok(batch)) = all.next() {
        assert!(batch.last_offset >= batch.base_offset && batch.payload.len() < batch.bytes);
        assert!(batch.complete || (all.rest() == 0 && !crc_matches(&batch)));
        bytes += batch.bytes.min(input.len() - bytes);
    }
    assert_eq!(bytes + all.rest(), input.len());
}

/// A header of the PROXY protocol: what is read of it stands in it, and nothing but the whole of it is read.
pub fn proxy(input: &[u8]) {
    let Ok(header) = proxy::parse(input) else {
        return;
    };
    assert!((proxy::PREFIX_BYTES..=proxy::HEADER_BYTES_MAX).contains(&input.len()));
    let prefix = input.first_chunk().expect("it is as long");
    assert_eq!(
        proxy::rest_bytes(prefix),
        Ok(input.len() - proxy::PREFIX_BYTES)
    );
    if let Header::Proxied { source, .. } = header {
        assert!(!source.ip().is_unspecified() && !source.ip().is_multicast());
        assert!(proxy::parse(&input[..input.len() - 1]).is_err());
    }
}

/// Walk and tree agree on what is a message; what was read can be written and read again.
fn body(schema: &'static Schema, body: &[u8]) {
    let limits = Limits::default();
    let mut places = Places {
        end: 0,
        bytes: body.len(),
    };
    let walked = walk(schema, body, &limits, &mut places);
    let tree = Struct::decode(schema, &Bytes::copy_from_slice(body), &limits);
    assert_eq!(walked.is_ok(), tree.is_ok(), "{schema:?}");
    let Ok(tree) = tree else { return };
    let mut written = Vec::new();
    tree.encode(&mut written)
        .expect("what was read can be written");
    let again = Struct::decode(schema, &Bytes::from(written), &limits);
    assert!(again.is_ok_and(|again| same(&again, &tree)));
}

/// Equality in which NaN equals itself.
fn same(one: &Struct, other: &Struct) -> bool {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    one.encode(&mut left).is_ok() && other.encode(&mut right).is_ok() && left == right
}

struct Places {
    end: usize,
    bytes: usize,
}

impl<'a> Visitor<'a> for Places {
    fn leaf(
        &mut self,
        _field: &'static Field,
        _leaf: Leaf<'a>,
        at: std::ops::Range<usize>,
    ) -> Result<(), WireError> {
        assert!(self.end <= at.start && at.start < at.end && at.end <= self.bytes);
        self.end = at.end;
        Ok(())
    }
}
