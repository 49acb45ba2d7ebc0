//! What is written today is what was written when Kafka's own classes last agreed with it.
//!
//! Each line of the file is one schema and the checksum of random messages of it. After a change
//! that is meant, run the oracle first (see `oracle.rs`), then:
//! `cargo test -p streamward-wire --test golden -- --ignored`
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fmt::Write as _;

use support::{Random, encoded, message, schemas};

/// The oracle reads messages of the same seeds.
const SEEDS: u64 = 5;
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/encodings.txt");

fn lines() -> String {
    let mut out = String::new();
    for schema in schemas() {
        let checksum = (0..SEEDS).fold(0, |checksum, seed| {
            crc32c::crc32c_append(checksum, &encoded(&message(schema, &mut Random(seed))))
        });
        let (name, version, direction) = (schema.name, schema.version, schema.direction);
        writeln!(out, "{name} {version} {direction:?} {checksum:08x}").unwrap();
    }
    out
}

#[test]
fn messages_are_written_as_before() {
    let (found, golden) = (lines(), std::fs::read_to_string(FILE).unwrap());
    let changed: Vec<_> = found
        .lines()
        .zip(golden.lines())
        .filter(|(a, b)| a != b)
        .collect();
    assert!(changed.is_empty(), "{changed:#?}");
    assert_eq!(found.lines().count(), golden.lines().count());
}

#[test]
#[ignore = "rewrites the golden file"]
fn rewrite() {
    std::fs::write(FILE, lines()).unwrap();
}
