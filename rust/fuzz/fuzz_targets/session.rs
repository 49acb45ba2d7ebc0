//! A client and a broker that send anything to a connection's session. See `streamward_gateway::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| streamward_gateway::fuzz::session(input));
