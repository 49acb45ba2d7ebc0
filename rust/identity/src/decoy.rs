//! What users that do not exist are asked: the same question each time, as one that does exist would be.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::{digest, hmac};

use crate::error::IdentityError;
use crate::password::Password;
use crate::section::StoreSection;
use crate::verifier::{Hash, ITERATIONS_MIN, SALT_BYTES, Verifier, iterations};

/// Shortest key.
const KEY_BYTES_MIN: usize = 16;

/// Makes questions that look like those of real users.
#[derive(Debug)]
pub(crate) struct Decoys {
    key: hmac::Key,
    /// Rounds and length of the salt, as most real users have them.
    like: HashMap<Hash, (u32, usize)>,
}

impl Decoys {
    /// SECURITY: who doesn't know the key can't tell a derived salt from a random one (user enumeration). The key
    /// is that of the store; without one, a digest of the declared verifiers, of which none is public.
    pub(crate) fn build<'a>(
        store: Option<&StoreSection>,
        declared: impl Iterator<Item = &'a Password>,
        materials: &HashMap<String, Vec<u8>>,
    ) -> Result<Self, IdentityError> {
        let verifiers: Vec<&Verifier> = declared.flat_map(Password::verifiers).collect();
        let key = match store {
            Some(store) => {
                let key = materials.get(&store.decoy_key);
                key.filter(|it| it.len() >= KEY_BYTES_MIN)
                    .cloned()
                    .ok_or_else(|| {
                        let what = "the identity store lacks the key of its decoys";
                        IdentityError::Section(vec![what.to_owned()])
                    })?
            }
            None => digest_of(&verifiers),
        };
        let like = [Hash::Sha256, Hash::Sha512].map(|hash| (hash, common(store, &verifiers, hash)));
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            like: like.into_iter().collect(),
        })
    }

    /// The verifier of a user that has none.
    pub(crate) fn verifier(&self, hash: Hash, user: &str) -> Result<Verifier, IdentityError> {
        let (rounds, bytes) = self
            .like
            .get(&hash)
            .copied()
            .unwrap_or((ITERATIONS_MIN, SALT_BYTES));
        let mut salt = Vec::with_capacity(bytes + 32);
        for block in 0_u8.. {
            if salt.len() >= bytes {
                break;
            }
            let message = [hash.name().as_bytes(), &[0, block], user.as_bytes()].concat();
            salt.extend_from_slice(hmac::sign(&self.key, &message).as_ref());
        }
        salt.truncate(bytes);
        Ok(Verifier::decoy(hash, iterations(rounds)?, salt))
    }
}

fn digest_of(verifiers: &[&Verifier]) -> Vec<u8> {
    let mut prints: Vec<_> = verifiers.iter().map(|it| it.fingerprint()).collect();
    prints.sort_unstable();
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"streamward decoys");
    for print in &prints {
        context.update(print);
    }
    context.finish().as_ref().to_vec()
}

/// Rounds and length of the salt that most declared verifiers have, or those that the store makes.
fn common(store: Option<&StoreSection>, verifiers: &[&Verifier], hash: Hash) -> (u32, usize) {
    if let Some(store) = store {
        return (store.iterations, SALT_BYTES);
    }
    let mut counts = BTreeMap::new();
    for verifier in verifiers.iter().filter(|it| it.hash() == hash) {
        let sort = (verifier.iterations(), verifier.salt().len());
        *counts.entry(sort).or_insert(0_usize) += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or((ITERATIONS_MIN, SALT_BYTES), |(sort, _)| sort)
}
