//! Names in certificates, against what Python's `cryptography` reads from the same bytes.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use streamward_identity::certificate::{CERTIFICATE_BYTES_MAX, names, subject};
use streamward_identity::{IdentityError, Names};

#[derive(Deserialize)]
struct Expected {
    subject: String,
    dns: Vec<String>,
    uri: Vec<String>,
    email: Vec<String>,
    not_before_milliseconds: i64,
    not_after_milliseconds: i64,
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(name),
    )
    .unwrap()
}

#[test]
fn names_are_those_that_an_independent_reader_finds() {
    let all: BTreeMap<String, Expected> = serde_json::from_slice(&fixture("names.json")).unwrap();
    assert_eq!(all.len(), 4);
    for (name, expected) in all {
        let der = fixture(&format!("{name}.der"));
        assert_eq!(subject(&der).unwrap(), expected.subject, "{name}");
        let read = names(&der).unwrap();
        // Of a certificate without a key usage: nobody's SVID.
        let spiffe = expected.uri.first();
        let spiffe = spiffe.map(|_| Err("its key usage is not that of a workload"));
        let expected = Names {
            spiffe,
            subject_of_java: read.subject_of_java.clone(),
            subject: expected.subject,
            dns: expected.dns,
            uri: expected.uri,
            email: expected.email,
            not_before_milliseconds: expected.not_before_milliseconds,
            not_after_milliseconds: expected.not_after_milliseconds,
        };
        assert_eq!(read, expected, "{name}");
    }
}

#[test]
fn what_is_not_exactly_one_certificate_is_refused() {
    let der = fixture("simple.der");
    let followed = [der.as_slice(), b"\0"].concat();
    let long = vec![0x30; CERTIFICATE_BYTES_MAX + 1];
    for bytes in [
        b"".as_slice(),
        b"\x30",
        &der[..der.len() - 1],
        &followed,
        &long,
    ] {
        assert!(matches!(names(bytes), Err(IdentityError::Certificate(_))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_mutation_breaks_it(
        which in 0..4_usize,
        changes in prop::collection::vec((prop::num::usize::ANY, prop::num::u8::ANY), 1..6),
        cut in prop::option::weighted(0.2, prop::num::usize::ANY),
    ) {
        let mut der = fixture(["simple.der", "escapes.der", "types.der", "empty.der"][which]);
        for (place, byte) in changes {
            let place = place % der.len();
            der[place] = byte;
        }
        if let Some(cut) = cut {
            let length = cut % der.len();
            der.truncate(length);
        }
        if let Ok(names) = names(&der) {
            prop_assert!(names.subject.len() <= 16 * der.len());
        }
    }
}
