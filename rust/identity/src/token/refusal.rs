//! Why a token is not taken. For our log; the peer is told only that it isn't.

/// What would have to be known before a token can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The keys that an issuer has now.
    Keys {
        /// Its name.
        issuer: String,
    },
    /// What an issuer says of the token.
    Introspection {
        /// Its name.
        issuer: String,
    },
}

/// Why a token is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// More bytes than are looked at.
    #[error("the token is longer than 16 KiB")]
    TooLong,
    /// Neither signed nor of an issuer that can be asked.
    #[error("it is no signed token, and no issuer can be asked about it")]
    NotAToken,
    /// Not what RFC 7515 says.
    #[error("a part of the token is not base64url")]
    Base64,
    /// The header can't be used.
    #[error("the header of the token can't be used: {0}")]
    Header(&'static str),
    /// The payload can't be used.
    #[error("the payload of the token can't be used: {0}")]
    Payload(&'static str),
    /// The token would bring its own key, or be read in another way.
    #[error("the header of the token has the parameter `{0}`, which is never followed")]
    Parameter(&'static str),
    /// `typ` is of something else.
    #[error("the token is of another type than `JWT` and `at+jwt`")]
    Type,
    /// `alg` is not among those that are declared.
    #[error("the token is signed with `{0}`, which its issuer may not use")]
    Algorithm(String),
    /// `kid` is missing.
    #[error("the token names no key (`kid`)")]
    NoKid,
    /// `kid` is of no key.
    #[error("the token names a key that its issuer `{issuer}` doesn't have")]
    UnknownKid {
        /// Name of the issuer.
        issuer: String,
    },
    /// `kid` is of two keys.
    #[error("the token names a key whose name its issuer gave to two")]
    AmbiguousKid,
    /// The key is of another type, or for another algorithm.
    #[error("the token is signed with an algorithm that its key isn't for")]
    OtherAlgorithm,
    /// Somebody else signed it, or it was changed.
    #[error("the signature of the token is wrong")]
    Signature,
    /// No keys have been had from the issuer yet.
    #[error("no keys of the token issuer `{issuer}` are known")]
    NoKeys {
        /// Its name.
        issuer: String,
    },
    /// The keys are older than is declared.
    #[error("the keys of the token issuer `{issuer}` are too old")]
    StaleKeys {
        /// Its name.
        issuer: String,
    },
    /// Nobody declares the issuer.
    #[error("no token issuer is declared for `{0}`")]
    UnknownIssuer(String),
    /// `iss` is of somebody else.
    #[error("the token is of another issuer than the one that vouches for it")]
    Issuer,
    /// `aud` names others.
    #[error("the token is for another audience")]
    Audience,
    /// A claim that every token must have.
    #[error("the token has no claim `{0}`")]
    Missing(&'static str),
    /// A claim of another type than its own, or out of bounds.
    #[error("the claim `{0}` of the token can't be used")]
    Claim(&'static str),
    /// A mapped claim of another type than text, or out of bounds.
    #[error("a claim that names the caller, its tenant or its device can't be used")]
    Attribute,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is still to come.
    #[error("the token is not valid yet")]
    Early,
    /// `iat` is still to come.
    #[error("the token was issued in the future")]
    IssuedLater,
    /// More time between `iat` and `exp` than is declared.
    #[error("the token lives longer than its issuer may let it")]
    LivesTooLong,
    /// It is of whoever holds it.
    #[error("the token is bound to no certificate")]
    Unbound,
    /// `cnf` names something that is no certificate.
    #[error("the token is bound to something else than a certificate")]
    OtherBinding,
    /// It is bound, and the client shows no certificate.
    #[error("the token is bound to a certificate, and the client shows none")]
    NoCertificate,
    /// It is bound to somebody else's certificate.
    #[error("the token is bound to another certificate")]
    OtherCertificate,
    /// The claim that names the caller is missing.
    #[error("the token doesn't name its subject")]
    NoSubject,
    /// The claim that names the tenant is missing.
    #[error("the token doesn't name a tenant")]
    NoTenant,
    /// Another tenant than that of the principal.
    #[error("the token names another tenant than that of principal `{principal}`")]
    OtherTenant {
        /// Id of the principal.
        principal: String,
    },
    /// No credential names the subject.
    #[error("no principal has the subject `{subject}` of the token issuer `{issuer}`")]
    Unmapped {
        /// Name of the issuer.
        issuer: String,
        /// Its subject.
        subject: String,
    },
    /// The client wants to act as somebody else.
    #[error("the client wants to act as another than principal `{principal}`")]
    OtherIdentity {
        /// Id of the principal.
        principal: String,
    },
    /// The issuer has not been asked about it yet.
    #[error("the token issuer `{issuer}` gave no answer about the token")]
    Unasked {
        /// Its name.
        issuer: String,
    },
    /// The issuer says that it isn't valid.
    #[error("its issuer says that the token is not active")]
    Inactive,
    /// What the issuer says of it can't be read.
    #[error("the issuer's answer about the token can't be used: {0}")]
    Answer(&'static str),
}

impl TokenRefusal {
    /// What would have to be known for another outcome.
    pub fn question(&self) -> Option<Question> {
        match self {
            Self::NoKeys { issuer } | Self::StaleKeys { issuer } | Self::UnknownKid { issuer } => {
                Some(Question::Keys {
                    issuer: issuer.clone(),
                })
            }
            Self::Unasked { issuer } => Some(Question::Introspection {
                issuer: issuer.clone(),
            }),
            _ => None,
        }
    }

    /// Does it tell that somebody forged the token, or stole it? What an issuer signed for another time, audience or
    /// subject doesn't, nor does what nobody can judge now.
    pub const fn is_guess(&self) -> bool {
        matches!(
            self,
            Self::TooLong
                | Self::NotAToken
                | Self::Base64
                | Self::Header(_)
                | Self::Payload(_)
                | Self::Parameter(_)
                | Self::Type
                | Self::Algorithm(_)
                | Self::NoKid
                | Self::AmbiguousKid
                | Self::OtherAlgorithm
                | Self::Signature
                | Self::UnknownIssuer(_)
                | Self::NoCertificate
                | Self::OtherCertificate
                | Self::Inactive
        )
    }

    pub(super) fn unknown_issuer(claimed: &str) -> Self {
        Self::UnknownIssuer(shown(claimed))
    }

    pub(super) fn algorithm(name: &str) -> Self {
        Self::Algorithm(shown(name))
    }
}

/// SECURITY: the beginning of what a peer wrote, without anything that could deceive a reader.
fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 120;
    let graphic = text.chars().filter(char::is_ascii_graphic);
    graphic.take(CHARACTERS_MAX).collect()
}
