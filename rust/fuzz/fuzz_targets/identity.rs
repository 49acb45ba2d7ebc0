//! What a peer shows to prove who it is: certificates, PLAIN and SCRAM messages.
#![no_main]

use streamward_identity::scram::{Scram, claimed_user};
use streamward_identity::{MappingRules, SpiffeId, certificate, plain, revocation};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((kind, message)) = input.split_first() else {
        return;
    };
    match kind % 7 {
        0 => {
            drop(certificate::names(message));
            drop(certificate::check_key(message));
        }
        1 => drop(plain::parse(message)),
        2 => drop(claimed_user(message)),
        3 => drop(revocation::facts(message)),
        4 => drop(std::str::from_utf8(message).map(SpiffeId::parse)),
        5 => {
            // Rules, a line break, and a subject.
            let text = String::from_utf8_lossy(message);
            let (rules, subject) = text.split_once('\n').unwrap_or((&text, "CN=a"));
            if let Ok(rules) = MappingRules::parse(rules) {
                drop(rules.apply(subject));
            }
        }
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
