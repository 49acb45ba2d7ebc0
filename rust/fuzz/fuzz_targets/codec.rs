//! See `records::codec`.
#![no_main]

#[path = "../src/records.rs"]
#[allow(dead_code, reason = "one target each")]
mod records;

libfuzzer_sys::fuzz_target!(|input: &[u8]| records::codec(input));
