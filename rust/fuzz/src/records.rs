//! What must hold for any bytes inside a batch. Run by cargo-fuzz (nightly) and, bounded, by the test
//! `rust/records/tests/mutate.rs` (stable).

use std::sync::{Arc, LazyLock};

use streamward_records::compression::{Codecs, Effort};
use streamward_records::{
    Budget, DataKey, Envelope, FoundKey, Home, Keys, Kid, Limits, Mark, Opening, Scratch, Sealing,
    open_records, seal_records,
};
use streamward_wire::kafka::batch::{Compression, batches, crc_matches};

/// Small enough that a target is quick.
const LIMITS: Limits = Limits {
    inflated_bytes_max: 1 << 20,
    inflated_ratio_max: 256,
    records_max: 10_000,
    headers_max: 100,
};
/// The key of the corpus.
pub const KID: Kid = [1; 16];

static KEY: LazyLock<Arc<DataKey>> = LazyLock::new(|| {
    let key = DataKey::new(KID, "ring".into(), 1, &[7; 32], u64::MAX);
    Arc::new(key.expect("32 bytes"))
});

struct One;

impl Keys for One {
    fn find(&self, kid: &Kid) -> FoundKey {
        if *kid == KID {
            FoundKey::Key(KEY.clone())
        } else {
            FoundKey::Unknown
        }
    }
}

fn home() -> Home {
    Home {
        tenant: None,
        cluster: "main".into(),
        stream: "stream".into(),
        data_class: "class".into(),
        ring: "ring".into(),
    }
}

/// Seals a Records field as the corpus is.
pub fn seal(records: &[u8], out: &mut Vec<u8>) -> bool {
    let home = home();
    let headers: Vec<Box<[u8]>> = vec![b"h".to_vec().into()];
    let sealing = Sealing {
        home: &home,
        partition: Some(1),
        value: true,
        headers: &headers,
        data_key: &KEY,
        deterministic_key: Some(&KEY),
        marks: false,
    };
    let most = usize::MAX;
    seal_records(
        records,
        &sealing,
        &LIMITS,
        most,
        &mut Scratch::default(),
        out,
    )
    .is_ok()
}

fn open(records: &[u8], mark: Mark, limits: &Limits, out: &mut Vec<u8>) -> bool {
    let homes = [home()];
    let headers: Vec<Box<[u8]>> = vec![b"h".to_vec().into()];
    let opening = Opening {
        homes: &homes,
        partition: Some(1),
        value: true,
        key: true,
        headers: &headers,
        mark,
    };
    open_records(
        records,
        &opening,
        &One,
        limits,
        &mut Budget::of(usize::MAX / 8),
        &mut Scratch::default(),
        out,
    )
    .is_ok()
}

/// A Records field: what can be sealed opens again, and what is opened is batches that can be read.
pub fn records(input: &[u8]) {
    let (mut sealed, mut opened) = (Vec::new(), Vec::new());
    if seal(input, &mut sealed) {
        // Sealed, it may be larger than what is taken from a peer.
        let limits = Limits {
            inflated_bytes_max: usize::MAX,
            inflated_ratio_max: usize::MAX,
            ..LIMITS
        };
        assert!(open(&sealed, Mark::Refuse, &limits, &mut opened));
        let counts = |it: &[u8]| -> Vec<(i64, u32)> {
            let read = batches(it).map_while(Result::ok);
            read.map(|it| (it.base_offset, it.records)).collect()
        };
        assert_eq!(counts(input), counts(&opened));
    }
    for mark in [Mark::Refuse, Mark::Header] {
        opened.clear();
        if open(input, mark, &LIMITS, &mut opened) {
            for batch in batches(&opened) {
                let batch = batch.expect("a batch that was written can be read");
                assert!(batch.complete);
                assert!(batch.is_control() || batch.records == 0 || crc_matches(&batch));
            }
        }
    }
}

/// A value: an envelope has one encoding, so all of its bytes are in its parts.
pub fn envelope(input: &[u8]) {
    let Ok(envelope) = Envelope::parse(input) else {
        return;
    };
    let parts = envelope.protected.len() + envelope.nonce.len() + envelope.ciphertext.len();
    let overhead = input.len() - parts - envelope.tag.len();
    assert!((8..=14).contains(&overhead), "{overhead}");
    assert!(Envelope::parse(&input[..input.len() - 1]).is_err());
}

/// Compressed bytes behind one that chooses the codec: never more than the limit, and back again.
pub fn codec(input: &[u8]) {
    let Some((codec, input)) = input.split_first() else {
        return;
    };
    let all = [
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];
    let codec = all[usize::from(*codec) % all.len()];
    let (mut codecs, mut inflated) = (Codecs::default(), Vec::new());
    if codecs.inflate(codec, input, &LIMITS, &mut inflated).is_ok() {
        assert!(inflated.len() <= LIMITS.inflated(input.len()));
        let (mut deflated, mut again) = (Vec::new(), Vec::new());
        for effort in [Effort::Fast, Effort::None] {
            deflated.clear();
            codecs
                .deflate(codec, effort, &inflated, &mut deflated)
                .expect("deflated");
            // What is deflated well may be beyond the ratio that is taken from a peer.
            let limits = Limits {
                inflated_ratio_max: usize::MAX,
                ..LIMITS
            };
            codecs
                .inflate(codec, &deflated, &limits, &mut again)
                .expect("inflated");
            assert_eq!(inflated, again);
        }
    }
    assert!(inflated.len() <= LIMITS.inflated_bytes_max + 1);
}
