//! What a peer shows to prove who it is: certificates, PLAIN and SCRAM messages.
#![no_main]

use std::collections::HashMap;
use std::sync::OnceLock;

use streamward_identity::scram::{Scram, claimed_user};
use streamward_identity::{
    ClientFirst, Directory, Hash, MappingRules, SpiffeId, certificate, plain, revocation,
};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((kind, message)) = input.split_first() else {
        return;
    };
    match kind % 9 {
        0 => {
            drop(certificate::names(message));
            let _ = certificate::check_key(message);
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
        6 => {
            let Ok(scram) = Scram::new("SCRAM-SHA-256", "user", b"pencil") else {
                return;
            };
            if let Ok(exchange) = scram.begin() {
                drop(exchange.answer(message));
            }
        }
        7 => drop(ClientFirst::parse(message)),
        _ => exchange(message),
    }
});

/// A client's two messages, with a NUL between them, to a gateway that knows nobody.
fn exchange(messages: &[u8]) {
    static NOBODY: OnceLock<Option<Directory>> = OnceLock::new();
    let nobody = NOBODY.get_or_init(|| {
        let section = serde_json::from_str(r#"{"principals": []}"#).ok()?;
        Directory::build(&section, &HashMap::new()).ok()
    });
    let mut parts = messages.splitn(2, |byte| *byte == 0);
    let (Some(directory), Some(first), Some(last)) = (nobody, parts.next(), parts.next()) else {
        return;
    };
    let Ok(first) = ClientFirst::parse(first) else {
        return;
    };
    if let Ok((challenge, _)) = directory.challenge(first, Hash::Sha512, &[], 0) {
        assert!(directory.by_proof(challenge, last, 0).is_err(), "nobody was let in");
    }
}
