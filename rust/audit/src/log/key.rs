//! The keys that sign checkpoints.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;

use crate::error::AuditError;
use crate::layout;
use crate::log::note::{Algorithm, Note, Signature, VerifierKey, cosigned_message};

/// A longer file is not a key.
const KEY_BYTES_MAX: u64 = 64 * 1024;

/// A private Ed25519 key with the name under which it signs; never shown.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifierKey,
}

impl SigningKey {
    /// Reads a key in PKCS#8 (PEM or DER), as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// Errors: `Key` for anything else.
    pub fn from_pkcs8(name: &str, bytes: &[u8]) -> Result<Self, AuditError> {
        let pair = match PrivatePkcs8KeyDer::from_pem_slice(bytes) {
            Ok(der) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()),
            Err(_) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes),
        };
        let pair = pair.map_err(|_| AuditError::Key {
            what: "the log's key must be an Ed25519 key in PKCS#8 without a password, \
                   such as `openssl genpkey -algorithm ed25519` makes"
                .into(),
        })?;
        Self::of(name, pair, Algorithm::Ed25519)
    }

    fn of(name: &str, pair: Ed25519KeyPair, algorithm: Algorithm) -> Result<Self, AuditError> {
        let public = <[u8; 32]>::try_from(pair.public_key().as_ref());
        let public = public.map_err(|_| AuditError::Key {
            what: "the log's key has no public half".into(),
        })?;
        let public = VerifierKey::new(name, algorithm, public)?;
        Ok(Self { pair, public })
    }

    /// A new key. Errors: `Key` where the machine gives no random bytes.
    pub fn generate(name: &str, algorithm: Algorithm) -> Result<Self, AuditError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| AuditError::Key {
            what: "cannot generate a key".into(),
        })?;
        Self::of(name, pair, algorithm)
    }

    /// The key that `directory` keeps for itself; made, readable by its owner only, where there is none.
    ///
    /// Whoever can write there can sign with it: for development. Errors: `Key`, `Io`.
    pub fn of_directory(directory: &Path, name: &str) -> Result<Self, AuditError> {
        let path = directory.join("log.key");
        match fs::metadata(&path) {
            Ok(found) if found.len() > KEY_BYTES_MAX => Err(AuditError::Key {
                what: format!("`{}` is too large for a key", path.display()),
            }),
            Ok(found) if found.mode() & 0o077 != 0 => Err(AuditError::Key {
                what: format!("`{}` can be read by others: `chmod 600` it", path.display()),
            }),
            Ok(_) => {
                let bytes =
                    fs::read(&path).map_err(|source| AuditError::io("read", &path, source))?;
                Self::from_pkcs8(name, &bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self::generate(name, Algorithm::Ed25519)?;
                key.save(directory, &path)?;
                Ok(key)
            }
            Err(source) => Err(AuditError::io("read", &path, source)),
        }
    }

    fn save(&self, directory: &Path, path: &Path) -> Result<(), AuditError> {
        let der = self.pair.to_pkcs8v1().map_err(|_| AuditError::Key {
            what: "cannot encode a key".into(),
        })?;
        let staging = path.with_extension("key.new");
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&staging)?;
            file.write_all(der.as_ref())?;
            file.sync_all()?;
            fs::rename(&staging, path)
        };
        write().map_err(|source| AuditError::io("create", path, source))?;
        layout::sync_directory(directory)
    }

    /// The public half.
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// Signs a text; `seconds` is the time that a witness's signature says.
    pub fn sign(&self, text: &str, seconds: u64) -> Signature {
        match self.public.algorithm() {
            Algorithm::Ed25519 => {
                Signature::by(&self.public, self.pair.sign(text.as_bytes()).as_ref())
            }
            Algorithm::Cosignature => {
                let signed = self.pair.sign(cosigned_message(text, seconds).as_bytes());
                let mut bytes = seconds.to_be_bytes().to_vec();
                bytes.extend_from_slice(signed.as_ref());
                Signature::by(&self.public, &bytes)
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({}, ***)", self.public)
    }
}

/// The keys that sign a log's checkpoints.
#[derive(Debug)]
pub struct Keys {
    /// The key in force.
    pub current: SigningKey,
    /// While the log changes over: the one before, which signs too.
    pub previous: Option<SigningKey>,
}

impl Keys {
    /// One key, and no change over.
    pub fn only(current: SigningKey) -> Self {
        Self {
            current,
            previous: None,
        }
    }

    /// The note of this text, signed with every key.
    pub(crate) fn sign(&self, text: String) -> Note {
        let all = [Some(&self.current), self.previous.as_ref()];
        let signatures = all.into_iter().flatten().map(|key| key.sign(&text, 0));
        let signatures = signatures.collect();
        Note::new(text, signatures)
    }
}

#[cfg(test)]
mod tests {
    use super::{Keys, SigningKey};
    use crate::log::note::{Algorithm, Note, Signed};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_keeps_its_key_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let first = SigningKey::of_directory(directory.path(), "log").unwrap();
        let again = SigningKey::of_directory(directory.path(), "log").unwrap();
        assert_eq!(first.public(), again.public());
        let path = directory.path().join("log.key");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = SigningKey::of_directory(directory.path(), "log").unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn both_keys_sign_while_a_log_changes_over() {
        let key = |name| SigningKey::generate(name, Algorithm::Ed25519).unwrap();
        let keys = Keys {
            current: key("log"),
            previous: Some(key("log")),
        };
        let note = Note::parse(keys.sign("text\n".into()).to_string().as_bytes()).unwrap();
        assert_eq!(note.verify(keys.current.public()), Signed::Valid(None));
        let previous = keys.previous.as_ref().unwrap();
        assert_eq!(note.verify(previous.public()), Signed::Valid(None));
        assert_eq!(note.verify(key("log").public()), Signed::Absent);
    }

    #[test]
    fn a_cosignature_binds_its_time() {
        let witness = SigningKey::generate("witness", Algorithm::Cosignature).unwrap();
        let note = Note::new("text\n".into(), vec![witness.sign("text\n", 17)]);
        assert_eq!(note.verify(witness.public()), Signed::Valid(Some(17)));
    }

    #[test]
    fn keys_of_other_kinds_are_refused_and_none_is_shown() {
        SigningKey::from_pkcs8("log", b"-----BEGIN PRIVATE KEY-----\n").unwrap_err();
        SigningKey::from_pkcs8("log", &[0; 48]).unwrap_err();
        let key = SigningKey::generate("log", Algorithm::Ed25519).unwrap();
        assert!(format!("{key:?}").contains("***"));
    }
}
