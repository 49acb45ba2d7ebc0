//! What a reader sees instead of a field: other content of the same type.

use aws_lc_rs::hmac;

use crate::date;
use crate::error::Reason;
use crate::field::{Content, Leaf, LeafType, Visit};

/// Bytes of a hash (128 bits): as many hexadecimal digits twice over in a text.
pub const HASH_BYTES: usize = 16;
/// Characters that `keep-last` leaves. A text of less than twice as many shows none.
pub const KEPT_CHARACTERS: usize = 4;
/// The largest `fixed` that a hash fills.
const FIXED_HASH_BYTES_MAX: u32 = 32;
const REDACTED: &str = "***";
const REDACTED_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// How a field is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mask {
    /// Nothing of it is left: `***`, no bytes, 0, false.
    Redact,
    /// The same value always gives the same hash, which nobody without the secret can compute.
    Hash,
    /// Of a text, the last four characters.
    KeepLast,
    /// Of a date or a time, the first day of its year.
    Year,
}

impl Mask {
    /// The mask of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "redact" => Self::Redact,
            "hash" => Self::Hash,
            "keep-last" => Self::KeepLast,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// Its name in a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redact => "redact",
            Self::Hash => "hash",
            Self::KeepLast => "keep-last",
            Self::Year => "year",
        }
    }

    /// Whether content of this type can be masked so and keep its type.
    pub fn fits(self, kind: LeafType) -> bool {
        match self {
            Self::Redact => kind != LeafType::Enumeration,
            Self::Hash => match kind {
                LeafType::Text | LeafType::Uuid | LeafType::Bytes => true,
                LeafType::Fixed(bytes) => bytes <= FIXED_HASH_BYTES_MAX,
                LeafType::Integer { bits, .. } => bits >= 64,
                _ => false,
            },
            Self::KeepLast => kind == LeafType::Text,
            Self::Year => matches!(
                kind,
                LeafType::Date | LeafType::Timestamp { .. } | LeafType::Text
            ),
        }
    }
}

/// Puts masks on the fields of a selection: the mask of each path, in the same order; `None`: this reader
/// sees it as it is.
#[derive(Debug, Clone)]
pub struct Masker<'m> {
    masks: &'m [Option<Mask>],
    keys: &'m [Option<hmac::Key>],
}

impl<'m> Masker<'m> {
    /// `keys` (HMAC-SHA-256, each derived by [`crate::HashSecret`]) are what makes hashes unguessable, in the order of the
    /// masks. A field that is to be hashed and has none can't be masked.
    pub fn new(masks: &'m [Option<Mask>], keys: &'m [Option<hmac::Key>]) -> Self {
        Self { masks, keys }
    }

    /// The hash of something else than a field, such as a record's key: as many hexadecimal digits as a text's.
    pub fn digest(key: &hmac::Key, content: &[u8]) -> String {
        let tag = hmac::sign(key, content);
        hexadecimal(tag.as_ref().get(..HASH_BYTES).unwrap_or_default())
    }

    fn hash(&self, rule: u32, content: &[u8]) -> Result<hmac::Tag, Reason> {
        let key = self.keys.get(rule as usize).and_then(Option::as_ref);
        Ok(hmac::sign(key.ok_or(Reason::Unmaskable)?, content))
    }
}

impl Visit for Masker<'_> {
    fn leaf(&mut self, rule: u32, leaf: &Leaf<'_>) -> Result<Option<Content<'static>>, Reason> {
        let Some(mask) = self.masks.get(rule as usize).ok_or(Reason::Unmaskable)? else {
            return Ok(None);
        };
        if !mask.fits(leaf.kind) {
            return Err(Reason::Unmaskable);
        }
        match mask {
            Mask::Redact => Ok(Some(redacted(leaf.kind))),
            Mask::Hash => self.hashed(rule, leaf).map(Some),
            Mask::KeepLast => kept(&leaf.content).map(Some),
            Mask::Year => year(leaf).map(Some),
        }
    }

    fn other(&mut self, rule: u32) -> Result<(), Reason> {
        match self.masks.get(rule as usize) {
            Some(None) => Ok(()),
            _ => Err(Reason::Unmaskable),
        }
    }
}

impl Masker<'_> {
    fn hashed(&self, rule: u32, leaf: &Leaf<'_>) -> Result<Content<'static>, Reason> {
        let tag = match &leaf.content {
            Content::Text(text) => self.hash(rule, text.as_bytes())?,
            Content::Bytes(bytes) => self.hash(rule, bytes)?,
            Content::Integer(number) => self.hash(rule, number.to_string().as_bytes())?,
            Content::Real(_) | Content::Boolean(_) => return Err(Reason::Unmaskable),
        };
        let tag = tag.as_ref();
        Ok(match leaf.kind {
            LeafType::Uuid => text(uuid(tag)),
            LeafType::Text => text(hexadecimal(tag.get(..HASH_BYTES).unwrap_or_default())),
            LeafType::Fixed(length) => bytes(tag.get(..length as usize).ok_or(Reason::Unmaskable)?),
            LeafType::Integer { .. } => {
                let first = tag.first_chunk::<8>().ok_or(Reason::Unmaskable)?;
                // Positive in every type of 64 bits.
                Content::Integer(i128::from(u64::from_be_bytes(*first) >> 1))
            }
            _ => bytes(tag.get(..HASH_BYTES).unwrap_or_default()),
        })
    }
}

fn text(text: String) -> Content<'static> {
    Content::Text(text.into())
}

fn bytes(bytes: &[u8]) -> Content<'static> {
    Content::Bytes(bytes.to_vec().into())
}

fn redacted(kind: LeafType) -> Content<'static> {
    match kind {
        LeafType::Text => Content::Text(REDACTED.into()),
        LeafType::Uuid => Content::Text(REDACTED_UUID.into()),
        LeafType::Number => Content::Text("0".into()),
        LeafType::Bytes => bytes(&[]),
        LeafType::Decimal => bytes(&[0]),
        LeafType::Fixed(length) => bytes(&vec![0; length as usize]),
        LeafType::Real => Content::Real(0.0),
        LeafType::Boolean => Content::Boolean(false),
        LeafType::Integer { .. }
        | LeafType::Date
        | LeafType::Timestamp { .. }
        | LeafType::Enumeration => Content::Integer(0),
    }
}

fn kept(content: &Content<'_>) -> Result<Content<'static>, Reason> {
    let Content::Text(whole) = content else {
        return Err(Reason::Unmaskable);
    };
    let count = whole.chars().count();
    let hidden = if count < 2 * KEPT_CHARACTERS {
        count
    } else {
        count - KEPT_CHARACTERS
    };
    let masked = whole
        .chars()
        .enumerate()
        .map(|(at, character)| if at < hidden { '*' } else { character })
        .collect();
    Ok(text(masked))
}

const SECONDS_PER_DAY: i64 = 86_400;

fn year(leaf: &Leaf<'_>) -> Result<Content<'static>, Reason> {
    match (&leaf.content, leaf.kind) {
        // What isn't a date keeps nothing.
        (Content::Text(whole), _) => Ok(text(
            date::year_only(whole).unwrap_or_else(|| REDACTED.to_owned()),
        )),
        (Content::Integer(days), LeafType::Date) => {
            let days = i64::try_from(*days).map_err(|_| Reason::OutOfRange)?;
            let first = date::first_day(date::year_of(days));
            // The first year that 32 bits of days reach into begins before them.
            Ok(Content::Integer(
                i128::from(first).max(i128::from(i32::MIN)),
            ))
        }
        (Content::Integer(time), LeafType::Timestamp { per_second }) => {
            let time = i64::try_from(*time).map_err(|_| Reason::OutOfRange)?;
            let per_day = per_second.saturating_mul(SECONDS_PER_DAY);
            let first = date::first_day(date::year_of(time.div_euclid(per_day)));
            let masked = i128::from(first) * i128::from(per_day);
            Ok(Content::Integer(masked.max(i128::from(i64::MIN))))
        }
        _ => Err(Reason::Unmaskable),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)])
        .collect()
}

/// Version 8 of RFC 9562: 122 bits of the hash.
fn uuid(tag: &[u8]) -> String {
    let mut bits: Vec<u8> = tag.iter().copied().take(16).collect();
    if let Some(version) = bits.get_mut(6) {
        *version = (*version & 0x0f) | 0x80;
    }
    if let Some(variant) = bits.get_mut(8) {
        *variant = (*variant & 0x3f) | 0x80;
    }
    let digits = hexadecimal(&bits);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}
