//! Whose a certificate is: by its names, and by who signed it.
//!
//! SECURITY: an authority speaks only for the credentials that name it as their issuer and, where it signs SPIFFE
//! IDs, only for its own trust domains. Otherwise whoever holds one authority's key would be everybody.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::certificate::Names;
use crate::error::Refusal;
use crate::mapping::MappingRules;
use crate::section::{AuthoritySection, Credential, Principal};
use crate::spiffe;

/// Who signed a client's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Issuer {
    /// The listener's own `client_ca`.
    Listener,
    /// An authority of the bundle, by its name.
    Authority(Arc<str>),
}

impl Issuer {
    fn of(name: Option<&str>) -> Self {
        name.map_or(Self::Listener, |name| Self::Authority(name.into()))
    }

    fn told(issuers: &[Self]) -> String {
        let told = issuers.iter().map(|issuer| match issuer {
            Self::Listener => "the `client_ca` of the listener".to_owned(),
            Self::Authority(name) => format!("authority `{name}`"),
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// A name in a certificate with its kind: a DNS name that looks like a URI is not that URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum CertificateName {
    Subject(String),
    Uri(String),
    Email(String),
    Dns(String),
    /// What the authority's rules make of the subject.
    Mapped(String),
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

/// For what an authority speaks beside the credentials that name it.
#[derive(Debug)]
struct Authority {
    trust_domains: BTreeSet<String>,
    mapping_rules: Option<MappingRules>,
}

/// The one principal of a certificate, and its credentials that the certificate fits.
#[derive(Debug)]
pub struct Held {
    pub principal: Arc<Principal>,
    pub credential: String,
    pub other_credentials: Vec<String>,
}

/// Every declared certificate, and every authority.
#[derive(Debug, Default)]
pub struct Certificates {
    authorities: HashMap<Arc<str>, Authority>,
    holders: HashMap<CertificateName, HashMap<Issuer, Holder>>,
}

impl Certificates {
    pub fn add_authority(&mut self, section: &AuthoritySection) -> Result<(), String> {
        for name in &section.trust_domains {
            spiffe::check_trust_domain(name)
                .map_err(|what| format!("has the trust domain `{name}`: {what}"))?;
        }
        let mapping_rules = section.mapping_rules.as_deref().map(MappingRules::parse);
        let authority = Authority {
            trust_domains: section.trust_domains.iter().cloned().collect(),
            mapping_rules: mapping_rules.transpose()?,
        };
        match self
            .authorities
            .insert(section.name.as_str().into(), authority)
        {
            None => Ok(()),
            Some(_) => Err("is declared twice".to_owned()),
        }
    }

    /// Adds a credential of type certificate.
    pub fn add(
        &mut self,
        principal: &Arc<Principal>,
        credential: &Credential,
    ) -> Result<(), String> {
        let Credential::Certificate {
            id,
            subject,
            san,
            mapped_name,
            issuer,
        } = credential
        else {
            return Ok(());
        };
        let text = |it: &Option<String>| it.clone().filter(|text| !text.is_empty());
        let name = match (text(subject), text(san), text(mapped_name)) {
            (Some(subject), None, None) => CertificateName::Subject(subject),
            (None, Some(san), None) => CertificateName::of_alternative(&san),
            (None, None, Some(name)) => CertificateName::Mapped(name),
            _ => return Err("needs exactly one of `subject`, `san` and `mapped_name`".to_owned()),
        };
        let authority = match issuer.as_deref() {
            None => None,
            Some(name) => {
                let found = self.authorities.get(name);
                Some(
                    found
                        .ok_or_else(|| format!("has the issuer `{name}`, which is not declared"))?,
                )
            }
        };
        if matches!(name, CertificateName::Mapped(_))
            && authority.is_none_or(|it| it.mapping_rules.is_none())
        {
            return Err("has a mapped name, and its issuer has no mapping rules".to_owned());
        }
        let holder = Holder {
            principal: Arc::clone(principal),
            credential: id.clone(),
        };
        let issuers = self.holders.entry(name).or_default();
        match issuers.insert(Issuer::of(issuer.as_deref()), holder) {
            None => Ok(()),
            Some(other) => Err(format!("has the name of credential `{}`", other.credential)),
        }
    }

    /// Whose the certificate is.
    pub fn holder(&self, names: &Names, issuers: &[Issuer]) -> Result<Held, Refusal> {
        self.check_spiffe(names, issuers)?;
        let all = CertificateName::all(names);
        let mut holders: Vec<&Holder> = Vec::new();
        let mut unfit = None;
        for issuer in issuers {
            let mapped = self.mapped(names, issuer, &mut unfit);
            let found = all
                .iter()
                .chain(&mapped)
                .filter_map(|name| self.holders.get(name)?.get(issuer));
            holders.extend(found);
        }
        let Some((first, others)) = holders.split_first() else {
            return Err(self.nobodys(names, &all, issuers, unfit));
        };
        let principals: BTreeSet<&str> =
            holders.iter().map(|it| it.principal.id.as_str()).collect();
        if principals.len() > 1 {
            return Err(Refusal::AmbiguousCertificate {
                subject: names.subject.clone(),
                principals: principals.into_iter().collect::<Vec<_>>().join(", "),
            });
        }
        let others: BTreeSet<&String> = others
            .iter()
            .map(|it| &it.credential)
            .filter(|&it| *it != first.credential)
            .collect();
        Ok(Held {
            principal: Arc::clone(&first.principal),
            credential: first.credential.clone(),
            other_credentials: others.into_iter().cloned().collect(),
        })
    }

    /// The name that an authority's rules make of the subject; tells where none of them fits.
    fn mapped(
        &self,
        names: &Names,
        issuer: &Issuer,
        unfit: &mut Option<Issuer>,
    ) -> Option<CertificateName> {
        let Issuer::Authority(name) = issuer else {
            return None;
        };
        let rules = self.authorities.get(name)?.mapping_rules.as_ref()?;
        let subject = names.subject_of_java.as_deref();
        let mapped = subject.and_then(|subject| rules.apply(subject));
        if mapped.is_none() {
            *unfit = Some(issuer.clone());
        }
        mapped.map(CertificateName::Mapped)
    }

    fn nobodys(
        &self,
        names: &Names,
        all: &[CertificateName],
        issuers: &[Issuer],
        unfit: Option<Issuer>,
    ) -> Refusal {
        let subject = names.subject.clone();
        let of_others = all
            .iter()
            .find_map(|name| self.holders.get(name)?.values().next());
        if let Some(other) = of_others {
            return Refusal::NotVouchedFor {
                subject,
                credential: other.credential.clone(),
                issuers: Issuer::told(issuers),
            };
        }
        match unfit {
            Some(issuer) => Refusal::NoMappingRule {
                subject,
                issuers: Issuer::told(&[issuer]),
            },
            None => Refusal::UnmappedCertificate { subject },
        }
    }

    /// A certificate that claims a SPIFFE ID is a valid SVID of a trust domain for which each of its issuers speaks.
    /// `client_ca` speaks for none that an authority has.
    fn check_spiffe(&self, names: &Names, issuers: &[Issuer]) -> Result<(), Refusal> {
        let id = match &names.spiffe {
            None => return Ok(()),
            Some(Ok(id)) => id,
            Some(Err(what)) => {
                return Err(Refusal::NotAnSvid {
                    subject: names.subject.clone(),
                    what,
                });
            }
        };
        let domain = id.trust_domain();
        let speaks = |issuer: &Issuer| match issuer {
            Issuer::Listener => {
                let mut authorities = self.authorities.values();
                !authorities.any(|it| it.trust_domains.contains(domain))
            }
            Issuer::Authority(name) => {
                let authority = self.authorities.get(name);
                authority.is_some_and(|it| it.trust_domains.contains(domain))
            }
        };
        if issuers.iter().all(speaks) {
            return Ok(());
        }
        Err(Refusal::WrongTrustDomain {
            id: id.to_string(),
            issuers: Issuer::told(issuers),
        })
    }
}
