//! A signed stream, its keys, and who reads it.

use streamward_records::{
    Budget, Each, Fault, Limits, Mark, Origin, Run, Scratch, Signing, SigningKey, Verified,
    Verifying, VerifyingKey, sign_records, verify_records,
};

pub const SIGNATURE: &[u8] = b"streamward.signature";

/// An Ed25519 key with this seed (RFC 8410, section 7).
pub fn ed25519(seed: u8) -> SigningKey {
    let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    der.extend([seed; 32]);
    SigningKey::from_pkcs8(&der).unwrap()
}

pub fn origin() -> Origin {
    Origin {
        tenant: Some("acme".into()),
        cluster: "main".into(),
        stream: "orders".into(),
    }
}

pub struct Stream {
    pub origin: Origin,
    pub accepted: Vec<Origin>,
    pub partition: Option<i32>,
    pub timestamp: bool,
    pub key: SigningKey,
    pub keys: Vec<VerifyingKey>,
    pub producer: String,
    pub run: Run,
    pub each: Each,
    pub writer: Option<String>,
    pub own_batches: bool,
    pub mark: Mark,
    pub strip: bool,
}

impl Default for Stream {
    fn default() -> Self {
        let key = ed25519(1);
        Self {
            origin: origin(),
            accepted: Vec::new(),
            partition: Some(3),
            timestamp: true,
            keys: vec![key.public().clone()],
            key,
            producer: "shop".into(),
            run: Run::Counted([7; 16]),
            each: Each::Batch,
            writer: None,
            own_batches: true,
            mark: Mark::Refuse,
            strip: false,
        }
    }
}

impl Stream {
    pub fn signing(&self) -> Signing<'_> {
        Signing {
            origin: &self.origin,
            partition: self.partition,
            timestamp: self.timestamp,
            key: &self.key,
            producer: &self.producer,
            run: self.run,
            each: self.each,
            sealed: false,
        }
    }

    pub fn verifying<'a>(&'a self, origins: &'a [Origin]) -> Verifying<'a> {
        Verifying {
            origins,
            partition: self.partition,
            timestamp: self.timestamp,
            keys: &self.keys,
            writer: self.writer.as_deref(),
            own_batches: self.own_batches,
            mark: self.mark,
            strip: self.strip,
        }
    }

    pub fn sign_from(&self, counter: &mut u64, records: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        let signing = self.signing();
        let (limits, mut scratch) = (Limits::default(), Scratch::default());
        sign_records(
            records,
            &signing,
            counter,
            &limits,
            usize::MAX,
            &mut scratch,
            &mut out,
        )?;
        Ok(out)
    }

    pub fn sign(&self, records: &[u8]) -> Result<Vec<u8>, Fault> {
        self.sign_from(&mut 0, records)
    }

    /// What a reader gets.
    pub fn verify(&self, records: &[u8]) -> Result<(Vec<u8>, Verified), Fault> {
        let mut origins = vec![self.origin.clone()];
        origins.extend(self.accepted.iter().cloned());
        let verifying = self.verifying(&origins);
        let (limits, mut scratch, mut out) = (Limits::default(), Scratch::default(), Vec::new());
        let mut budget = Budget::of(usize::MAX);
        let verified = verify_records(
            records,
            &verifying,
            &limits,
            &mut budget,
            &mut scratch,
            &mut out,
        )?;
        if !verified.rewritten {
            assert!(out.is_empty());
            out = records.to_vec();
        }
        Ok((out, verified))
    }
}

/// The batch of a producer that is not idempotent.
pub fn counted(mut batch: Vec<u8>) -> Vec<u8> {
    batch[43..57].fill(0xff);
    crate::common::finish(&mut batch);
    batch
}
