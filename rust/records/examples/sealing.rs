//! What sealing, signing and their opposites cost a core, without sockets: `cargo run --release -p streamward-records
//! --example sealing`, under `perf stat -e instructions:u,page-faults,task-clock` for figures that another load does not
//! disturb, or with the best of its rounds.
//! Arguments: what is done (`seal`, `open`, `sign`, `verify`, `seal-sign`, `verify-open`; `copy` and `hash` are what they
//! can't be below), the codec (`none`, `lz4`, `zstd`), bytes of a value, GB in all, and what one signature is for
//! (`batch`, `whole_batch`, `record`).
#![allow(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a tool for whoever works on this crate"
)]

use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::digest;
use streamward_records::compression::{Codecs, Effort};
use streamward_records::{
    Budget, DataKey, Each, FoundKey, Home, Keys, Kid, Limits, Mark, Opening, Origin, Run, Scratch,
    Sealing, Signing, SigningKey, Verifying, VerifyingKey, open_records, open_verified_records,
    seal_and_sign_records, seal_records, sign_records, verify_records,
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

/// A stream that is sealed and signed, and what is done with one batch of it.
struct Bench {
    home: Home,
    origin: Origin,
    key: Arc<DataKey>,
    signer: SigningKey,
    verifiers: [VerifyingKey; 1],
    plain: Vec<u8>,
    each: Each,
}

impl Bench {
    fn new(plain: Vec<u8>, each: Each) -> Self {
        let home = Home {
            tenant: Some("acme".into()),
            cluster: "main".into(),
            stream: "payments.transactions".into(),
            data_class: "cardholder".into(),
            ring: "cardholder-settling".into(),
        };
        let origin = Origin {
            tenant: home.tenant.clone(),
            cluster: home.cluster.clone(),
            stream: home.stream.clone(),
        };
        let key = DataKey::new([1; 16], home.ring.clone(), 1, &[7; 32], u64::MAX);
        // An Ed25519 key (RFC 8410, section 7).
        let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
        der.extend([7; 32]);
        let signer = SigningKey::from_pkcs8(&der).expect("a key");
        Self {
            home,
            origin,
            key: Arc::new(key.expect("a key")),
            verifiers: [signer.public().clone()],
            signer,
            plain,
            each,
        }
    }

    fn sealing(&self) -> Sealing<'_> {
        Sealing {
            home: &self.home,
            partition: None,
            value: true,
            headers: &[],
            data_key: &self.key,
            deterministic_key: None,
            marks: false,
        }
    }

    fn opening(&self) -> Opening<'_> {
        Opening {
            homes: std::slice::from_ref(&self.home),
            partition: None,
            value: true,
            key: false,
            headers: &[],
            mark: Mark::Refuse,
        }
    }

    fn signing(&self) -> Signing<'_> {
        Signing {
            origin: &self.origin,
            partition: Some(0),
            timestamp: true,
            key: &self.signer,
            producer: "shop",
            run: Run::Counted([7; 16]),
            each: self.each,
            sealed: false,
        }
    }

    fn verifying(&self) -> Verifying<'_> {
        Verifying {
            origins: std::slice::from_ref(&self.origin),
            partition: Some(0),
            timestamp: true,
            keys: &self.verifiers,
            writer: None,
            own_batches: true,
            mark: Mark::Refuse,
            strip: false,
        }
    }

    /// The records as `what` takes them.
    fn input(&self, what: &str, scratch: &mut Scratch) -> Vec<u8> {
        let before = match what {
            "open" | "open-fresh" => "seal",
            "verify" => "sign",
            "verify-open" => "seal-sign",
            _ => return self.plain.clone(),
        };
        let mut out = Vec::new();
        self.run(before, &self.plain, scratch, &mut out);
        out
    }

    fn run(&self, what: &str, input: &[u8], scratch: &mut Scratch, out: &mut Vec<u8>) {
        let (limits, most) = (&Limits::default(), usize::MAX);
        let (budget, keys) = (&mut Budget::of(input.len()), One(self.key.clone()));
        let (sealing, opening) = (self.sealing(), self.opening());
        let (signing, verifying) = (self.signing(), self.verifying());
        match what {
            "copy" => out.extend_from_slice(input),
            "hash" => out.extend_from_slice(digest::digest(&digest::SHA256, input).as_ref()),
            "open" | "open-fresh" => {
                let done = open_records(input, &opening, &keys, limits, budget, scratch, out);
                done.map(drop).expect("opened");
            }
            "sign" => {
                let done = sign_records(input, &signing, &mut 0, limits, most, scratch, out);
                done.expect("signed");
            }
            "verify" => {
                let done = verify_records(input, &verifying, limits, budget, scratch, out);
                done.map(drop).expect("verified");
            }
            "seal-sign" => seal_and_sign_records(
                input, &sealing, &signing, &mut 0, limits, most, scratch, out,
            )
            .expect("sealed and signed"),
            "verify-open" => open_verified_records(
                input, &verifying, &opening, &keys, limits, budget, scratch, out,
            )
            .map(drop)
            .expect("verified and opened"),
            _ => seal_records(input, &sealing, limits, most, scratch, out).expect("sealed"),
        }
    }
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
    let each = match argument(5, "batch").as_str() {
        "whole_batch" => Each::Together,
        "record" => Each::Record,
        _ => Each::Batch,
    };
    let bench = Bench::new(batch(codec, value_bytes), each);
    let mut scratch = Scratch::default();
    let input = bench.input(&what, &mut scratch);
    let values = (BATCH_BYTES / value_bytes).max(1) * value_bytes;
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "figures"
    )]
    let rounds = (all * 1e9 / values as f64) as usize;
    let (begun, mut best) = (Instant::now(), f64::MAX);
    let mut out = Vec::new();
    for _ in 0..rounds {
        if what.ends_with("fresh") {
            out = Vec::with_capacity(input.len() + 256);
        }
        out.clear();
        let round = Instant::now();
        bench.run(&what, &input, &mut scratch, &mut out);
        best = best.min(round.elapsed().as_secs_f64());
        std::hint::black_box(&out);
    }
    #[allow(clippy::cast_precision_loss, reason = "figures")]
    let best = best * 1e9 / values as f64;
    println!(
        "{what} {codec:?} {value_bytes} B: {} MB in {:.0} ms, at best {best:.3} s/GB, {} to {} B",
        rounds * values / 1_000_000,
        begun.elapsed().as_secs_f64() * 1000.0,
        input.len(),
        out.len(),
    );
}
