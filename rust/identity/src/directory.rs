//! From what a caller proved to who it is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::attributes::Attributes;
use crate::certificate::Names;
use crate::certificates::{Certificates, Issuer};
use crate::decoy::Decoys;
use crate::error::{IdentityError, Refusal};
use crate::password::{PASSWORDS_MAX, Password, matching};
use crate::plain::USER_BYTES_MAX;
use crate::prepare::prepared_password;
use crate::scram_server::{Challenge, ClientFirst};
use crate::section::{Credential, IdentitySection, Principal};
use crate::token::{TokenIssuer, Tokens};
use crate::verifier::{Hash, ITERATIONS_MIN, Verifier, spend};

/// Who a caller turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The principal.
    pub principal: Arc<Principal>,
    /// Id of the credential that proved it.
    pub credential: String,
    /// Other credentials of the principal that the same proof fits. To revoke any is to revoke it.
    pub other_credentials: Vec<String>,
    /// When the proof ends, ms since 1970: the end of a certificate's validity.
    pub expires_milliseconds: Option<i64>,
    /// What the proof says of its holder.
    pub attributes: Attributes,
}

/// Everyone who may call, ready to be looked up.
#[derive(Debug)]
pub struct Directory {
    principals: HashMap<String, Arc<Principal>>,
    certificates: Certificates,
    /// By principal: the passwords that the bundle declares.
    passwords: HashMap<String, Vec<Arc<Password>>>,
    /// By principal: the credential that brokers check.
    brokers: HashMap<String, String>,
    tokens: Tokens,
    /// Rounds that every failed password check costs, whoever the user is.
    rounds: u64,
    /// What unknown users are asked.
    decoys: Decoys,
    /// Is there an identity store to ask for more passwords?
    stored: bool,
}

impl Directory {
    /// Build from a section; `materials` hold the verifiers by their references.
    ///
    /// # Errors
    /// Names everything that does not fit.
    pub fn build(
        section: &IdentitySection,
        materials: &HashMap<String, Vec<u8>>,
    ) -> Result<Self, IdentityError> {
        let (mut problems, mut ids) = (Vec::new(), HashSet::new());
        let nobody = std::iter::empty::<&Password>();
        let mut directory = Self {
            principals: HashMap::with_capacity(section.principals.len()),
            certificates: Certificates::default(),
            passwords: HashMap::new(),
            brokers: HashMap::new(),
            tokens: Tokens::build(&section.issuers, &mut problems),
            rounds: u64::from(ITERATIONS_MIN),
            decoys: Decoys::build(None, nobody, materials)?,
            stored: section.store.is_some(),
        };
        for authority in &section.authorities {
            if let Err(problem) = directory.certificates.add_authority(authority) {
                problems.push(format!("authority `{}` {problem}", authority.name));
            }
        }
        for principal in &section.principals {
            let principal = Arc::new(principal.clone());
            for credential in &principal.credentials {
                let id = credential.id();
                if !ids.insert(id.to_owned()) {
                    problems.push(format!("credential `{id}` is declared twice"));
                }
                if let Err(problem) = directory.add(&principal, credential, materials) {
                    problems.push(format!("credential `{id}` of `{}` {problem}", principal.id));
                }
            }
            let id = principal.id.clone();
            if id.is_empty() || id.len() > USER_BYTES_MAX {
                problems.push(format!("principal `{id}` has an empty or too long id"));
            } else if directory.principals.insert(id.clone(), principal).is_some() {
                problems.push(format!("principal `{id}` is declared twice"));
            }
        }
        let cost = |held: &Vec<Arc<Password>>| {
            let plain = held.iter().filter_map(|it| it.plain());
            plain.map(|it| u64::from(it.iterations())).sum()
        };
        let most: u64 = directory.passwords.values().map(cost).max().unwrap_or(0);
        let stored = section.store.as_ref().map_or(0, |it| it.iterations);
        directory.rounds = directory.rounds.max(most + u64::from(stored));
        let declared = directory.passwords.values().flatten().map(AsRef::as_ref);
        directory.decoys = Decoys::build(section.store.as_ref(), declared, materials)?;
        if problems.is_empty() {
            Ok(directory)
        } else {
            Err(IdentityError::Section(problems))
        }
    }

    fn add(
        &mut self,
        principal: &Arc<Principal>,
        credential: &Credential,
        materials: &HashMap<String, Vec<u8>>,
    ) -> Result<(), String> {
        match credential {
            Credential::Certificate { .. } => self.certificates.add(principal, credential),
            Credential::Password {
                id,
                verifier: reference,
            } => {
                let bytes = materials.get(reference);
                let bytes = bytes.ok_or_else(|| format!("lacks the material `{reference}`"))?;
                let text =
                    std::str::from_utf8(bytes).map_err(|_| "has a verifier that is no text")?;
                let verifier =
                    Verifier::parse(text.trim_end()).map_err(|it| format!("fails: {it}"))?;
                let verifiers = self.passwords.entry(principal.id.clone()).or_default();
                if verifiers.len() >= PASSWORDS_MAX {
                    return Err(format!("is one password too many; at most {PASSWORDS_MAX}"));
                }
                verifiers.push(Arc::new(Password::declared(id, verifier)));
                Ok(())
            }
            Credential::Token {
                id,
                issuer,
                subject,
            } => self.tokens.add(principal, id, issuer, subject),
            Credential::Broker { id } => {
                match self.brokers.insert(principal.id.clone(), id.clone()) {
                    None => Ok(()),
                    Some(other) => Err(format!("is of type `broker`, as `{other}` is")),
                }
            }
        }
    }

    /// Who holds this certificate, whose chain is verified and ends at these authorities.
    ///
    /// # Errors
    /// Where nobody does, or more than one, or these authorities don't speak for who does.
    pub fn by_certificate(&self, names: &Names, issuers: &[Issuer]) -> Result<Identity, Refusal> {
        let held = self.certificates.holder(names, issuers)?;
        Ok(Identity {
            principal: held.principal,
            credential: held.credential,
            other_credentials: held.other_credentials,
            expires_milliseconds: Some(names.not_after_milliseconds),
            attributes: Attributes {
                issued_at_milliseconds: Some(names.not_before_milliseconds),
                ..Attributes::default()
            },
        })
    }

    /// Must the identity store be asked for the passwords of whoever logs in?
    pub const fn asks_store(&self) -> bool {
        self.stored
    }

    /// Who has this password; `stored` is what the identity store has of the user. Costs milliseconds of processor
    /// time: every failure the same, so that nobody learns from the time it takes who exists or has a password.
    ///
    /// # Errors
    /// Where the user is unknown, the password wrong, or its credential not in force.
    pub fn by_password(
        &self,
        user: &str,
        password: &[u8],
        stored: &[Arc<Password>],
        now: i64,
    ) -> Result<Identity, Refusal> {
        let password = prepared_password(password).map(Zeroizing::new);
        let password = password.map_err(|error| Refusal::Malformed(error.to_string()))?;
        let (found, spent) = matching(self.passwords_of(user, stored), &password);
        let outcome = self.proved(user, &found, now).unwrap_or_else(|| {
            let nothing = self.passwords_of(user, stored).next().is_none();
            Err(self.refusal(user, nothing, || Refusal::WrongPassword {
                principal: user.to_owned(),
            }))
        });
        if outcome.is_err() {
            spend(self.rounds.saturating_sub(spent), &password);
        }
        outcome
    }

    /// Asks for the proof of SCRAM: the server's first message. Whoever the user is, it is asked, and asked the same
    /// each time.
    ///
    /// # Errors
    /// Where the platform has no randomness.
    pub fn challenge(
        &self,
        first: ClientFirst,
        hash: Hash,
        stored: &[Arc<Password>],
        now: i64,
    ) -> Result<(Challenge, String), IdentityError> {
        let user = first.user();
        let all = || {
            self.passwords_of(user, stored)
                .filter(|it| it.verifier(hash).is_some())
        };
        // One salt can be sent: that of a password in force, and of all that are asked for like it.
        let asked = all()
            .find(|it| it.in_force(now).is_ok())
            .or_else(|| all().next());
        let asked = asked.and_then(|it| it.verifier(hash));
        let like = |it: &&Arc<Password>| match (asked, it.verifier(hash)) {
            (Some(asked), Some(verifier)) => asked.asks_as(verifier),
            _ => false,
        };
        let held = all().filter(like).cloned().collect();
        let decoy = self.decoys.verifier(hash, user)?;
        Challenge::new(first, hash, held, decoy)
    }

    /// Who has given this proof; and the server's last message.
    ///
    /// # Errors
    /// Where the message is malformed or of another exchange, the user unknown, the proof wrong, or its credential
    /// not in force.
    pub fn by_proof(
        &self,
        challenge: Challenge,
        client_last: &[u8],
        now: i64,
    ) -> Result<(Identity, String), Refusal> {
        let (user, hash) = (challenge.user.clone(), challenge.hash);
        let nothing = challenge.held.is_empty();
        let proof = challenge
            .check(client_last)
            .map_err(|error| Refusal::Malformed(error.to_string()))?;
        let found: Vec<&Arc<Password>> = proof.iter().flat_map(|it| &it.held).collect();
        match (self.proved(&user, &found, now), &proof) {
            (Some(Ok(identity)), Some(proof)) => Ok((identity, proof.server_last.clone())),
            (Some(Err(refusal)), _) => Err(refusal),
            _ => Err(self.refusal(&user, false, || {
                let principal = user.clone();
                if nothing {
                    let mechanism = hash.name();
                    return Refusal::NoVerifier {
                        principal,
                        mechanism,
                    };
                }
                Refusal::WrongPassword { principal }
            })),
        }
    }

    fn passwords_of<'a>(
        &'a self,
        user: &str,
        stored: &'a [Arc<Password>],
    ) -> impl Iterator<Item = &'a Arc<Password>> {
        let declared = self.passwords.get(user).map_or(&[][..], Vec::as_slice);
        stored.iter().chain(declared)
    }

    /// Who has proved these passwords. `None`: nobody.
    fn proved(
        &self,
        user: &str,
        found: &[&Arc<Password>],
        now: i64,
    ) -> Option<Result<Identity, Refusal>> {
        let principal = self.principals.get(user)?;
        let mut in_force = found.iter().filter(|it| it.in_force(now).is_ok());
        let Some(held) = in_force.next() else {
            let held = found.first()?;
            return held.in_force(now).err().map(|state| {
                Err(Refusal::NotInForce {
                    principal: user.to_owned(),
                    credential: held.credential.clone(),
                    state,
                })
            });
        };
        Some(Ok(Identity {
            principal: Arc::clone(principal),
            credential: held.credential.clone(),
            other_credentials: in_force.map(|it| it.credential.clone()).collect(),
            expires_milliseconds: held.expires_milliseconds,
            attributes: Attributes {
                issued_at_milliseconds: held.issued_milliseconds,
                ..Attributes::default()
            },
        }))
    }

    fn refusal(&self, user: &str, nothing: bool, otherwise: impl Fn() -> Refusal) -> Refusal {
        if !self.principals.contains_key(user) {
            return Refusal::UnknownPrincipal;
        }
        if nothing {
            let principal = user.to_owned();
            return Refusal::NoPassword { principal };
        }
        otherwise()
    }

    /// Who the user is whom a broker has let in.
    ///
    /// # Errors
    /// Where the user is unknown or not one whom brokers check.
    pub fn by_broker(&self, user: &str) -> Result<Identity, Refusal> {
        let principal = self.principals.get(user).ok_or(Refusal::UnknownPrincipal)?;
        let credential = self
            .brokers
            .get(user)
            .ok_or_else(|| Refusal::NotOfBrokers {
                principal: user.to_owned(),
            })?;
        Ok(Identity {
            principal: Arc::clone(principal),
            credential: credential.clone(),
            other_credentials: Vec::new(),
            expires_milliseconds: None,
            attributes: Attributes::default(),
        })
    }

    /// The issuer of the tokens that this credential of a principal is about; `None` where it is of another type.
    pub fn issuer_of(&self, principal: &str, credential: &str) -> Option<&TokenIssuer> {
        let credentials = &self.principal(principal)?.credentials;
        credentials.iter().find_map(|it| match it {
            Credential::Token { id, issuer, .. } if id == credential => {
                self.tokens.issuers().get(issuer)
            }
            _ => None,
        })
    }

    /// Who shows tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Everyone who has a password, in order.
    pub fn users_with_password(&self) -> impl Iterator<Item = &str> {
        let mut users: Vec<&str> = self.passwords.keys().map(String::as_str).collect();
        users.sort_unstable();
        users.into_iter()
    }

    /// The SCRAM mechanisms of a principal's passwords, each with the fewest rounds that a check of one takes.
    pub fn passwords(&self, user: &str) -> impl Iterator<Item = (&'static str, u32)> {
        let mut fewest = BTreeMap::new();
        let declared = self.passwords.get(user).into_iter().flatten();
        for verifier in declared.flat_map(|it| it.verifiers()) {
            let rounds = fewest.entry(verifier.mechanism()).or_insert(u32::MAX);
            *rounds = verifier.iterations().min(*rounds);
        }
        fewest.into_iter()
    }

    /// All principals, in no order.
    pub fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.principals.values().map(|it| &**it)
    }

    /// The principal of this id.
    pub fn principal(&self, id: &str) -> Option<&Arc<Principal>> {
        self.principals.get(id)
    }
}
