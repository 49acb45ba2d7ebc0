//! Signed notes (C2SP signed-note) and cosignatures (C2SP tlog-cosignature), with Ed25519.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::AuditError;
use crate::log::tree::sha256;

/// A longer note is not read.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// More signatures than these are not looked at.
const SIGNATURES_MAX: usize = 64;
/// A longer key name is refused.
const NAME_BYTES_MAX: usize = 255;
const SIGNATURE_BYTES: usize = 64;

/// What a signature of a key says: a byte of its own in the key's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// 0x01: Ed25519 over the text.
    Ed25519,
    /// 0x04: Ed25519 of a witness over a time and the text, `cosignature/v1`.
    Cosignature,
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// A public key with its name: the `vkey` of C2SP signed-note, `name+id+base64(algorithm, key)`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    algorithm: Algorithm,
    key: [u8; 32],
}

impl VerifierKey {
    /// The key of this name. Errors: `Invalid` for a name that can't stand in a note.
    pub fn new(name: &str, algorithm: Algorithm, key: [u8; 32]) -> Result<Self, AuditError> {
        check_name(name)?;
        let mut bytes = Vec::with_capacity(name.len() + 34);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(&[b'\n', algorithm.byte()]);
        bytes.extend_from_slice(&key);
        let [a, b, c, d, ..] = sha256(&bytes);
        Ok(Self {
            name: name.to_owned(),
            id: u32::from_be_bytes([a, b, c, d]),
            algorithm,
            key,
        })
    }

    /// Its name: the log's origin, or what a witness is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose key it is: a log's or a witness's.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.key)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.algorithm.byte()];
        bytes.extend_from_slice(&self.key);
        let key = STANDARD.encode(bytes);
        write!(formatter, "{}+{:08x}+{key}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for VerifierKey {
    type Err = AuditError;

    fn from_str(text: &str) -> Result<Self, AuditError> {
        let shown: String = text.chars().take(80).collect();
        let refused = |what: &str| AuditError::Invalid {
            what: format!("`{shown}` is not a verifier key: {what}"),
        };
        let form = || refused("it must be `name+id+key`");
        let (name, rest) = text.trim().split_once('+').ok_or_else(form)?;
        let (id, key) = rest.split_once('+').ok_or_else(form)?;
        let bytes = STANDARD
            .decode(key)
            .map_err(|_| refused("its key is not base64"))?;
        let (algorithm, key) = bytes.split_first().ok_or_else(form)?;
        let algorithm = match algorithm {
            0x01 => Algorithm::Ed25519,
            0x04 => Algorithm::Cosignature,
            _ => return Err(refused("it is not for Ed25519")),
        };
        let key = <[u8; 32]>::try_from(key).map_err(|_| refused("the key must have 32 bytes"))?;
        let made = Self::new(name, algorithm, key)?;
        if format!("{:08x}", made.id) != id {
            return Err(refused("its id is not that of its name and key"));
        }
        Ok(made)
    }
}

/// One line of signature, as it stands in a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: u32,
    bytes: Vec<u8>,
}

impl Signature {
    /// The signature that `key` gives: the bytes behind the key's id.
    pub(crate) fn by(key: &VerifierKey, bytes: &[u8]) -> Self {
        Self {
            name: key.name.clone(),
            id: key.id,
            bytes: bytes.to_vec(),
        }
    }

    fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.id == key.id
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        check_name(name).ok()?;
        let bytes = STANDARD.decode(bytes).ok()?;
        let (id, bytes) = bytes.split_first_chunk::<4>()?;
        Some(Self {
            name: name.to_owned(),
            id: u32::from_be_bytes(*id),
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.bytes);
        writeln!(
            formatter,
            "\u{2014} {} {}",
            self.name,
            STANDARD.encode(bytes)
        )
    }
}

/// A text with signatures. Nothing of the text may be believed before [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// What a key's signature on a note says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// There is none by this key.
    Absent,
    /// It holds; of a witness, with the time of its signature in seconds since 1970.
    Valid(Option<u64>),
    /// There is one that does not hold: somebody altered the text or the signature.
    Forged,
}

impl Note {
    /// A note of this text, which must end in a line break.
    pub(crate) fn new(text: String, signatures: Vec<Signature>) -> Self {
        Self { text, signatures }
    }

    /// Reads a note. Errors: `Invalid` says what its form lacks.
    pub fn parse(bytes: &[u8]) -> Result<Self, AuditError> {
        let refused = |what: &str| AuditError::Invalid {
            what: format!("this is not a signed note: {what}"),
        };
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(refused("it is too long"));
        }
        let note = std::str::from_utf8(bytes).map_err(|_| refused("it is not UTF-8"))?;
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(refused("it has control characters"));
        }
        let (text, lines) = note
            .rsplit_once("\n\n")
            .ok_or_else(|| refused("no empty line parts its text from its signatures"))?;
        let lines = lines
            .strip_suffix('\n')
            .ok_or_else(|| refused("it does not end in a line break"))?;
        let signatures: Option<Vec<_>> = lines
            .split('\n')
            .take(SIGNATURES_MAX)
            .map(Signature::parse)
            .collect();
        Ok(Self {
            text: format!("{text}\n"),
            signatures: signatures.ok_or_else(|| refused("a line of signature is not one"))?,
        })
    }

    /// Its text, with the line break at its end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the signature of this key says.
    pub fn verify(&self, key: &VerifierKey) -> Signed {
        let mut found = Signed::Absent;
        for signature in self.signatures.iter().filter(|one| one.is_by(key)) {
            found = check(&self.text, &signature.bytes, key);
            if found == Signed::Forged {
                break;
            }
        }
        found
    }

    /// Takes over the signatures of `key` that hold from `other`, a note of the same text.
    pub fn take_valid(&mut self, other: &[Signature], key: &VerifierKey) -> bool {
        let mut taken = false;
        for signature in other.iter().filter(|one| one.is_by(key)) {
            if check(&self.text, &signature.bytes, key) != Signed::Forged {
                self.signatures.retain(|one| !one.is_by(key));
                self.signatures.push(signature.clone());
                taken = true;
            }
        }
        taken
    }

    /// Reads lines of signatures, as a witness answers them. Errors: `Invalid`.
    pub fn parse_signatures(bytes: &[u8]) -> Result<Vec<Signature>, AuditError> {
        let refused = || AuditError::Invalid {
            what: "the answer of the witness is not lines of signatures".into(),
        };
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(refused());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| refused())?;
        let lines = text.lines().take(SIGNATURES_MAX).map(Signature::parse);
        lines.collect::<Option<_>>().ok_or_else(refused)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| write!(formatter, "{signature}"))
    }
}

/// What the bytes behind a key's id say of the text: never `Absent`.
fn check(text: &str, bytes: &[u8], key: &VerifierKey) -> Signed {
    match key.algorithm {
        Algorithm::Ed25519 => {
            let holds = bytes.len() == SIGNATURE_BYTES && key.verify(text.as_bytes(), bytes);
            if holds {
                Signed::Valid(None)
            } else {
                Signed::Forged
            }
        }
        Algorithm::Cosignature => {
            let Some((time, signature)) = bytes.split_first_chunk::<8>() else {
                return Signed::Forged;
            };
            let time = u64::from_be_bytes(*time);
            let message = cosigned_message(text, time);
            let whole = signature.len() == SIGNATURE_BYTES && i64::try_from(time).is_ok();
            if whole && key.verify(message.as_bytes(), signature) {
                Signed::Valid(Some(time))
            } else {
                Signed::Forged
            }
        }
    }
}

/// What a witness signs: C2SP tlog-cosignature, Ed25519.
pub(crate) fn cosigned_message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// Refuses a name that can't stand in a line of signature.
pub(crate) fn check_name(name: &str) -> Result<(), AuditError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(bad) {
        let shown: String = name.chars().take(80).collect();
        return Err(AuditError::Invalid {
            what: format!(
                "`{shown}` can't name a key or a log: 1 to {NAME_BYTES_MAX} bytes without blanks and `+`"
            ),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Note, Signed, VerifierKey};

    /// The example of Go's package `golang.org/x/mod/sumdb/note`.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_published_note_holds() {
        let key: VerifierKey = KEY.parse().unwrap();
        let note = Note::parse(NOTE.as_bytes()).unwrap();
        assert_eq!(note.verify(&key), Signed::Valid(None));
        assert_eq!(note.to_string(), NOTE);
        assert_eq!(key.to_string(), KEY);
    }

    #[test]
    fn an_altered_note_is_forged_and_another_name_is_absent() {
        let key: VerifierKey = KEY.parse().unwrap();
        let altered = NOTE.replace("don't", "do");
        let note = Note::parse(altered.as_bytes()).unwrap();
        assert_eq!(note.verify(&key), Signed::Forged);
        let other = VerifierKey::new("Peter", Algorithm::Ed25519, key.key).unwrap();
        assert_eq!(note.verify(&other), Signed::Absent);
    }

    #[test]
    fn what_is_not_a_note_is_refused() {
        let long = "x\n".repeat(40_000);
        for bad in [
            "",
            "text\n",
            "text\n\n",
            "text\n\n\u{2014} name",
            "text\n\n\u{2014} name !!!\n",
            "text\n\n\u{2014} na+me AAAAAAA=\n",
            "te\txt\n\n\u{2014} name AAAAAAA=\n",
            &long,
        ] {
            Note::parse(bad.as_bytes()).unwrap_err();
        }
        Note::parse(b"\xff\n\n").unwrap_err();
    }

    #[test]
    fn keys_with_a_wrong_id_or_form_are_refused() {
        for bad in [
            "",
            "a",
            "a+b",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc",
            "PeterNeumann+c74f20a3+ABpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] {
            bad.parse::<VerifierKey>().unwrap_err();
        }
        VerifierKey::new("two words", Algorithm::Ed25519, [0; 32]).unwrap_err();
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(0u8.., 0..300)) {
            let _ = Note::parse(&bytes);
            let _ = Note::parse_signatures(&bytes);
            let _ = String::from_utf8_lossy(&bytes).parse::<VerifierKey>();
            let _ = crate::log::prove::check(&bytes, &[], &[]);
            let _ = crate::log::tiles::parse_bundle(&bytes, 3);
            let _ = crate::log::tiles::parse_tile(&bytes, 3);
        }

        #[test]
        fn an_altered_byte_of_a_note_is_never_valid(at in 0..NOTE.len(), bit in 0..8u32) {
            let key: VerifierKey = KEY.parse().unwrap();
            let mut bytes = NOTE.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let valid = Note::parse(&bytes).is_ok_and(|note| {
                note.verify(&key) == Signed::Valid(None) && note.to_string() != NOTE
            });
            proptest::prop_assert!(!valid);
        }
    }
}
