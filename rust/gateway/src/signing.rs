//! What is signed, by whom and with which keys: the `signing` section of a snapshot, and its keys made ready.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use serde::Deserialize;
use streamward_records::{Each, SigningKey, VerifyingKey};

use crate::materials::Materials;

/// Which streams are signed, and which keys there are. A topic is signed as the stream of its name says, or else that
/// of its longest prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningSection {
    /// The keys that streams name.
    #[serde(default)]
    pub keys: Vec<SigningKeySection>,
    /// The streams that are signed.
    #[serde(default)]
    pub streams: Vec<SignedStream>,
}

/// A key that signs or verifies, by reference.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKeySection {
    /// Its name.
    pub name: String,
    /// Reference to the private key, of a key that the gateway signs with.
    pub key: Option<String>,
    /// Reference to the public key, of one that only verifies here.
    pub public: Option<String>,
    /// The producer whose key it is; `None`: the gateway's.
    pub principal: Option<String>,
}

/// A stream, or all that start with a prefix, and how their records are signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedStream {
    /// Exactly one of this and `prefix`.
    pub name: Option<String>,
    /// Every topic that starts with it, unless another entry says more.
    pub prefix: Option<String>,
    /// The tenant that owns the stream.
    pub tenant: Option<String>,
    /// The cluster where the stream was written first; `None`: the listener's.
    pub home_cluster: Option<String>,
    /// Who signs.
    pub by: SignedBy,
    /// What one signature is for.
    pub each: SignedEach,
    /// The key that the gateway signs with.
    pub key: Option<String>,
    /// The keys that verify.
    pub keys: Vec<String>,
    /// Does a signature verify only in its partition?
    pub partition_bound: bool,
    /// Only with the time that it was signed with?
    pub timestamp_bound: bool,
    /// What becomes of records that don't verify.
    pub on_violation: Unverified,
    /// Streams whose records may lie here too.
    pub accepts_from: Vec<String>,
}

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignedBy {
    /// The gateway, on behalf of the producer that it has authenticated.
    Gateway,
    /// The producer, with a key of its own.
    Producer,
}

/// What one signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedEach {
    /// The records of a batch, each of which verifies alone.
    Batch,
    /// The records of a batch, which verify only together.
    WholeBatch,
    /// A record.
    Record,
}

/// What becomes of records that don't verify, on read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unverified {
    /// Their partition is refused.
    Refuse,
    /// They are marked by a header.
    Mark,
}

/// A stream and the keys that it names.
#[derive(Debug)]
pub struct Signed {
    /// How it is signed.
    pub stream: SignedStream,
    /// What the gateway signs with; `None`: producers sign, or there is no key at present.
    pub key: Option<Arc<SigningKey>>,
    /// What verifies.
    pub keys: Arc<[VerifyingKey]>,
}

impl Signed {
    /// What one signature is for.
    pub const fn each(&self) -> Each {
        match self.stream.each {
            SignedEach::Batch => Each::Batch,
            SignedEach::WholeBatch => Each::Together,
            SignedEach::Record => Each::Record,
        }
    }
}

/// The section with its keys.
#[derive(Debug, Default)]
pub struct Signatures {
    section: SigningSection,
    names: HashMap<String, Arc<Signed>>,
    /// The longest first.
    prefixes: Vec<(String, Arc<Signed>)>,
}

struct Keys {
    private: HashMap<String, Arc<SigningKey>>,
    public: HashMap<String, VerifyingKey>,
}

impl Signatures {
    /// Reads keys and streams; says what contradicts itself in them, for whoever wrote the snapshot.
    ///
    /// # Errors
    /// In words, never with a part of a key.
    pub fn build(section: &SigningSection, materials: &Materials) -> Result<Self, String> {
        let keys = read_keys(section, materials)?;
        let mut built = Self {
            section: section.clone(),
            ..Self::default()
        };
        let mut places = HashSet::new();
        for stream in &section.streams {
            let Some(text) = stream.name.as_ref().xor(stream.prefix.as_ref()) else {
                return Err("a signed stream needs one of `name` and `prefix`".to_owned());
            };
            if !places.insert((stream.name.is_some(), text)) {
                return Err(format!("signed stream `{text}` stands twice"));
            }
            let declared = |name: &String| section.keys.iter().any(|it| it.name == *name);
            let named = stream.keys.iter().chain(&stream.key);
            if let Some(unknown) = named.into_iter().find(|it| !declared(it)) {
                return Err(format!(
                    "signed stream `{text}` names the key `{unknown}`, which is not declared"
                ));
            }
            if stream.key.is_some() != (stream.by == SignedBy::Gateway) {
                return Err(format!(
                    "signed stream `{text}` needs a key where the gateway signs, and only there"
                ));
            }
            let verifying = stream.keys.iter().chain(&stream.key);
            let verifying = verifying.filter_map(|it| keys.public.get(it)).cloned();
            let signed = Arc::new(Signed {
                stream: stream.clone(),
                key: stream
                    .key
                    .as_ref()
                    .and_then(|it| keys.private.get(it).cloned()),
                keys: verifying.collect(),
            });
            match &stream.prefix {
                Some(prefix) => built.prefixes.push((prefix.clone(), signed)),
                None => drop(built.names.insert(text.clone(), signed)),
            }
        }
        built
            .prefixes
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(built)
    }

    /// The same with other bytes for its references.
    ///
    /// # Errors
    /// One of them is no key.
    pub fn with(&self, materials: &Materials) -> Result<Self, String> {
        Self::build(&self.section, materials)
    }

    /// The same with other bytes for its references; where one can't be read, what there is stays.
    pub fn renewed(self: &Arc<Self>, materials: &Materials) -> Arc<Self> {
        self.with(materials).map_or_else(|_| self.clone(), Arc::new)
    }

    /// Is no stream signed?
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.prefixes.is_empty()
    }

    /// How a topic is signed; `None`: it is not.
    pub fn of(&self, topic: &str) -> Option<&Arc<Signed>> {
        let mut prefixes = self.prefixes.iter();
        self.names.get(topic).or_else(|| {
            let longest = prefixes.find(|(prefix, _)| topic.starts_with(prefix.as_str()));
            longest.map(|(_, signed)| signed)
        })
    }
}

fn read_keys(section: &SigningSection, materials: &Materials) -> Result<Keys, String> {
    let mut keys = Keys {
        private: HashMap::new(),
        public: HashMap::new(),
    };
    for declared in &section.keys {
        let name = &declared.name;
        if keys.public.contains_key(name) {
            return Err(format!("signing key `{name}` stands twice"));
        }
        let (reference, private) = match (&declared.key, &declared.public) {
            (Some(reference), None) => (reference, true),
            (None, Some(reference)) => (reference, false),
            _ => {
                return Err(format!(
                    "signing key `{name}` needs one of `key` and `public`"
                ));
            }
        };
        // What was lent and is withheld now can't be used; what is signed with it waits.
        let Some(pem) = materials.get(reference).filter(|it| !it.is_empty()) else {
            continue;
        };
        let unfit =
            || format!("signing key `{name}`: `{reference}` is no key of Ed25519 or P-256 in PEM");
        let public = if private {
            let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| unfit())?;
            let key = SigningKey::from_pkcs8(der.secret_pkcs8_der()).ok_or_else(unfit)?;
            let public = key.public().clone();
            keys.private.insert(name.clone(), Arc::new(key));
            public
        } else {
            let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| unfit())?;
            VerifyingKey::from_info(der.as_ref()).ok_or_else(unfit)?
        };
        let public = match &declared.principal {
            Some(principal) => public.of_producer(principal),
            None => public,
        };
        keys.public.insert(name.clone(), public);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410, section 10.3: an Ed25519 key and its public half.
    const PRIVATE: &[u8] = b"-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    const PUBLIC: &[u8] = b"-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";

    fn golden() -> (SigningSection, Materials) {
        let text = include_str!("../../../tests/golden/snapshot.json");
        let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
        let section: SigningSection = serde_json::from_value(document["signing"].take()).unwrap();
        let keys = section.keys.iter().map(|it| match (&it.key, &it.public) {
            (Some(reference), _) => (reference.clone(), PRIVATE.to_vec()),
            (_, reference) => (reference.clone().unwrap(), PUBLIC.to_vec()),
        });
        let materials: HashMap<String, Vec<u8>> = keys.collect();
        (section, materials.into())
    }

    #[test]
    fn a_topic_is_signed_as_its_name_or_its_longest_prefix_says() {
        let (mut section, materials) = golden();
        let mut stream = section.streams[0].clone();
        (stream.name, stream.prefix) = (None, Some("signed.".into()));
        section.streams.push(stream.clone());
        stream.prefix = Some("signed.inner.".into());
        stream.partition_bound = false;
        section.streams.push(stream);

        let built = Signatures::build(&section, &materials).unwrap();

        let own = built
            .of(section.streams[0].name.as_deref().unwrap())
            .unwrap();
        assert!(own.key.is_some() && !own.keys.is_empty());
        assert!(built.of("signed.x").unwrap().stream.partition_bound);
        assert!(!built.of("signed.inner.x").unwrap().stream.partition_bound);
        assert!(built.of("other").is_none());
    }

    #[test]
    fn a_section_that_contradicts_itself_is_refused() {
        let broken: [fn(&mut SigningSection); 7] = [
            |it| it.streams[0].prefix = Some("both".into()),
            |it| (it.streams[0].name, it.streams[0].prefix) = (None, None),
            |it| it.streams.push(it.streams[0].clone()),
            |it| it.streams[0].keys.push("unknown".into()),
            |it| it.streams[0].key = None,
            |it| it.keys[0].public = it.keys[0].key.clone(),
            |it| it.keys.push(it.keys[0].clone()),
        ];
        for break_it in broken {
            let (mut section, materials) = golden();
            break_it(&mut section);
            assert!(Signatures::build(&section, &materials).is_err());
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_what_is_withheld_only_waits() {
        let (section, _) = golden();
        let stream = section.streams[0].name.clone().unwrap();
        let reference = section.keys[0].key.clone().unwrap();
        for bytes in [b"canary".to_vec(), PUBLIC.to_vec()] {
            let materials = Materials::from([(reference.clone(), bytes)]);
            let told = Signatures::build(&section, &materials).unwrap_err();
            assert!(!told.contains("canary"));
        }
        let withheld = Materials::from([(reference, Vec::new())]);
        let built = Signatures::build(&section, &withheld).unwrap();
        assert!(built.of(&stream).unwrap().key.is_none());
    }

    #[test]
    fn private_and_public_halves_have_the_same_name() {
        let der = PrivatePkcs8KeyDer::from_pem_slice(PRIVATE).unwrap();
        let key = SigningKey::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let der = SubjectPublicKeyInfoDer::from_pem_slice(PUBLIC).unwrap();
        let public = VerifyingKey::from_info(der.as_ref()).unwrap();
        assert_eq!(key.public(), &public);
        assert!(format!("{key:?}").contains("key=***"));
    }
}
