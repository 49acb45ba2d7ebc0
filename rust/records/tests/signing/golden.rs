//! The vectors of `tests/golden/signature`, which Python and other libraries of COSE read too.

use std::path::PathBuf;

use serde_json::{Value, json};
use streamward_records::{
    Content, Each, Mark, Origin, Run, SigningKey, Verifying, leaf, sign_record, signature_aad,
    verify_record,
};

use super::common::{batch, message, read};
use super::stream::{Stream, ed25519};

/// P-256, PKCS#8.
const P256: &str = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b02010104200102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20a14403420004515c3d6eb9e396b904d3feca7f54fdcd0cc1e997bf375dca515ad0a6c3b4035f4536be3a50f318fbf9a5475902a221502bef0d57e08c53b2cc0a56f17d9f9354";

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|it| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap());
    bytes.collect()
}

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/signature");
    folder.join(format!("{name}.json"))
}

fn kept(name: &str, made: impl FnOnce() -> Value) -> Value {
    if std::env::var_os("STREAMWARD_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&made()).unwrap() + "\n";
        std::fs::write(file(name), text).unwrap();
    }
    serde_json::from_slice(&std::fs::read(file(name)).unwrap()).unwrap()
}

fn public(key: &SigningKey) -> Value {
    json!({"algorithm": key.public().algorithm(), "kid": hex(key.public().id())})
}

struct Case {
    name: &'static str,
    tenant: Option<&'static str>,
    partition: Option<i32>,
    run: Run,
    counter: u64,
    timestamp: Option<i64>,
    key: Option<&'static [u8]>,
    value: Option<&'static [u8]>,
    headers: (u32, &'static [u8]),
}

const CASES: [Case; 4] = [
    Case {
        name: "record",
        tenant: Some("acme"),
        partition: Some(3),
        run: Run::Counted([7; 16]),
        counter: 41,
        timestamp: Some(1_700_000_000_000),
        key: Some(b"order-17"),
        value: Some(b"{\"total\": 12}"),
        headers: (1, b"\x0atrace\x021"),
    },
    Case {
        name: "tombstone",
        tenant: None,
        partition: None,
        run: Run::Idempotent {
            producer_id: 4711,
            producer_epoch: 3,
        },
        counter: 2_147_483_647,
        timestamp: None,
        key: Some(b""),
        value: None,
        headers: (0, b""),
    },
    Case {
        name: "without-key",
        tenant: Some("acme"),
        partition: Some(300),
        run: Run::Counted([0; 16]),
        counter: 0,
        timestamp: Some(-1),
        key: None,
        value: Some(b""),
        headers: (0, b""),
    },
    Case {
        name: "es256",
        tenant: Some("acme"),
        partition: Some(3),
        run: Run::Counted([7; 16]),
        counter: 41,
        timestamp: Some(1_700_000_000_000),
        key: Some(b"order-17"),
        value: Some(b"{\"total\": 12}"),
        headers: (0, b""),
    },
];

#[test]
fn signatures_are_the_vectors() {
    for case in &CASES {
        let key = match case.name {
            "es256" => SigningKey::from_pkcs8(&unhex(P256)).unwrap(),
            _ => ed25519(1),
        };
        let origin = Origin {
            tenant: case.tenant.map(Into::into),
            cluster: "main".into(),
            stream: "orders".into(),
        };
        let content = Content {
            key: case.key,
            value: case.value,
            headers: case.headers.0,
            headers_block: case.headers.1,
        };
        let (partition, timestamp) = (case.partition, case.timestamp);
        let signed = sign_record(
            &origin,
            partition,
            &key,
            "shop",
            case.run,
            case.counter,
            timestamp,
            &content,
        );
        let made = || {
            json!({
                "tenant": case.tenant, "cluster": "main", "stream": "orders", "partition": partition,
                "signer": public(&key), "producer": "shop", "counter": case.counter, "timestamp": timestamp,
                "key": case.key.map(hex), "value": case.value.map(hex),
                "headers": [case.headers.0, hex(case.headers.1)],
                "external_aad": hex(&signature_aad(&origin, partition)),
                "leaf": hex(&leaf(case.counter, timestamp, &content)),
                "signature": hex(signed.as_ref().unwrap()),
            })
        };
        let kept = kept(case.name, made);
        let mut made = made();
        if case.name == "es256" {
            // Signatures of ECDSA are never the same twice.
            made["signature"] = kept["signature"].clone();
        }
        assert_eq!(made, kept, "{}", case.name);
        let verifying = Verifying {
            origins: &[origin],
            partition,
            timestamp: timestamp.is_some(),
            keys: &[key.public().clone()],
            writer: None,
            own_batches: true,
            mark: Mark::Refuse,
            strip: false,
        };
        let signature = unhex(kept["signature"].as_str().unwrap());
        let judged = verify_record(&verifying, &signature, timestamp.unwrap_or(0), &content);
        assert_eq!(judged.unwrap().counter, case.counter, "{}", case.name);
    }
}

#[test]
fn a_signed_batch_is_the_vector() {
    let messages: Vec<_> = (0..5_u8).map(|at| message(&[at], b"value")).collect();
    let stream = Stream::default();
    let plain = batch(streamward_wire::kafka::batch::Compression::None, &messages);
    let signed = stream.sign(&plain).unwrap();
    let made = || {
        let signatures = read(&signed).into_iter();
        let signatures = signatures.map(|it| hex(it.headers[0].1.as_ref().unwrap()));
        json!({
            "signer": public(&stream.key), "external_aad": hex(&signature_aad(&stream.origin, stream.partition)),
            "signatures": signatures.collect::<Vec<_>>(), "batch": hex(&signed),
        })
    };
    assert_eq!(made(), kept("batch", made));
    assert_eq!(stream.verify(&signed).unwrap().1.count, 5);
}

#[test]
fn a_batch_that_is_signed_as_a_whole_is_the_vector() {
    let messages: Vec<_> = (0..5_u8).map(|at| message(&[at], b"value")).collect();
    let stream = Stream {
        each: Each::Together,
        ..Stream::default()
    };
    let plain = batch(streamward_wire::kafka::batch::Compression::None, &messages);
    let signed = stream.sign(&plain).unwrap();
    let made = || {
        let first = read(&signed).swap_remove(0);
        json!({
            "signer": public(&stream.key), "external_aad": hex(&signature_aad(&stream.origin, stream.partition)),
            "signature": hex(first.headers[0].1.as_ref().unwrap()), "batch": hex(&signed),
        })
    };
    assert_eq!(made(), kept("whole-batch", made));
    assert_eq!(stream.verify(&signed).unwrap().1.count, 5);
}
