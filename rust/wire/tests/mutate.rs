//! The fuzz targets on a stable compiler: a fixed row of mutations of valid messages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "../../fuzz/src/targets.rs"]
mod targets;

mod support;

use std::fs;
use std::path::Path;

use streamward_wire::kafka::{Direction, apis, write_request, write_response};
use support::{Random, message, schemas};

/// Mutations of each input; the whole file takes a few seconds unoptimised.
const MUTATIONS: u64 = 400;

/// Values that have broken parsers of lengths before.
const NASTY: [&[u8]; 8] = [
    &[0x7f, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x80, 0, 0, 0],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0x80, 0x80, 0x80, 0x80, 0x80],
    &[0xff, 0xfe],
    &[0],
    &[0x7f],
];

fn mutate(input: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(out.len() + 1);
        match random.below(5) {
            0 => out.truncate(at),
            1 => out.insert(at, random.next().to_le_bytes()[0]),
            2 if at < out.len() => out[at] ^= 1 << random.below(8),
            3 if at < out.len() => drop(out.remove(at)),
            _ => {
                let nasty = NASTY[random.below(NASTY.len())];
                let end = (at + nasty.len()).min(out.len());
                out[at..end].copy_from_slice(&nasty[..end - at]);
            }
        }
    }
    out
}

fn run(target: fn(&[u8]), inputs: impl IntoIterator<Item = Vec<u8>>, mutations: u64) {
    for (seed, input) in inputs.into_iter().enumerate() {
        target(&input);
        let mut random = Random(seed.try_into().unwrap());
        (0..mutations).for_each(|_| target(&mutate(&input, &mut random)));
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let files = fs::read_dir(folder).unwrap();
    let inputs: Vec<_> = files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(!inputs.is_empty(), "`{target}` has no corpus");
    inputs
}

/// A frame without its length for every schema of one direction.
fn messages(direction: Direction) -> impl Iterator<Item = Vec<u8>> {
    schemas()
        .filter(move |schema| schema.direction == direction)
        .map(move |schema| {
            let (key, version) = (schema.key, schema.version);
            let body = message(schema, &mut Random(key.0.unsigned_abs().into()));
            let mut out = Vec::new();
            if direction == Direction::Request {
                write_request(&mut out, key, version, 7, Some("client"), &body).unwrap();
                return out.split_off(4);
            }
            write_response(&mut out, key, version, 7, &body).unwrap();
            let api = apis().iter().position(|api| api.key == key).unwrap();
            out.splice(
                ..4,
                [u8::try_from(api).unwrap(), u8::try_from(version).unwrap()],
            );
            out
        })
}

#[test]
fn requests_hold_under_mutation() {
    run(targets::request, messages(Direction::Request), MUTATIONS);
    run(targets::request, corpus("request"), 20_000);
}

#[test]
fn responses_hold_under_mutation() {
    run(targets::response, messages(Direction::Response), MUTATIONS);
    run(targets::response, corpus("response"), 20_000);
}

/// The same messages as they arrive, behind three bytes that choose schema and piece.
fn arriving(direction: Direction) -> impl Iterator<Item = Vec<u8>> {
    schemas()
        .filter(move |schema| schema.direction == direction)
        .enumerate()
        .map(move |(number, schema)| {
            let api = apis().iter().position(|api| api.key == schema.key).unwrap();
            let side = if direction == Direction::Request {
                0x80
            } else {
                0
            };
            let piece = u8::try_from(number % 100).unwrap() | side;
            let mut out = vec![
                u8::try_from(api).unwrap(),
                u8::try_from(schema.version).unwrap(),
                piece,
            ];
            let message = message(schema, &mut Random(schema.key.0.unsigned_abs().into()));
            message.encode(&mut out).unwrap();
            out
        })
}

#[test]
fn what_arrives_in_pieces_holds_under_mutation() {
    run(targets::stream, arriving(Direction::Request), MUTATIONS / 4);
    run(
        targets::stream,
        arriving(Direction::Response),
        MUTATIONS / 4,
    );
}

#[test]
fn frames_hold_under_mutation() {
    run(targets::frame, corpus("frame"), 50_000);
}

#[test]
fn batches_hold_under_mutation() {
    run(targets::batch, corpus("batch"), 50_000);
}

#[test]
fn no_header_of_a_proxy_breaks_anything() {
    run(targets::proxy, corpus("proxy"), 50_000);
}
