//! A data key: what seals and opens, and how often it may still seal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::aead::{AES_256_GCM, AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::associated::Place;
use crate::envelope::{
    ALGORITHM_A256GCM, ALGORITHM_A256GCM_SIV, Envelope, Kid, NONCE_BYTES, TAG_BYTES,
};
use crate::error::Refusal;

/// Bytes of a data key.
pub const KEY_BYTES: usize = 32;

/// A data key. Its bytes are wiped by the library of cryptography when it is dropped.
pub struct DataKey {
    kid: Kid,
    ring: Arc<str>,
    ring_version: u32,
    random: LessSafeKey,
    deterministic: LessSafeKey,
    /// The next nonce. INVARIANT: only whoever made the key seals with it, and never starts again.
    next: AtomicU64,
    records_max: u64,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DataKey")
            .field("ring", &self.ring)
            .field("ring_version", &self.ring_version)
            .field("key", &"***")
            .finish_non_exhaustive()
    }
}

impl DataKey {
    /// A key that may seal so many records (0: it only opens). `None`: not [`KEY_BYTES`] bytes.
    pub fn new(
        kid: Kid,
        ring: Arc<str>,
        ring_version: u32,
        key: &[u8],
        records_max: u64,
    ) -> Option<Self> {
        let random = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
        let deterministic = LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, key).ok()?);
        Some(Self {
            kid,
            ring,
            ring_version,
            random,
            deterministic,
            next: AtomicU64::new(0),
            records_max,
        })
    }

    /// Its name.
    pub const fn kid(&self) -> &Kid {
        &self.kid
    }

    /// The ring that it is of.
    pub const fn ring(&self) -> &Arc<str> {
        &self.ring
    }

    /// The version of the ring that it is of.
    pub const fn ring_version(&self) -> u32 {
        self.ring_version
    }

    /// How often it has sealed.
    pub fn sealed(&self) -> u64 {
        self.next.load(Ordering::Relaxed).min(self.records_max)
    }

    /// How often it may seal in all.
    pub const fn records_max(&self) -> u64 {
        self.records_max
    }

    /// A nonce that this key has never had.
    fn next_nonce(&self) -> Result<[u8; NONCE_BYTES], Refusal> {
        // SECURITY: a nonce that comes twice under AES-GCM gives the key away. Past the end the counter only
        // goes on by as many as are asking at that moment, so it never comes round.
        if self.next.load(Ordering::Relaxed) >= self.records_max {
            return Err(Refusal::SpentKey);
        }
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        if count >= self.records_max {
            return Err(Refusal::SpentKey);
        }
        let mut nonce = [0; NONCE_BYTES];
        nonce[NONCE_BYTES - size_of::<u64>()..].copy_from_slice(&count.to_be_bytes());
        Ok(nonce)
    }

    /// The nonce for the next envelope of this algorithm.
    pub(crate) fn nonce(&self, algorithm: i64) -> Result<[u8; NONCE_BYTES], Refusal> {
        if algorithm == ALGORITHM_A256GCM_SIV {
            // Equal keys must seal to equal bytes; this mode allows for it.
            return Ok([0; NONCE_BYTES]);
        }
        self.next_nonce()
    }

    /// Appends `content`, encrypted, and its tag.
    pub(crate) fn encrypt(
        &self,
        algorithm: i64,
        nonce: [u8; NONCE_BYTES],
        associated: &[u8],
        content: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let start = out.len();
        out.extend_from_slice(content);
        let place = out.get_mut(start..).unwrap_or_default();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .with(algorithm)
            .seal_in_place_separate_tag(nonce, Aad::from(associated), place)
            .map_err(|_| Refusal::TooLarge)?;
        out.extend_from_slice(tag.as_ref());
        debug_assert_eq!(out.len(), start + content.len() + TAG_BYTES);
        Ok(())
    }

    /// Appends what an envelope holds.
    pub(crate) fn decrypt(
        &self,
        envelope: &Envelope<'_>,
        associated: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let start = out.len();
        out.resize(start + envelope.ciphertext.len(), 0);
        let place = out.get_mut(start..).unwrap_or_default();
        let opened = self.with(envelope.algorithm).open_separate_gather(
            Nonce::assume_unique_for_key(*envelope.nonce),
            Aad::from(associated),
            envelope.ciphertext,
            envelope.tag,
            place,
        );
        opened.map_err(|_| {
            out.truncate(start);
            Refusal::Moved
        })
    }

    const fn with(&self, algorithm: i64) -> &LessSafeKey {
        match algorithm {
            ALGORITHM_A256GCM_SIV => &self.deterministic,
            _ => &self.random,
        }
    }
}

/// The only algorithm that may stand in a place.
pub fn algorithm_of(place: Place<'_>) -> i64 {
    match place {
        Place::Key => ALGORITHM_A256GCM_SIV,
        Place::Value | Place::Header(_) | Place::Field(_) => ALGORITHM_A256GCM,
    }
}
