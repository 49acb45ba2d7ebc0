//! Keyed hashes of masks: the golden ones, and that none says anything of another field.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::Value as Json;
use streamward_schema::{HashDomain, HashSecret, Masker};

const VECTORS: &str = include_str!("../../../tests/golden/mask_hashes/vectors.json");

fn strings(list: &Json) -> Vec<String> {
    let each = list.as_array().unwrap().iter();
    each.map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[test]
fn hashes_are_as_the_vectors_say() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors.as_array().unwrap();
    assert!(vectors.len() >= 6);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let path = strings(&vector["path"]);
        let stream = vector["stream"].as_str().unwrap_or_default();
        let domain = match text("kind") {
            "field" => HashDomain::Field {
                stream,
                path: &path,
            },
            "key" => HashDomain::Key { stream },
            _ => HashDomain::Group(text("group")),
        };
        let key = HashSecret::new(text("secret").as_bytes())
            .key(&domain)
            .unwrap();
        assert_eq!(
            Masker::digest(&key, text("value").as_bytes()),
            text("hash"),
            "{vector}"
        );
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-z.*]{0,4}|field|key|group"
}

/// What a domain is of; the path of a key or a group is empty.
type Parts = (u8, String, Vec<String>);

fn parts() -> impl Strategy<Value = Parts> {
    let path = prop::collection::vec(name(), 0..4);
    (0..3_u8, name(), path).prop_map(|(kind, first, path)| match kind {
        0 => (kind, first, path),
        _ => (kind, first, Vec::new()),
    })
}

fn domain((kind, first, path): &Parts) -> HashDomain<'_> {
    match kind {
        0 => HashDomain::Field {
            stream: first,
            path,
        },
        1 => HashDomain::Key { stream: first },
        _ => HashDomain::Group(first),
    }
}

proptest! {
    #[test]
    fn no_two_domains_share_a_hash(one in parts(), other in parts(), value in any::<[u8; 4]>()) {
        let secret = HashSecret::new(b"a secret of sixteen bytes");
        let hash = |it: &Parts| Masker::digest(&secret.key(&domain(it)).unwrap(), &value);
        prop_assert_eq!(hash(&one) == hash(&other), one == other);
    }
}
