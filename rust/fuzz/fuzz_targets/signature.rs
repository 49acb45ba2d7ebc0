//! See `signed::signature`.
#![no_main]

#[path = "../src/signed.rs"]
#[allow(dead_code, reason = "one target each")]
mod signed;

libfuzzer_sys::fuzz_target!(|input: &[u8]| signed::signature(input));
