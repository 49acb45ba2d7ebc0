//! Keyed hashes of masks: what one of them tells holds for its field alone, unless fields are declared to share it.

use aws_lc_rs::{hkdf, hmac};

/// Salt of the extraction (RFC 5869): keeps the hashes of masks apart from whatever else the same secret may be for.
const SALT: &[u8] = b"streamward mask v2";

/// What a hash tells of: equal values have equal hashes within one of these, and in no two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashDomain<'d> {
    /// A field of a stream, by its path: names, outermost first.
    Field {
        /// The topic.
        stream: &'d str,
        /// Its path.
        path: &'d [String],
    },
    /// The keys of the records of a stream.
    Key {
        /// The topic.
        stream: &'d str,
    },
    /// All that is declared to be of this group.
    Group(&'d str),
}

impl HashDomain<'_> {
    /// The `info` of the expansion: its kind, and each of its names behind its length (4 bytes, big-endian).
    fn info(&self) -> Vec<u8> {
        let mut info = Vec::new();
        let mut name = |name: &str| {
            // Names are of a bundle, which has limits far below.
            let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
            info.extend_from_slice(&length.to_be_bytes());
            info.extend_from_slice(name.as_bytes());
        };
        match self {
            Self::Field { stream, path } => {
                name("field");
                name(stream);
                path.iter().for_each(|it| name(it));
            }
            Self::Key { stream } => {
                name("key");
                name(stream);
            }
            Self::Group(group) => {
                name("group");
                name(group);
            }
        }
        info
    }
}

/// The secret from which the keys of hashes are derived.
pub struct HashSecret(hkdf::Prk);

impl std::fmt::Debug for HashSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HashSecret(***)")
    }
}

impl HashSecret {
    /// From bytes of any length (HKDF-Extract with SHA-256).
    pub fn new(secret: &[u8]) -> Self {
        Self(hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(secret))
    }

    /// The key of hashes of one domain (HKDF-Expand, 32 bytes); `None`: the library has none.
    ///
    /// SECURITY: were it one key for all, whoever may write to one stream, or knows the values of one field, could try
    /// the values of another by comparing hashes.
    pub fn key(&self, domain: &HashDomain<'_>) -> Option<hmac::Key> {
        let info = domain.info();
        let info = [info.as_slice()];
        let okm = self.0.expand(&info, hmac::HMAC_SHA256).ok()?;
        Some(okm.into())
    }
}
