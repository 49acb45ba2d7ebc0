//! Batches as producers make them, and a stream to seal them for.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::collections::HashMap;
use std::sync::Arc;

use streamward_records::compression::{Codecs, Effort};
use streamward_records::{
    Budget, DataKey, FoundKey, Home, Keys, Kid, Limits, Mark, Opened, Opening, Scratch, Sealing,
    Unopened, Walk, open_records, seal_records,
};
use streamward_wire::kafka::batch::{self, Compression};

pub const CODECS: [Compression; 5] = [
    Compression::None,
    Compression::Gzip,
    Compression::Snappy,
    Compression::Lz4,
    Compression::Zstd,
];

pub type Headers = Vec<(Vec<u8>, Option<Vec<u8>>)>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Headers,
}

pub fn message(key: &[u8], value: &[u8]) -> Message {
    Message {
        key: Some(key.to_vec()),
        value: Some(value.to_vec()),
        headers: Vec::new(),
    }
}

pub fn varint(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn field(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    varint(out, bytes.map_or(-1, |it| it.len() as i64));
    out.extend(bytes.unwrap_or_default());
}

pub fn payload(messages: &[Message]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let mut body = vec![0];
        varint(&mut body, index as i64 * 7);
        varint(&mut body, index as i64);
        field(&mut body, message.key.as_deref());
        field(&mut body, message.value.as_deref());
        varint(&mut body, message.headers.len() as i64);
        for (name, value) in &message.headers {
            field(&mut body, Some(name));
            field(&mut body, value.as_deref());
        }
        varint(&mut payload, body.len() as i64);
        payload.extend(body);
    }
    payload
}

fn codec_bits(codec: Compression) -> u8 {
    CODECS.iter().position(|it| *it == codec).unwrap() as u8
}

/// A batch of an idempotent producer, with everything set that must stay.
pub fn batch_of(codec: Compression, count: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(40_i64.to_be_bytes());
    out.extend([0; 4]);
    out.extend(9_i32.to_be_bytes());
    out.push(2);
    out.extend([0; 4]);
    out.extend(u16::from(0x10 | codec_bits(codec)).to_be_bytes());
    out.extend((count.max(1) as i32 - 1).to_be_bytes());
    out.extend(1_700_000_000_000_i64.to_be_bytes());
    out.extend(1_700_000_009_999_i64.to_be_bytes());
    out.extend(4711_i64.to_be_bytes());
    out.extend(3_i16.to_be_bytes());
    out.extend(17_i32.to_be_bytes());
    out.extend(count.to_be_bytes());
    Codecs::default()
        .deflate(codec, Effort::Fast, payload, &mut out)
        .unwrap();
    finish(&mut out);
    out
}

/// Sets length and checksum.
pub fn finish(out: &mut [u8]) {
    let length = (out.len() - 12) as i32;
    out[8..12].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&out[21..]);
    out[17..21].copy_from_slice(&crc.to_be_bytes());
}

pub fn batch(codec: Compression, messages: &[Message]) -> Vec<u8> {
    batch_of(codec, messages.len() as u32, &payload(messages))
}

/// What a client reads from a batch.
pub fn read(records: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    for batch in batch::batches(records) {
        let batch = batch.unwrap();
        assert!(batch::crc_matches(&batch));
        let mut inflated = Vec::new();
        Codecs::default()
            .inflate(
                batch.compression(),
                batch.payload,
                &Limits::default(),
                &mut inflated,
            )
            .unwrap();
        let mut walk = Walk::new(&inflated, 1_000);
        for _ in 0..batch.records {
            let record = walk.next_record().unwrap();
            let headers = streamward_records::Headers::new(record.headers).unwrap();
            messages.push(Message {
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(<[u8]>::to_vec),
                headers: headers
                    .map(|it| (it.name.to_vec(), it.value.map(<[u8]>::to_vec)))
                    .collect(),
            });
        }
        assert!(walk.rest().is_empty());
    }
    messages
}

#[derive(Clone, Default)]
pub struct Ring(pub HashMap<Kid, FoundKey>);

impl Keys for Ring {
    fn find(&self, kid: &Kid) -> FoundKey {
        self.0.get(kid).cloned().unwrap_or(FoundKey::Unknown)
    }
}

pub fn home() -> Home {
    Home {
        tenant: Some("acme".into()),
        cluster: "main".into(),
        stream: "patients".into(),
        data_class: "clinical".into(),
        ring: "clinical-care".into(),
    }
}

pub fn key(kid: u8, ring: &str) -> Arc<DataKey> {
    let secret = [kid ^ 0x5a; 32];
    Arc::new(DataKey::new([kid; 16], ring.into(), 7, &secret, 1 << 32).unwrap())
}

/// A stream, its keys, and who reads it.
pub struct Stream {
    pub home: Home,
    pub accepted: Vec<Home>,
    pub partition: Option<i32>,
    pub value: bool,
    pub headers: Vec<Box<[u8]>>,
    pub data_key: Arc<DataKey>,
    pub deterministic_key: Option<Arc<DataKey>>,
    pub ring: Ring,
    pub mark: Mark,
    pub limits: Limits,
    /// What sealed records may take.
    pub sealed_bytes_max: usize,
    /// As long as the answer is said to be.
    pub answer_bytes: usize,
}

impl Default for Stream {
    fn default() -> Self {
        let data_key = key(1, "clinical-care");
        let mut ring = Ring::default();
        ring.0.insert([1; 16], FoundKey::Key(data_key.clone()));
        Self {
            home: home(),
            accepted: Vec::new(),
            partition: None,
            value: true,
            headers: Vec::new(),
            data_key,
            deterministic_key: None,
            ring,
            mark: Mark::Refuse,
            limits: Limits {
                inflated_bytes_max: 2 << 20,
                ..Limits::default()
            },
            sealed_bytes_max: usize::MAX,
            answer_bytes: usize::MAX / 8,
        }
    }
}

impl Stream {
    pub fn sealing(&self) -> Sealing<'_> {
        Sealing {
            home: &self.home,
            partition: self.partition,
            value: self.value,
            headers: &self.headers,
            data_key: &self.data_key,
            deterministic_key: self.deterministic_key.as_deref(),
            marks: self.mark == Mark::Header,
        }
    }

    pub fn opening<'a>(&'a self, homes: &'a [Home]) -> Opening<'a> {
        Opening {
            homes,
            partition: self.partition,
            value: self.value,
            key: self.deterministic_key.is_some(),
            headers: &self.headers,
            mark: self.mark,
        }
    }

    pub fn with_keys() -> Self {
        let mut stream = Self::default();
        let deterministic = key(2, "clinical-care");
        stream
            .ring
            .0
            .insert([2; 16], FoundKey::Key(deterministic.clone()));
        stream.deterministic_key = Some(deterministic);
        stream.headers = vec![b"name".to_vec().into(), b"ssn".to_vec().into()];
        stream
    }

    pub fn seal(&self, records: &[u8]) -> Result<Vec<u8>, streamward_records::Fault> {
        let mut out = Vec::new();
        seal_records(
            records,
            &self.sealing(),
            &self.limits,
            self.sealed_bytes_max,
            &mut Scratch::default(),
            &mut out,
        )?;
        Ok(out)
    }

    pub fn open(&self, records: &[u8]) -> Result<(Vec<u8>, Opened), Unopened> {
        let mut out = Vec::new();
        let mut homes = vec![self.home.clone()];
        homes.extend(self.accepted.iter().cloned());
        let opening = self.opening(&homes);
        let opened = open_records(
            records,
            &opening,
            &self.ring,
            &self.limits,
            &mut Budget::of(self.answer_bytes),
            &mut Scratch::default(),
            &mut out,
        )?;
        Ok((out, opened))
    }
}
