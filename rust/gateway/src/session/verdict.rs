//! What a session says of a frame, and what it asks for before it can say.

use std::sync::Arc;

use streamward_identity::{Challenge, Identity, Password, Refusal};
use streamward_wire::kafka::{Parts, Struct};

use super::Close;
use crate::data_keys::KeyNeed;
use crate::schemas::SchemaNeed;

/// What becomes of a request.
#[derive(Debug)]
pub enum Verdict {
    /// The broker gets the frame as it lies in the buffer.
    Forward,
    /// The broker gets this frame instead.
    Rewrite(Vec<u8>),
    /// The same, of a frame whose records lie elsewhere.
    RewriteParts(Parts),
    /// The client gets this frame when its turn comes; the broker sees nothing.
    Reply(Vec<u8>),
    /// The client gets this frame, and then the connection ends.
    ReplyAndClose(Vec<u8>, Close),
    /// Nobody gets anything: a request that wants no answer was refused but the connection lives.
    Nothing,
    /// The session needs something; it takes no further request until it is there.
    Wait(Effect),
    /// The connection ends.
    Close(Close),
}

/// What becomes of a broker's response.
#[derive(Debug)]
pub enum Answer {
    /// The client gets the frame as it lies in the buffer.
    Forward,
    /// The client gets this frame instead.
    Rewrite(Vec<u8>),
    /// The same, of a frame whose records lie elsewhere.
    RewriteParts(Parts),
    /// The broker gets this frame; the client's answer is still to come.
    Ask(Vec<u8>),
    /// The session needs something; it takes no further answer until it is there.
    Wait(Effect),
    /// The client was answered already.
    Drop,
    /// The connection ends.
    Close(Close),
}

/// Something slow that a session asks for.
pub enum Effect {
    /// Is this the password of this user? Costs milliseconds of processor time.
    CheckPassword {
        /// The user that the peer claims to be.
        user: String,
        /// The password that it showed.
        password: Vec<u8>,
    },
    /// Whose is this token? The issuer may have to be asked.
    CheckToken(TokenCheck),
    /// Which passwords does the identity store have of this user?
    LookUpPasswords {
        /// The user that the peer claims to be.
        user: String,
    },
    /// Is this the proof that was asked for?
    CheckProof {
        /// What was asked.
        challenge: Challenge,
        /// What the peer answered.
        message: Vec<u8>,
    },
    /// Which topics are there? The answer is learnt by the cluster.
    ListTopics {
        /// A listing that is no older will do.
        age_max_milliseconds: i64,
    },
    /// What does the coordinator have of this streams group?
    DescribeStreamsGroup {
        /// Its id.
        group: String,
    },
    /// Data keys to seal or open with. The answers are learnt by whoever keeps keys.
    ObtainKeys(Vec<KeyNeed>),
    /// Schemas of registries. The answers are learnt by whoever keeps schemas.
    ObtainSchemas {
        /// On behalf of this principal.
        asker: std::sync::Arc<str>,
        /// Which.
        needs: Vec<SchemaNeed>,
    },
    /// Which topics do these ids stand for? The answer is learnt by the cluster.
    ResolveTopics(Vec<[u8; 16]>),
}

impl std::fmt::Debug for Effect {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CheckPassword { user, .. } => formatter
                .debug_struct("CheckPassword")
                .field("user", user)
                .field("password", &"***")
                .finish(),
            Self::CheckToken(_) => formatter.write_str("CheckToken"),
            Self::LookUpPasswords { user } => formatter
                .debug_struct("LookUpPasswords")
                .field("user", user)
                .finish(),
            Self::CheckProof { challenge, .. } => formatter
                .debug_struct("CheckProof")
                .field("user", &challenge.user())
                .finish_non_exhaustive(),
            Self::ListTopics { .. } => formatter.write_str("ListTopics"),
            Self::DescribeStreamsGroup { group } => formatter
                .debug_struct("DescribeStreamsGroup")
                .field("group", group)
                .finish(),
            Self::ObtainKeys(needs) => formatter
                .debug_struct("ObtainKeys")
                .field("needs", needs)
                .finish(),
            Self::ObtainSchemas { asker, needs } => formatter
                .debug_struct("ObtainSchemas")
                .field("asker", asker)
                .field("needs", needs)
                .finish(),
            Self::ResolveTopics(ids) => formatter
                .debug_struct("ResolveTopics")
                .field("ids", &ids.len())
                .finish(),
        }
    }
}

/// A token, and what is known of whoever shows it.
#[derive(Clone)]
pub struct TokenCheck {
    /// The token.
    pub token: String,
    /// Whom the peer wants to act as; empty: whomever the token names.
    pub authorization_id: String,
    /// SHA-256 of the certificate that it proved, if it did.
    pub certificate_sha256: Option<[u8; 32]>,
    /// Only a token that names this certificate will do.
    pub require_bound: bool,
}

/// The reply to an [`Effect`].
#[derive(Debug)]
pub enum EffectReply {
    /// The password was checked.
    Password {
        /// The user that the peer claimed to be.
        user: String,
        /// Who it is, or why not.
        outcome: Result<Identity, Refusal>,
    },
    /// Whose the token is, or why it isn't taken.
    Token(Result<Identity, Refusal>),
    /// What the identity store has of a user.
    Passwords(Result<Vec<Arc<Password>>, Refusal>),
    /// A proof was checked.
    Proof {
        /// The user that the peer claimed to be.
        user: String,
        /// Who it is, with the server's last message; or why not.
        outcome: Result<(Identity, String), Refusal>,
    },
    /// The topics have been listed or resolved, or could not be.
    Listed,
    /// Keys have been obtained, or could not be.
    Keys,
    /// Schemas have been obtained, or could not be.
    Schemas,
    /// The coordinator has described a streams group.
    Described {
        /// Its id.
        group: String,
        /// Its entry in the answer; `None` where there was no answer.
        described: Option<Struct>,
    },
}
