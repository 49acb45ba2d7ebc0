//! The server's side of SCRAM (RFC 5802, RFC 7677): reads what clients send, asks, and checks their proof.
//! Channel binding and delegation tokens are refused. No clock, no socket; the verifiers are given to it.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::IdentityError;
use crate::password::Password;
use crate::plain::USER_BYTES_MAX;
use crate::prepare::prepared_user;
use crate::scram::{part, text, unescape};
use crate::verifier::{Hash, Verifier};

/// Longest nonce of a client; Kafka's clients send 22 to 26 characters.
pub const CLIENT_NONCE_BYTES_MAX: usize = 256;
/// Random bytes in the server's part of a nonce.
const SERVER_NONCE_BYTES: usize = 24;
/// Longest proof: SHA-512, with room for what is wrong.
const PROOF_BYTES_MAX: usize = 64;

/// A client's first message: `n,,n=user,r=nonce`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFirst {
    user: String,
    gs2_header: String,
    bare: String,
    nonce: String,
}

impl ClientFirst {
    /// Reads the message.
    ///
    /// # Errors
    /// Where it is malformed, binds a channel (no `-PLUS` mechanism is offered), asks for an extension that
    /// must be understood, for a delegation token's login, or to act as somebody else.
    pub fn parse(message: &[u8]) -> Result<Self, IdentityError> {
        let bad = IdentityError::Scram;
        let message = text(message)?;
        let (flag, rest) = message.split_once(',').ok_or(bad("it has no header"))?;
        // `y`: the client could bind the channel and was offered no such mechanism, which is true.
        match flag {
            "n" | "y" => {}
            _ if flag.starts_with("p=") => return Err(bad("it asks for channel binding")),
            _ => return Err(bad("its header is none")),
        }
        let (authorization_id, bare) = rest.split_once(',').ok_or(bad("it has no header"))?;
        let mut parts = bare.split(',');
        let first = parts.next();
        if first.is_some_and(|it| it.starts_with("m=")) {
            return Err(bad("it asks for an extension that is not known"));
        }
        let user = user_name(part(first, "n=")?)?;
        let nonce = part(parts.next(), "r=")?;
        if nonce.len() > CLIENT_NONCE_BYTES_MAX || !nonce.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(bad("its nonce is too long or not printable"));
        }
        parts.try_for_each(extension)?;
        if !authorization_id.is_empty() && user_name(part(Some(authorization_id), "a=")?)? != user {
            return Err(bad("it asks to act as somebody else"));
        }
        Ok(Self {
            user,
            gs2_header: format!("{flag},{authorization_id},"),
            bare: bare.to_owned(),
            nonce: nonce.to_owned(),
        })
    }

    /// Whom it names, as `SASLprep` leaves the name.
    pub fn user(&self) -> &str {
        &self.user
    }
}

fn user_name(escaped: &str) -> Result<String, IdentityError> {
    let user = prepared_user(&unescape(escaped)?)?;
    if user.len() > USER_BYTES_MAX || user.chars().any(char::is_control) {
        return Err(IdentityError::Prepared("a user name"));
    }
    Ok(user)
}

/// Extensions that nobody must understand change nothing, except Kafka's for delegation tokens.
fn extension(part: &str) -> Result<(), IdentityError> {
    let bad = IdentityError::Scram;
    let (name, _) = part
        .trim_start()
        .split_once('=')
        .ok_or(bad("an extension has no value"))?;
    if name.eq_ignore_ascii_case("tokenauth") {
        // SECURITY: its name would be a token's id, and its password the token's secret, not a principal's.
        return Err(bad("it logs in with a delegation token"));
    }
    if name.is_empty() || !name.bytes().all(|it| it.is_ascii_alphabetic()) {
        return Err(bad("an extension has no name"));
    }
    Ok(())
}

/// What an exchange is about, once the server has asked. It can be answered once.
pub struct Challenge {
    pub(crate) user: String,
    pub(crate) hash: Hash,
    /// Credentials whose salt was sent.
    pub(crate) held: Vec<Arc<Password>>,
    decoy: Verifier,
    gs2_header: String,
    nonce: String,
    /// `AuthMessage` as far as it goes: the client's first message and ours.
    so_far: String,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A proof that fits.
pub(crate) struct Proof {
    /// Credentials whose password it proves.
    pub(crate) held: Vec<Arc<Password>>,
    /// The server's last message.
    pub(crate) server_last: String,
}

impl Challenge {
    /// Asks: the server's first message. `held` all have a verifier of this hash that asks as the first one does;
    /// where there are none, the decoy asks.
    pub(crate) fn new(
        first: ClientFirst,
        hash: Hash,
        held: Vec<Arc<Password>>,
        decoy: Verifier,
    ) -> Result<(Self, String), IdentityError> {
        let mut random = [0; SERVER_NONCE_BYTES];
        aws_lc_rs::rand::fill(&mut random)
            .map_err(|_| IdentityError::Cryptography("the platform has no random bytes"))?;
        let nonce = format!("{}{}", first.nonce, STANDARD.encode(random));
        Ok(Self::with_nonce(first, hash, held, decoy, nonce))
    }

    fn with_nonce(
        first: ClientFirst,
        hash: Hash,
        held: Vec<Arc<Password>>,
        decoy: Verifier,
        nonce: String,
    ) -> (Self, String) {
        let asked = held.first().and_then(|it| it.verifier(hash));
        let asked = asked.unwrap_or(&decoy);
        let (salt, rounds) = (STANDARD.encode(asked.salt()), asked.iterations());
        let server_first = format!("r={nonce},s={salt},i={rounds}");
        let challenge = Self {
            user: first.user,
            hash,
            held,
            decoy,
            gs2_header: first.gs2_header,
            nonce,
            so_far: format!("{},{server_first}", first.bare),
        };
        (challenge, server_first)
    }

    /// Whom the client claims to be.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Checks the client's last message. `None`: the proof is not of any of these passwords.
    ///
    /// # Errors
    /// Where it is malformed, or of another exchange.
    pub(crate) fn check(self, client_last: &[u8]) -> Result<Option<Proof>, IdentityError> {
        let bad = IdentityError::Scram;
        let (without_proof, proof) = text(client_last)?
            .rsplit_once(',')
            .ok_or(bad("the last message lacks a part"))?;
        let proof = STANDARD
            .decode(part(Some(proof), "p=")?)
            .ok()
            .filter(|it| it.len() <= PROOF_BYTES_MAX)
            .ok_or(bad("the proof is not base64 or too long"))?;
        let mut parts = without_proof.split(',');
        // SECURITY: the header is repeated, so that nobody on the way took away that a channel was bound.
        let binding = STANDARD.encode(&self.gs2_header);
        if part(parts.next(), "c=")? != binding {
            return Err(bad("the channel binding is not that of the first message"));
        }
        // SECURITY: the whole nonce must come back; to look at our part or its beginning only would take a
        // proof of another exchange (CVE-2024-56128).
        if part(parts.next(), "r=")? != self.nonce {
            return Err(bad("the nonce is not that of this exchange"));
        }
        parts.try_for_each(extension)?;
        let auth_message = format!("{},{without_proof}", self.so_far);
        // SECURITY: an unknown user's proof is checked, too, so that time tells nothing.
        let mut signature = self.decoy.check_proof(auth_message.as_bytes(), &proof);
        let mut proved = Vec::new();
        for held in self.held {
            let found = held
                .verifier(self.hash)
                .and_then(|it| it.check_proof(auth_message.as_bytes(), &proof));
            if found.is_some() {
                signature = signature.or(found);
                proved.push(held);
            }
        }
        Ok(signature.filter(|_| !proved.is_empty()).map(|it| Proof {
            held: proved,
            server_last: format!("v={}", STANDARD.encode(it)),
        }))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::scram::Scram;
    use crate::verifier::iterations;
    use proptest::prelude::*;

    /// RFC 7677, section 3: `pencil`.
    const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
        WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const PROOF: &str = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    fn decoy(hash: Hash) -> Verifier {
        Verifier::decoy(hash, iterations(4096).unwrap(), vec![3; 16])
    }

    fn held(text: &str) -> Arc<Password> {
        Arc::new(Password::declared("key", Verifier::parse(text).unwrap()))
    }

    fn asked() -> (Challenge, String) {
        let first = ClientFirst::parse(FIRST.as_bytes()).unwrap();
        let (hash, held) = (Hash::Sha256, vec![held(VERIFIER)]);
        Challenge::with_nonce(first, hash, held, decoy(hash), NONCE.into())
    }

    #[test]
    fn the_exchange_is_that_of_rfc_7677() {
        let (challenge, asked) = asked();
        assert_eq!(
            asked,
            format!("r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
        );
        let last = format!("c=biws,r={NONCE},p={PROOF}");
        let proof = challenge.check(last.as_bytes()).unwrap().unwrap();
        assert_eq!(
            proof.server_last,
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
    }

    #[test]
    fn a_last_message_that_is_wrong_proves_nothing() {
        let short = STANDARD.encode([7; 31]);
        let long = STANDARD.encode([7; 4000]);
        for (last, why) in [
            (String::new(), "lacks a part"),
            ("c=biws".into(), "lacks a part"),
            (format!("c=biws,r={NONCE}"), "lacks a part"),
            (format!("c=biws,r={NONCE},p="), "lacks a part"),
            (format!("c=biws,r={NONCE},p=?"), "not base64"),
            (format!("c=biws,r={NONCE},p={long}"), "too long"),
            (format!("c=biws,r={NONCE}x,p={PROOF}"), "nonce"),
            (format!("c=biws,r={},p={PROOF}", &NONCE[1..]), "nonce"),
            (
                format!("c=biws,r={},p={PROOF}", &NONCE[..NONCE.len() - 1]),
                "nonce",
            ),
            (format!("c=biws,r={},p={PROOF}", &NONCE[20..]), "nonce"),
            (format!("c=biws,r=rOprNGfwEbeRWgbNEkqO,p={PROOF}"), "nonce"),
            (format!("c=biws,r=,p={PROOF}"), "lacks a part"),
            (format!("c=eSws,r={NONCE},p={PROOF}"), "binding"),
            (format!("c=,r={NONCE},p={PROOF}"), "lacks a part"),
            (format!("r={NONCE},c=biws,p={PROOF}"), "lacks a part"),
            (
                format!("c=biws,r={NONCE},tokenauth=true,p={PROOF}"),
                "token",
            ),
            ("A".repeat(5_000), "too long"),
        ] {
            let error = asked().0.check(last.as_bytes()).err();
            let error = error.unwrap_or_else(|| panic!("{last}")).to_string();
            assert!(error.contains(why), "{last}: {error}");
        }
        // Well-formed, and no proof of this password.
        let zeros = STANDARD.encode([0; 32]);
        for proof in [&short, &zeros, &STANDARD.encode([9; 64])] {
            let last = format!("c=biws,r={NONCE},p={proof}");
            assert!(
                asked().0.check(last.as_bytes()).unwrap().is_none(),
                "{proof}"
            );
        }
        assert!(asked().0.check(b"\xff,p=AAAA").is_err());
    }

    #[test]
    fn a_first_message_that_is_wrong_is_not_answered() {
        let long = "r".repeat(CLIENT_NONCE_BYTES_MAX + 1);
        let name = "u".repeat(USER_BYTES_MAX + 1);
        for (first, why) in [
            (String::new(), "no header"),
            ("n".into(), "no header"),
            ("n,".into(), "no header"),
            ("n,,".into(), "lacks a part"),
            ("n,,n=user".into(), "lacks a part"),
            ("n,,n=user,r=".into(), "lacks a part"),
            ("n,,n=,r=abc".into(), "lacks a part"),
            ("n,,r=abc,n=user".into(), "lacks a part"),
            ("x,,n=user,r=abc".into(), "header"),
            (",,n=user,r=abc".into(), "header"),
            ("p=tls-unique,,n=user,r=abc".into(), "channel binding"),
            ("p=tls-exporter,,n=user,r=abc".into(), "channel binding"),
            ("n,a=root,n=user,r=abc".into(), "somebody else"),
            ("n,root,n=user,r=abc".into(), "lacks a part"),
            ("n,,m=ext,n=user,r=abc".into(), "extension"),
            ("n,,n=us=er,r=abc".into(), "escaped"),
            ("n,,n=us\u{7}er,r=abc".into(), "SASLprep"),
            (format!("n,,n={name},r=abc"), "SASLprep"),
            (format!("n,,n=user,r={long}"), "nonce"),
            ("n,,n=user,r=a b".into(), "nonce"),
            ("n,,n=user,r=ab\u{fc}".into(), "nonce"),
            ("n,,n=user,r=abc,tokenauth=true".into(), "token"),
            ("n,,n=user,r=abc, TokenAuth=true".into(), "token"),
            ("n,,n=user,r=abc,x".into(), "extension"),
            ("n,,n=user,r=abc,1=x".into(), "extension"),
            ("A".repeat(5_000), "too long"),
        ] {
            let error = ClientFirst::parse(first.as_bytes()).err();
            let error = error.unwrap_or_else(|| panic!("{first}")).to_string();
            assert!(error.contains(why), "{first}: {error}");
        }
        assert!(ClientFirst::parse(b"n,,n=\xff,r=abc").is_err());
        for first in ["y,,n=user,r=abc", "n,a=user,n=user,r=abc,future=1"] {
            assert_eq!(ClientFirst::parse(first.as_bytes()).unwrap().user(), "user");
        }
    }

    #[test]
    fn no_two_exchanges_have_one_nonce() {
        let first = ClientFirst::parse(FIRST.as_bytes()).unwrap();
        let ask = || Challenge::new(first.clone(), Hash::Sha256, vec![], decoy(Hash::Sha256));
        assert_ne!(ask().unwrap().1, ask().unwrap().1);
    }

    #[test]
    fn a_proof_of_one_exchange_is_none_of_another() {
        let first = ClientFirst::parse(FIRST.as_bytes()).unwrap();
        let hash = Hash::Sha256;
        let ask = |first| Challenge::new(first, hash, vec![held(VERIFIER)], decoy(hash)).unwrap();
        let (_, asked) = ask(first.clone());
        let nonce = asked.split(',').next().unwrap();
        let last = format!("c=biws,{nonce},p={PROOF}");
        // The same client's message again, which the server asks anew.
        assert!(ask(first).0.check(last.as_bytes()).is_err());
    }

    #[test]
    fn a_decoy_lets_nobody_in() {
        for hash in [Hash::Sha256, Hash::Sha512] {
            let scram = Scram::new(hash.name(), "nobody", b"pencil").unwrap();
            let exchange = scram.begin().unwrap();
            let first = ClientFirst::parse(exchange.first().as_bytes()).unwrap();
            let (challenge, asked) = Challenge::new(first, hash, vec![], decoy(hash)).unwrap();
            let (last, _) = exchange.answer(asked.as_bytes()).unwrap();
            assert!(challenge.check(last.as_bytes()).unwrap().is_none());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn our_client_logs_in_with_its_password_and_no_other(
            sha_512 in any::<bool>(),
            user in "[a-z,=]{1,20}",
            password in "[!-~]{1,30}",
            other in "[!-~]{1,30}",
        ) {
            let hash = if sha_512 { Hash::Sha512 } else { Hash::Sha256 };
            let verifier = |text: &str| {
                held(&Verifier::derive(hash, text.as_bytes(), &[5; 16], 4096).unwrap())
            };
            // Two credentials that hold at once have one salt.
            let held = vec![verifier(&other), verifier(&password)];
            let scram = Scram::new(hash.name(), &user, password.as_bytes()).unwrap();
            let exchange = scram.begin().unwrap();
            let first = ClientFirst::parse(exchange.first().as_bytes()).unwrap();
            prop_assert_eq!(first.user(), &user);
            let (challenge, asked) = Challenge::new(first, hash, held, decoy(hash)).unwrap();
            let (last, expected) = exchange.answer(asked.as_bytes()).unwrap();
            let proof = challenge.check(last.as_bytes()).unwrap().unwrap();
            prop_assert_eq!(proof.held.len(), if other == password { 2 } else { 1 });
            prop_assert!(expected.check(proof.server_last.as_bytes()).is_ok());
        }

        #[test]
        fn no_bytes_break_it(message in prop::collection::vec(prop::num::u8::ANY, 0..80)) {
            drop(ClientFirst::parse(&message));
            drop(asked().0.check(&message));
        }

        #[test]
        fn no_change_of_a_last_message_gets_through(at in 0..90_usize, with in "\\PC") {
            let last = format!("c=biws,r={NONCE},p={PROOF}");
            let at = at.min(last.len() - 1);
            let changed = format!("{}{with}{}", &last[..at], &last[at + 1..]);
            if changed != last {
                let outcome = asked().0.check(changed.as_bytes());
                prop_assert!(!matches!(outcome, Ok(Some(_))), "{}", changed);
            }
        }
    }
}
