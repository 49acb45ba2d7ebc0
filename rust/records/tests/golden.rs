//! The vectors that Rust and Python hold themselves to: `tests/golden/envelope`. They are written anew with
//! `STREAMWARD_GOLDEN=1`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use streamward_records::{
    DataKey, FoundKey, Home, Keys, Kid, Place, external_aad, open_value, seal_value,
};

const KEY: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31,
];
const KID: Kid = [0xa5; 16];

struct Only(Arc<DataKey>);

impl Keys for Only {
    fn find(&self, kid: &Kid) -> FoundKey {
        if kid == self.0.kid() {
            FoundKey::Key(self.0.clone())
        } else {
            FoundKey::Unknown
        }
    }
}

struct Case {
    name: &'static str,
    tenant: Option<&'static str>,
    place: Place<'static>,
    partition: Option<i32>,
    record_key: Option<&'static [u8]>,
    content: &'static [u8],
}

/// `holder.mail` as [`streamward_records::field_path`] writes it.
const FIELD: &[u8] = b"\x82\x66holder\x64mail";

const CASES: [Case; 7] = [
    Case {
        name: "value",
        tenant: Some("acme"),
        place: Place::Value,
        partition: None,
        record_key: Some(b"patient-17"),
        content: b"{\"blood_group\": \"0-\"}",
    },
    Case {
        name: "value-without-key",
        tenant: None,
        place: Place::Value,
        partition: None,
        record_key: None,
        content: b"no key",
    },
    Case {
        name: "value-with-empty-key",
        tenant: None,
        place: Place::Value,
        partition: None,
        record_key: Some(b""),
        content: b"no key",
    },
    Case {
        name: "value-bound-to-partition",
        tenant: Some("acme"),
        place: Place::Value,
        partition: Some(300),
        record_key: Some(b"patient-17"),
        content: b"",
    },
    Case {
        name: "header",
        tenant: Some("acme"),
        place: Place::Header(b"ssn"),
        partition: None,
        record_key: Some(b"patient-17"),
        content: b"078-05-1120",
    },
    Case {
        name: "field",
        tenant: Some("acme"),
        place: Place::Field(FIELD),
        partition: None,
        record_key: Some(b"patient-17"),
        content: b"jane@example.org",
    },
    Case {
        name: "key",
        tenant: Some("acme"),
        place: Place::Key,
        partition: None,
        record_key: None,
        content: b"patient-17",
    },
];

fn home(tenant: Option<&str>) -> Home {
    Home {
        tenant: tenant.map(Into::into),
        cluster: "main".into(),
        stream: "patients".into(),
        data_class: "clinical".into(),
        ring: "clinical-care".into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|it| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap());
    bytes.collect()
}

fn vector(case: &Case) -> Value {
    let home = home(case.tenant);
    let key = DataKey::new(KID, home.ring.clone(), 7, &KEY, 10).unwrap();
    let (place, partition) = (case.place, case.partition);
    let envelope = seal_value(&home, &key, place, partition, case.record_key, case.content);
    let (kind, header) = match place {
        Place::Value => ("value", None),
        Place::Key => ("key", None),
        Place::Header(name) => ("header", Some(String::from_utf8_lossy(name))),
        Place::Field(_) => ("field", None),
    };
    let field = (kind == "field").then_some(["holder", "mail"]);
    assert!(field.is_none_or(|names| streamward_records::field_path(&names) == FIELD));
    json!({
        "tenant": home.tenant.as_deref(), "cluster": &*home.cluster, "stream": &*home.stream,
        "data_class": &*home.data_class, "ring": &*home.ring, "ring_version": 7,
        "kid": hex(&KID), "key": hex(&KEY), "place": kind, "header": header, "field": field, "partition": partition,
        "record_key": case.record_key.map(hex), "content": hex(case.content),
        "external_aad": hex(&external_aad(&home, 7, place, partition, case.record_key)),
        "envelope": hex(&envelope.unwrap()),
    })
}

#[test]
fn envelopes_are_the_vectors() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/envelope");
    for case in &CASES {
        let file = folder.join(format!("{}.json", case.name));
        let made = vector(case);
        if std::env::var_os("STREAMWARD_GOLDEN").is_some() {
            let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
            std::fs::write(&file, text).unwrap();
        }
        let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(made, kept, "{}", case.name);
        let home = home(case.tenant);
        let key = DataKey::new(KID, home.ring.clone(), 7, &KEY, 0).unwrap();
        let envelope = unhex(kept["envelope"].as_str().unwrap());
        let opened = open_value(
            &[home],
            &Only(Arc::new(key)),
            case.place,
            case.partition,
            case.record_key,
            &envelope,
        );
        assert_eq!(opened.unwrap(), case.content, "{}", case.name);
    }
}
