//! From what a caller proved to who it is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::attributes::Attributes;
use crate::certificate::Names;
use crate::error::{IdentityError, Refusal};
use crate::plain::{PASSWORD_BYTES_MAX, USER_BYTES_MAX};
use crate::section::{Credential, IdentitySection, Principal};
use crate::token::Tokens;
use crate::verifier::{Verifier, spend};

/// Password credentials of one principal: enough to change a password without a gap.
pub const PASSWORDS_MAX: usize = 4;

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

/// A name in a certificate with its kind: a DNS name that looks like a URI is not that URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum CertificateName {
    Subject(String),
    Uri(String),
    Email(String),
    Dns(String),
}

impl CertificateName {
    /// The kind of an alternative name tells itself from its characters.
    fn of_alternative(text: &str) -> Self {
        if text.contains(':') {
            Self::Uri(text.to_owned())
        } else if text.contains('@') {
            Self::email(text)
        } else {
            Self::dns(text)
        }
    }

    fn dns(text: &str) -> Self {
        Self::Dns(text.to_ascii_lowercase())
    }

    /// The domain of a mail address knows no case; the part in front of it may.
    fn email(text: &str) -> Self {
        match text.rsplit_once('@') {
            Some((local, domain)) => {
                Self::Email(format!("{local}@{}", domain.to_ascii_lowercase()))
            }
            None => Self::Email(text.to_owned()),
        }
    }

    fn all(names: &Names) -> Vec<Self> {
        let subject = Some(&names.subject).filter(|subject| !subject.is_empty());
        let subject = subject.cloned().map(Self::Subject).into_iter();
        let uri = names.uri.iter().cloned().map(Self::Uri);
        let email = names.email.iter().map(|text| Self::email(text));
        subject
            .chain(uri)
            .chain(email)
            .chain(names.dns.iter().map(|text| Self::dns(text)))
            .collect()
    }
}

/// What a certificate name leads to.
#[derive(Debug)]
struct Holder {
    principal: Arc<Principal>,
    credential: String,
}

/// Everyone who may call, ready to be looked up.
#[derive(Debug)]
pub struct Directory {
    principals: HashMap<String, Arc<Principal>>,
    certificates: HashMap<CertificateName, Holder>,
    /// By principal: credential ids with their verifiers.
    passwords: HashMap<String, Vec<(String, Verifier)>>,
    /// By principal: the credential that brokers check.
    brokers: HashMap<String, String>,
    tokens: Tokens,
    /// Rounds that every failed password check costs, whoever the user is.
    rounds: u64,
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
        let mut directory = Self {
            principals: HashMap::with_capacity(section.principals.len()),
            certificates: HashMap::new(),
            passwords: HashMap::new(),
            brokers: HashMap::new(),
            tokens: Tokens::build(&section.issuers, &mut problems),
            rounds: u64::from(Verifier::decoy().iterations()),
        };
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
        let cost = |verifiers: &Vec<(String, Verifier)>| {
            verifiers
                .iter()
                .map(|(_, verifier)| u64::from(verifier.iterations()))
                .sum()
        };
        let most = directory.passwords.values().map(cost).max().unwrap_or(0);
        directory.rounds = directory.rounds.max(most);
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
            Credential::Certificate { id, subject, san } => {
                let name = match (subject.as_deref(), san.as_deref()) {
                    (Some(subject), None) if !subject.is_empty() => {
                        CertificateName::Subject(subject.to_owned())
                    }
                    (None, Some(san)) if !san.is_empty() => CertificateName::of_alternative(san),
                    _ => return Err("needs exactly one of `subject` and `san`".to_owned()),
                };
                let principal = Arc::clone(principal);
                let holder = Holder {
                    principal,
                    credential: id.clone(),
                };
                match self.certificates.insert(name, holder) {
                    None => Ok(()),
                    Some(other) => {
                        Err(format!("has the name of credential `{}`", other.credential))
                    }
                }
            }
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
                verifiers.push((id.clone(), verifier));
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

    /// Who holds this certificate, whose chain is verified.
    ///
    /// # Errors
    /// Where nobody does, or more than one.
    pub fn by_certificate(&self, names: &Names) -> Result<Identity, Refusal> {
        let all = CertificateName::all(names);
        let holders: Vec<&Holder> = all
            .iter()
            .filter_map(|it| self.certificates.get(it))
            .collect();
        let subject = || names.subject.clone();
        let Some((first, others)) = holders.split_first() else {
            return Err(Refusal::UnmappedCertificate { subject: subject() });
        };
        let principals: BTreeSet<&str> =
            holders.iter().map(|it| it.principal.id.as_str()).collect();
        if principals.len() > 1 {
            let principals = principals.into_iter().collect::<Vec<_>>().join(", ");
            return Err(Refusal::AmbiguousCertificate {
                subject: subject(),
                principals,
            });
        }
        let others: BTreeSet<&String> = others
            .iter()
            .map(|it| &it.credential)
            .filter(|&it| *it != first.credential)
            .collect();
        Ok(Identity {
            principal: Arc::clone(&first.principal),
            credential: first.credential.clone(),
            other_credentials: others.into_iter().cloned().collect(),
            expires_milliseconds: Some(names.not_after_milliseconds),
            attributes: Attributes {
                issued_at_milliseconds: Some(names.not_before_milliseconds),
                ..Attributes::default()
            },
        })
    }

    /// Who has this password. Costs milliseconds of processor time: every failure the same, so that
    /// nobody learns from the time it takes who exists or has a password.
    ///
    /// # Errors
    /// Where the user is unknown or the password wrong.
    pub fn by_password(&self, user: &str, password: &[u8]) -> Result<Identity, Refusal> {
        if user.len() > USER_BYTES_MAX || password.len() > PASSWORD_BYTES_MAX {
            return Err(Refusal::Malformed(
                "the user name or the password is too long",
            ));
        }
        let verifiers = self.passwords.get(user).map_or(&[][..], Vec::as_slice);
        let mut spent = 0;
        let mut matching = Vec::new();
        for (credential, verifier) in verifiers {
            spent += u64::from(verifier.iterations());
            if verifier.matches(password) {
                matching.push(credential.clone());
            }
        }
        let principal = self.principals.get(user);
        if let (Some(principal), false) = (principal, matching.is_empty()) {
            let principal = Arc::clone(principal);
            let credential = matching.remove(0);
            let other_credentials = matching;
            return Ok(Identity {
                principal,
                credential,
                other_credentials,
                expires_milliseconds: None,
                attributes: Attributes::default(),
            });
        }
        spend(self.rounds.saturating_sub(spent), password);
        let principal = user.to_owned();
        Err(
            match (self.principals.contains_key(user), verifiers.is_empty()) {
                (false, _) => Refusal::UnknownPrincipal,
                (true, true) => Refusal::NoPassword { principal },
                (true, false) => Refusal::WrongPassword { principal },
            },
        )
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
        for (_, verifier) in self.passwords.get(user).into_iter().flatten() {
            let rounds = fewest.entry(verifier.mechanism()).or_insert(u32::MAX);
            *rounds = verifier.iterations().min(*rounds);
        }
        fewest.into_iter()
    }

    /// The principal of this id.
    pub fn principal(&self, id: &str) -> Option<&Arc<Principal>> {
        self.principals.get(id)
    }
}
