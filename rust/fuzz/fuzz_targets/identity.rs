//! What a peer shows to prove who it is: certificates, PLAIN and SCRAM messages.
#![no_main]

use streamward_identity::scram::{Scram, claimed_user};
use streamward_identity::{certificate, plain};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((kind, message)) = input.split_first() else {
        return;
    };
    match kind % 4 {
        0 => drop(certificate::names(message)),
        1 => drop(plain::parse(message)),
        2 => drop(claimed_user(message)),
        _ => {
            let Ok(scram) = Scram::new("SCRAM-SHA-256", "user", b"pencil") else {
                return;
            };
            if let Ok(exchange) = scram.begin() {
                drop(exchange.answer(message));
            }
        }
    }
});
