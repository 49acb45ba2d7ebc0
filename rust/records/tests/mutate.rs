//! The fuzz targets on a stable compiler: a fixed row of mutations of batches, envelopes and compressed bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "tests"
)]

mod common;
#[path = "../../fuzz/src/records.rs"]
mod records;
#[path = "../../fuzz/src/signed.rs"]
mod signed;

use common::{CODECS, Message, batch, finish, message, read};

const MUTATIONS: u64 = 200;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

fn mutate(input: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(out.len());
        match random.below(4) {
            0 => out.truncate(at),
            1 => out.insert(at.min(out.len()), random.below(256) as u8),
            2 if at < out.len() => drop(out.remove(at)),
            _ if at < out.len() => out[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
    out
}

fn run(target: fn(&[u8]), inputs: &[Vec<u8>], repair: bool) {
    for (seed, input) in inputs.iter().enumerate() {
        target(input);
        let mut random = Random(seed as u64);
        for _ in 0..MUTATIONS {
            let mut mutated = mutate(input, &mut random);
            // Past the checksum, which whoever forges a batch can make.
            if repair && mutated.len() > 61 {
                finish(&mut mutated);
            }
            target(&mutated);
        }
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let with_header = Message {
        headers: vec![(b"h".to_vec(), Some(b"v".to_vec())), (b"i".to_vec(), None)],
        ..message(b"k", &b"value ".repeat(30))
    };
    let plain = CODECS.map(|it| batch(it, &[message(b"a", b"1"), with_header.clone()]));
    let sealed = plain.iter().map(|it| {
        let mut out = Vec::new();
        assert!(records::seal(it, &mut out));
        out
    });
    sealed.chain(plain.iter().cloned()).collect()
}

#[test]
fn any_records_are_rewritten_or_refused() {
    run(records::records, &corpus(), false);
    run(records::records, &corpus(), true);
}

#[test]
fn any_value_is_an_envelope_or_refused() {
    let values = read(&corpus()[0]).into_iter().filter_map(|it| it.value);
    run(records::envelope, &values.collect::<Vec<_>>(), false);
}

fn signed_corpus() -> Vec<Vec<u8>> {
    let plain = corpus().split_off(CODECS.len());
    let signed = plain.iter().flat_map(|it| {
        signed::FORMS.map(|each| {
            let mut out = Vec::new();
            assert!(signed::sign(it, each, &mut out));
            out
        })
    });
    signed.chain(plain.iter().cloned()).collect()
}

#[test]
fn any_records_are_signed_verified_or_refused() {
    run(signed::signed, &signed_corpus(), false);
    run(signed::signed, &signed_corpus(), true);
}

#[test]
fn any_value_is_a_signature_or_refused() {
    let corpus = signed_corpus();
    let records = corpus.iter().flat_map(|it| read(it));
    let values = records.filter_map(|it| it.headers.last().and_then(|it| it.1.clone()));
    run(signed::signature, &values.collect::<Vec<_>>(), false);
}

#[test]
fn any_bytes_are_inflated_or_refused() {
    let text = b"all work and no play ".repeat(40);
    let mut codecs = streamward_records::compression::Codecs::default();
    let inputs = CODECS[1..].iter().enumerate().map(|(place, codec)| {
        let mut input = vec![place as u8];
        let effort = streamward_records::compression::Effort::Fast;
        codecs.deflate(*codec, effort, &text, &mut input).unwrap();
        input
    });
    run(records::codec, &inputs.collect::<Vec<_>>(), false);
}
