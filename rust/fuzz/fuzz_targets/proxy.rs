//! See `targets::proxy`.
#![no_main]

#[path = "../src/targets.rs"]
#[allow(dead_code, reason = "one target each")]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::proxy(input));
