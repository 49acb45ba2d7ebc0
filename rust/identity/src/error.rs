//! What can be wrong with an identity section, and why a caller is refused.

use crate::token::TokenRefusal;

/// Why bytes or a section could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Text that is not a password verifier.
    #[error("the password verifier cannot be used: {0}")]
    Verifier(&'static str),
    /// Bytes that are not a PLAIN message.
    #[error("the PLAIN message cannot be read: {0}")]
    Plain(&'static str),
    /// A token or extension that no OAUTHBEARER message can hold.
    #[error("the OAUTHBEARER message cannot be made: {0}")]
    BearerMessage(&'static str),
    /// A SCRAM exchange that can't go on.
    #[error("the SCRAM exchange fails: {0}")]
    Scram(&'static str),
    /// Bytes that are not a message of SASL OAUTHBEARER.
    #[error("the OAUTHBEARER message cannot be read: {0}")]
    Bearer(&'static str),
    /// No answer of the identity store, or one that is not as agreed.
    #[error("the identity store does not answer: {0}")]
    Stored(String),
    /// Text that `SASLprep` does not let through.
    #[error("{0} is empty, too long, or holds what SASLprep (RFC 4013) prohibits")]
    Prepared(&'static str),
    /// Bytes that are not a certificate that we can name.
    #[error("the certificate cannot be read: {0}")]
    Certificate(&'static str),
    /// Cryptography that the platform refused.
    #[error("a cryptographic operation failed: {0}")]
    Cryptography(&'static str),
    /// Everything in an identity section that does not fit together.
    #[error("the identity section cannot be used: {}", .0.join("; "))]
    Section(Vec<String>),
}

/// Why a caller is refused. For our log; the peer is told only that authentication failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No principal has this id.
    #[error("no principal has this name")]
    UnknownPrincipal,
    /// The principal has no password credential.
    #[error("principal `{principal}` has no password")]
    NoPassword {
        /// Id of the principal.
        principal: String,
    },
    /// The principal has no credential that brokers check.
    #[error("principal `{principal}` has no credential of type `broker`")]
    NotOfBrokers {
        /// Id of the principal.
        principal: String,
    },
    /// No password credential of the principal matches.
    #[error("wrong password for principal `{principal}`")]
    WrongPassword {
        /// Id of the principal.
        principal: String,
    },
    /// The principal has a password, but no verifier for this mechanism.
    #[error("principal `{principal}` has no password for {mechanism}")]
    NoVerifier {
        /// Id of the principal.
        principal: String,
        /// The mechanism that was asked for.
        mechanism: &'static str,
    },
    /// The password is right, and its credential does not hold at this time.
    #[error("credential `{credential}` of principal `{principal}` {state}")]
    NotInForce {
        /// Id of the principal.
        principal: String,
        /// Id of the credential.
        credential: String,
        /// What is the matter with it.
        state: OutOfForce,
    },
    /// Too many failures from there; nothing was checked.
    #[error("too many failed attempts from this source; the next is looked at in {seconds} s")]
    LockedOut {
        /// Until the next attempt is looked at.
        seconds: i64,
    },
    /// The identity store can't be asked. The peer is not told that it failed: it may try again.
    #[error("nothing was checked: {0}")]
    Unanswered(String),
    /// The certificate is valid and nobody's.
    #[error("no principal has the certificate of `{subject}`")]
    UnmappedCertificate {
        /// RFC 4514 name of the subject.
        subject: String,
    },
    /// The certificate names two principals; guessing is not an option.
    #[error("the certificate of `{subject}` belongs to more than one principal: {principals}")]
    AmbiguousCertificate {
        /// RFC 4514 name of the subject.
        subject: String,
        /// Ids of the principals, with commas.
        principals: String,
    },
    /// The token is not taken.
    #[error(transparent)]
    Token(#[from] TokenRefusal),
    /// The certificate names somebody for whom its authority doesn't speak.
    #[error(
        "the certificate of `{subject}` has the name of credential `{credential}`, for which {issuers} may not vouch"
    )]
    NotVouchedFor {
        /// RFC 4514 name of the subject.
        subject: String,
        /// Id of the credential.
        credential: String,
        /// Who signed it, for a person.
        issuers: String,
    },
    /// The certificate claims a SPIFFE ID, and is no valid X.509-SVID.
    #[error("the certificate of `{subject}` claims a SPIFFE ID and is no X.509-SVID: {what}")]
    NotAnSvid {
        /// RFC 4514 name of the subject.
        subject: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The certificate's SPIFFE ID is of a trust domain for which its authority doesn't speak.
    #[error("`{id}` is of a trust domain for which {issuers} may not vouch")]
    WrongTrustDomain {
        /// The SPIFFE ID.
        id: String,
        /// Who signed it, for a person.
        issuers: String,
    },
    /// None of the authority's mapping rules fits the subject, and no other name is anybody's.
    #[error(
        "no mapping rule of {issuers} fits `{subject}`, and no other name in the certificate is anybody's"
    )]
    NoMappingRule {
        /// RFC 4514 name of the subject.
        subject: String,
        /// Who signed it, for a person.
        issuers: String,
    },
    /// What the caller sent is outside of the bounds.
    #[error("the credentials are malformed: {0}")]
    Malformed(String),
}

impl Refusal {
    /// Does it tell that somebody guesses? Whoever knew the password of a credential that has ended does not, and
    /// nobody does whom nobody checked.
    pub const fn is_guess(&self) -> bool {
        match self {
            Self::NotInForce { .. } | Self::LockedOut { .. } | Self::Unanswered(_) => false,
            Self::Token(refusal) => refusal.is_guess(),
            _ => true,
        }
    }
}

/// Why a credential does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfForce {
    /// Somebody, or its cadence, has ended it.
    #[error("is disabled")]
    Disabled,
    /// Its time is over.
    #[error("has expired")]
    Expired,
    /// Its time has not begun.
    #[error("is not valid yet")]
    Early,
}
