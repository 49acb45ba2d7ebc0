//! Kafka's own classes read what we write, and write the same bytes again.
//!
//! Needs Java 17 and the kafka-clients jar:
//! `KAFKA_CLASSPATH='…/libs/*' cargo test -p streamward-wire --test oracle -- --ignored`
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod support;

use std::fmt::Write as _;
use std::fs::File;
use std::process::Command;

use streamward_wire::kafka::Direction;
use support::{Random, encoded, message, schemas};

const ROUNDS: u64 = 20;

#[test]
#[ignore = "needs Java and the kafka-clients jar"]
fn kafka_reads_and_writes_the_same_bytes() {
    let classpath = std::env::var("KAFKA_CLASSPATH").unwrap();
    let mut vectors = String::new();
    for schema in schemas() {
        let direction = match schema.direction {
            Direction::Request => "request",
            Direction::Response => "response",
        };
        for seed in 0..ROUNDS {
            let body = encoded(&message(schema, &mut Random(seed)));
            write!(vectors, "{} {} {direction} x", schema.key.0, schema.version).unwrap();
            body.iter()
                .for_each(|byte| write!(vectors, "{byte:02x}").unwrap());
            vectors.push('\n');
        }
    }
    let input = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracle-vectors.txt");
    std::fs::write(&input, vectors).unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/Oracle.java");
    let oracle = Command::new("java")
        .args(["-cp", &classpath, source])
        .stdin(File::open(input).unwrap())
        .output()
        .unwrap();
    assert!(
        oracle.status.success(),
        "{}",
        String::from_utf8_lossy(&oracle.stdout)
    );
}
