//! What must hold for any bytes inside a batch of a signed stream. Run by cargo-fuzz (nightly) and, bounded, by the test
//! `rust/records/tests/mutate.rs` (stable).

use std::sync::LazyLock;

use streamward_records::{
    Budget, Each, Limits, Mark, Origin, Run, Scratch, Signature, Signing, SigningKey, Verified,
    Verifying, VerifyingKey, Walk, sign_records, verify_records,
};
use streamward_wire::kafka::batch::{Compression, batches, crc_matches};

/// Small enough that a target is quick.
const LIMITS: Limits = Limits {
    inflated_bytes_max: 1 << 20,
    inflated_ratio_max: 256,
    records_max: 10_000,
    headers_max: 100,
};
/// Every form that a signature has.
pub const FORMS: [Each; 3] = [Each::Batch, Each::Together, Each::Record];

static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    // An Ed25519 key (RFC 8410, section 7).
    let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    der.extend([1; 32]);
    SigningKey::from_pkcs8(&der).expect("a key")
});

fn origin() -> Origin {
    Origin {
        tenant: None,
        cluster: "main".into(),
        stream: "stream".into(),
    }
}

/// Signs a Records field as the corpus is.
pub fn sign(records: &[u8], each: Each, out: &mut Vec<u8>) -> bool {
    let signing = Signing {
        origin: &origin(),
        partition: Some(1),
        timestamp: true,
        key: &KEY,
        producer: "shop",
        run: Run::Counted([7; 16]),
        each,
        sealed: false,
    };
    let (counter, most) = (&mut 0, usize::MAX);
    let scratch = &mut Scratch::default();
    sign_records(records, &signing, counter, &LIMITS, most, scratch, out).is_ok()
}

fn verify(records: &[u8], mark: Mark, strip: bool, limits: &Limits) -> Option<(Vec<u8>, Verified)> {
    let (origins, keys): ([Origin; 1], [VerifyingKey; 1]) = ([origin()], [KEY.public().clone()]);
    let verifying = Verifying {
        origins: &origins,
        partition: Some(1),
        timestamp: true,
        keys: &keys,
        writer: None,
        own_batches: true,
        mark,
        strip,
    };
    let (mut out, budget) = (Vec::new(), &mut Budget::of(usize::MAX / 8));
    let scratch = &mut Scratch::default();
    let verified = verify_records(records, &verifying, limits, budget, scratch, &mut out).ok()?;
    if !verified.rewritten {
        out = records.to_vec();
    }
    Some((out, verified))
}

/// What a record holds.
type Content = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Key and value of each record that is not compressed.
fn contents(records: &[u8]) -> Vec<Content> {
    let mut found = Vec::new();
    for batch in batches(records).map_while(Result::ok) {
        if batch.is_control() || batch.compression() != Compression::None {
            continue;
        }
        let mut walk = Walk::new(batch.payload, LIMITS.headers_max + 2);
        for _ in 0..batch.records {
            let Ok(record) = walk.next_record() else {
                break;
            };
            let own = |it: Option<&[u8]>| it.map(<[u8]>::to_vec);
            found.push((own(record.key), own(record.value)));
        }
    }
    found
}

/// A Records field: what can be signed verifies, in every form, and what leaves is batches that can be read, with the
/// records that came.
pub fn signed(input: &[u8]) {
    // Signed, it may be larger than what is taken from a peer.
    let wide = Limits {
        inflated_bytes_max: usize::MAX,
        inflated_ratio_max: usize::MAX,
        ..LIMITS
    };
    for each in FORMS {
        let mut out = Vec::new();
        if !sign(input, each, &mut out) {
            continue;
        }
        let counted = batches(input).map_while(Result::ok);
        let count: u64 = counted.map(|it| u64::from(it.records)).sum();
        // Of several batches in one answer counters may come again, where their producers say so.
        let alone = batches(input).count() == 1;
        let appended = input.get(22).is_some_and(|it| it & 8 != 0);
        if alone && !appended {
            let verified = verify(&out, Mark::Refuse, false, &wide);
            assert!(
                verified.is_some_and(|(_, it)| it.count == count),
                "{each:?}"
            );
            let stripped = verify(&out, Mark::Refuse, true, &wide);
            let (stripped, _) = stripped.expect("what verifies can be stripped");
            assert_eq!(contents(&stripped).len(), contents(input).len());
        }
    }
    for strip in [false, true] {
        for mark in [Mark::Refuse, Mark::Header] {
            let Some((out, verified)) = verify(input, mark, strip, &LIMITS) else {
                continue;
            };
            assert!(mark == Mark::Header || verified.marked_count == 0);
            for batch in batches(&out) {
                let batch = batch.expect("a batch that was written can be read");
                assert!(batch.complete);
                assert!(batch.is_control() || batch.records == 0 || crc_matches(&batch));
            }
            let (before, after) = (contents(input), contents(&out));
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(before, after);
            }
        }
    }
}

/// The value of a signature's header: what is read has one encoding, so nothing can be left off it.
pub fn signature(input: &[u8]) {
    let Ok(signature) = Signature::parse(input) else {
        return;
    };
    assert!(signature.protected.len() + signature.signed.len() < input.len());
    assert!(signature.together.is_none_or(|it| it > 1));
    assert!(Signature::parse(&input[..input.len() - 1]).is_err());
    assert!(Signature::parse(&[input, &[0]].concat()).is_err());
    let _ = signature.header();
}
