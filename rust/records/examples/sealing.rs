//! What sealing and opening cost a core, without sockets: `cargo run --release -p streamward-records --example sealing`,
//! under `perf stat -e instructions:u,page-faults,task-clock` for figures that another load does not disturb.
//! Arguments: what is done (`seal`, `open`, `copy`), the codec (`none`, `lz4`, `zstd`), bytes of a value, GB in all.
#![allow(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a tool for whoever works on this crate"
)]

use std::sync::Arc;
use std::time::Instant;

use streamward_records::compression::{Codecs, Effort};
use streamward_records::{
    Budget, DataKey, FoundKey, Home, Keys, Kid, Limits, Mark, Opening, Scratch, Sealing,
    open_records, seal_records,
};
use streamward_wire::kafka::batch::Compression;

/// As a producer with default settings fills a request that has lingered.
const BATCH_BYTES: usize = 900_000;

struct One(Arc<DataKey>);

impl Keys for One {
    fn find(&self, _: &Kid) -> FoundKey {
        FoundKey::Key(self.0.clone())
    }
}

fn varint(out: &mut Vec<u8>, value: usize) {
    let mut rest = value << 1;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Values of which half is noise.
fn value(number: usize, bytes: usize) -> Vec<u8> {
    let mut state = number as u64 + 1;
    let mut out = Vec::with_capacity(bytes);
    while out.len() < bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        out.extend((state >> 24).to_be_bytes());
        out.extend(b"\"field\":");
    }
    out.truncate(bytes);
    out
}

fn batch(codec: Compression, value_bytes: usize) -> Vec<u8> {
    let count = (BATCH_BYTES / value_bytes).max(1);
    let mut payload = Vec::new();
    for number in 0..count {
        let mut body = vec![0, 0];
        varint(&mut body, number);
        let key = number.to_be_bytes();
        varint(&mut body, key.len());
        body.extend(key);
        varint(&mut body, value_bytes);
        body.extend(value(number, value_bytes));
        body.push(0);
        varint(&mut payload, body.len());
        payload.extend(body);
    }
    let bits = match codec {
        Compression::Lz4 => 3,
        Compression::Zstd => 4,
        _ => 0,
    };
    let mut out = vec![0; 61];
    out[16] = 2;
    out[22] = bits;
    out[23..27].copy_from_slice(&(count as u32 - 1).to_be_bytes());
    out[57..61].copy_from_slice(&(count as u32).to_be_bytes());
    let deflated = Codecs::default().deflate(codec, Effort::Fast, &payload, &mut out);
    deflated.expect("a batch");
    let length = (out.len() - 12) as u32;
    out[8..12].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&out[21..]);
    out[17..21].copy_from_slice(&crc.to_be_bytes());
    out
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let argument = |place: usize, otherwise: &str| {
        arguments
            .get(place)
            .cloned()
            .unwrap_or_else(|| otherwise.to_owned())
    };
    let what = argument(1, "seal");
    let codec = match argument(2, "none").as_str() {
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        _ => Compression::None,
    };
    let value_bytes: usize = argument(3, "1024").parse().expect("bytes");
    let all: f64 = argument(4, "1").parse().expect("GB");
    let home = Home {
        tenant: Some("acme".into()),
        cluster: "main".into(),
        stream: "payments.transactions".into(),
        data_class: "cardholder".into(),
        ring: "cardholder-settling".into(),
    };
    let key = DataKey::new([1; 16], home.ring.clone(), 1, &[7; 32], u64::MAX);
    let key = Arc::new(key.expect("a key"));
    let sealing = Sealing {
        home: &home,
        partition: None,
        value: true,
        headers: &[],
        data_key: &key,
        deterministic_key: None,
        marks: false,
    };
    let opening = Opening {
        homes: std::slice::from_ref(&home),
        partition: None,
        value: true,
        key: false,
        headers: &[],
        mark: Mark::Refuse,
    };
    let plain = batch(codec, value_bytes);
    let (limits, mut scratch) = (Limits::default(), Scratch::default());
    let most = usize::MAX;
    let mut sealed = Vec::new();
    seal_records(&plain, &sealing, &limits, most, &mut scratch, &mut sealed).expect("sealed");
    let keys = One(key.clone());
    let values = (BATCH_BYTES / value_bytes).max(1) * value_bytes;
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "figures"
    )]
    let rounds = (all * 1e9 / values as f64) as usize;
    let begun = Instant::now();
    let mut out = Vec::new();
    for _ in 0..rounds {
        if what.ends_with("fresh") {
            out = Vec::with_capacity(sealed.len() + 256);
        }
        out.clear();
        match what.as_str() {
            "copy" => out.extend_from_slice(&plain),
            "open" | "open-fresh" => {
                let mut budget = Budget::of(sealed.len());
                let done = open_records(
                    &sealed,
                    &opening,
                    &keys,
                    &limits,
                    &mut budget,
                    &mut scratch,
                    &mut out,
                );
                done.expect("opened");
            }
            _ => seal_records(&plain, &sealing, &limits, most, &mut scratch, &mut out)
                .expect("sealed"),
        }
        std::hint::black_box(&out);
    }
    println!(
        "{what} {codec:?} {value_bytes} B: {} MB in {:.0} ms",
        rounds * values / 1_000_000,
        begun.elapsed().as_secs_f64() * 1000.0
    );
}
