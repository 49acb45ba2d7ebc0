//! What a program gets: keys for minutes, or why not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::sealing::{KeySealing, OpenedBy, SealedBy, SealedStream};

/// Room for the largest answer, so that no key is left behind where it grew.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How a stream is sealed, for a program that does so by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// The tenant that owns it.
    pub tenant: Option<String>,
    /// The cluster where it is at home.
    pub cluster: String,
    /// The class of data that the ring seals.
    pub data_class: String,
    /// The key ring.
    pub ring: String,
    /// Are values sealed?
    pub value: bool,
    /// How keys are sealed.
    pub key: KeySealing,
    /// Headers whose values are sealed.
    pub headers: Vec<String>,
    /// Does an envelope open only in its partition?
    pub partition_bound: bool,
    /// Streams whose envelopes may lie here too.
    pub accepts_from: Vec<String>,
    /// Who seals.
    pub sealed_by: SealedBy,
    /// Who opens.
    pub opened_by: OpenedBy,
}

impl Terms {
    /// Those of a stream; `cluster` is the one behind the door.
    pub fn of(stream: &SealedStream, data_class: &str, cluster: &str) -> Self {
        Self {
            tenant: stream.tenant.clone(),
            cluster: stream.home_cluster.as_deref().unwrap_or(cluster).to_owned(),
            data_class: data_class.to_owned(),
            ring: stream.ring.clone(),
            value: stream.value,
            key: stream.key,
            headers: stream.headers.clone(),
            partition_bound: stream.partition_bound,
            accepts_from: stream.accepts_from.clone(),
            sealed_by: stream.sealed_by,
            opened_by: stream.opened_by,
        }
    }
}

/// What whoever runs the gateway answers to a question for a key. SECURITY: no `Debug`, for it holds one.
#[derive(Default, Deserialize)]
pub struct KeyReply {
    kid: Option<String>,
    ring: Option<String>,
    ring_version: Option<u32>,
    key: Option<Zeroizing<String>>,
    records_max: Option<u64>,
    expires: Option<i64>,
    #[serde(default)]
    unknown: bool,
    error: Option<String>,
}

impl KeyReply {
    /// Reads it. `Err`: trouble that may pass, for the log.
    pub fn read(answer: Option<&[u8]>) -> Result<Self, String> {
        let bytes = answer.ok_or("no answer in time")?;
        // The text of this error could quote the answer.
        let reply: Self =
            serde_json::from_slice(bytes).map_err(|_| "an answer that can't be read")?;
        match reply.error {
            Some(error) => Err(error),
            None => Ok(reply),
        }
    }

    /// A key that was made for the program.
    pub fn made(self) -> Result<Given, String> {
        if self.kid.is_none() || self.key.is_none() || self.ring_version.is_none() {
            return Err("the answer has no key".to_owned());
        }
        Ok(Given {
            kid: self.kid,
            key: self.key,
            ring_version: self.ring_version,
            records_max: self.records_max,
            expires: self.expires,
            unknown: false,
        })
    }

    /// A key that the program names, with its bytes or without; none of another ring.
    ///
    /// SECURITY: a name can be anybody's. Whoever may read one stream gets no key of another ring by it.
    pub fn named(self, ring: &str, with_key: bool) -> Result<Given, String> {
        if self.unknown || self.ring.as_deref() != Some(ring) {
            return Ok(Given::unknown());
        }
        if with_key && self.key.is_none() {
            return Err("the answer has no key".to_owned());
        }
        Ok(Given {
            key: self.key.filter(|_| with_key),
            ring_version: self.ring_version,
            ..Given::default()
        })
    }
}

/// One key, as a program gets it. SECURITY: no `Debug`, for it holds one.
#[derive(Default, Serialize)]
pub struct Given {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Zeroizing<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ring_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records_max: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unknown: bool,
}

impl Given {
    fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::default()
        }
    }
}

/// The answer. SECURITY: no `Debug`, for it holds keys.
#[derive(Serialize)]
pub struct Grant<'a> {
    /// How the stream is sealed; `None`: it is not.
    pub stream: Option<&'a Terms>,
    /// What time it is here (ms since 1970), for programs whose clocks differ.
    pub now: i64,
    /// Until when what stands here may be used.
    pub until: i64,
    /// From when on to ask again.
    pub refresh: i64,
    /// A key that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_key: Option<Given>,
    /// The deterministic one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deterministic_key: Option<Given>,
    /// Those that were named.
    pub keys: BTreeMap<String, Given>,
}

impl Grant<'_> {
    /// The names of the keys that are in it.
    pub fn kids(&self) -> Vec<String> {
        let made = [&self.data_key, &self.deterministic_key];
        let made = made.into_iter().flatten().filter_map(|it| it.kid.clone());
        let named = self.keys.iter().filter(|(_, given)| !given.unknown);
        made.chain(named.map(|(kid, _)| kid.clone())).collect()
    }

    /// The answer in whole. `Err`: it would be longer than any may be.
    pub fn into_bytes(self) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let mut body = Zeroizing::new(Vec::with_capacity(ANSWER_BYTES_MAX));
        let written = serde_json::to_writer(Bounded(&mut body), &self);
        written.map_err(|_| Problem::unavailable("the answer is too long"))?;
        let head = head(200, "application/json", body.len(), None);
        let mut bytes = Zeroizing::new(Vec::with_capacity(head.len() + body.len()));
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }
}

/// Never grows what it writes to: growing would leave a copy of what is secret behind.
struct Bounded<'a>(&'a mut Vec<u8>);

impl std::io::Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if bytes.len() > self.0.capacity() - self.0.len() {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Why there is no grant: a problem document (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: u16,
    code: &'static str,
    detail: String,
    help: &'static str,
    retry_after_seconds: Option<u64>,
}

impl Problem {
    fn new(status: u16, code: &'static str, detail: impl Into<String>, help: &'static str) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            help,
            retry_after_seconds: None,
        }
    }

    /// The request has no meaning.
    pub fn invalid(status: u16, detail: impl Into<String>) -> Self {
        let help = "See docs/reference/control-door.md for what can be asked.";
        Self::new(status, "invalid", detail, help)
    }

    /// The policy, a containment or the ring's readers are against it.
    pub fn denied(detail: impl Into<String>) -> Self {
        let help = "The log says by which rule. Ask whoever keeps the policy; `streamward policy explain` tells what is missing.";
        Self::new(403, "denied", detail, help)
    }

    /// The stream is not for programs that seal or open by themselves.
    pub fn by_gateway(detail: impl Into<String>) -> Self {
        let help = "Use an ordinary client through the gateway, or declare `sealed_by: producer` or `opened_by: consumer`.";
        Self::new(409, "grant.by_gateway", detail, help)
    }

    /// The principal asks too often.
    pub fn too_many(wait_milliseconds: u64) -> Self {
        let help = "Keep keys until `refresh`; raise `grants_per_second` of the ControlDoor if that is not enough.";
        Self {
            retry_after_seconds: Some(wait_milliseconds.div_ceil(1_000).max(1)),
            ..Self::new(429, "grant.too_many", "more grants than it may have", help)
        }
    }

    /// It has too much under way already.
    pub fn crowded(detail: impl Into<String>) -> Self {
        let help = "Wait until other connections of it have ended; a Quota's `connections_max` says how many it may have.";
        Self {
            retry_after_seconds: Some(1),
            ..Self::new(429, "grant.crowded", detail, help)
        }
    }

    /// The gateway's own trouble; nothing was granted.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        let help = "Try again in a moment; the gateway's log says what is wrong.";
        Self {
            retry_after_seconds: Some(1),
            ..Self::new(503, "unavailable", detail, help)
        }
    }

    /// Does the principal ask too often?
    pub const fn is_over_rate(&self) -> bool {
        self.status == 429
    }

    #[cfg(test)]
    const fn status(&self) -> u16 {
        self.status
    }

    /// The answer in whole.
    pub fn into_bytes(self) -> Vec<u8> {
        let body = serde_json::json!({
            "type": "about:blank",
            "title": self.code,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "help": self.help,
            "mistakes": [],
        });
        let body = body.to_string();
        let kind = "application/problem+json";
        let head = head(self.status, kind, body.len(), self.retry_after_seconds);
        format!("{head}{body}").into_bytes()
    }
}

fn head(status: u16, kind: &str, length: usize, retry_after_seconds: Option<u64>) -> String {
    let reason = match status {
        200 => "OK",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Bad Request",
    };
    let retry = retry_after_seconds.map(|it| format!("Retry-After: {it}\r\n"));
    let retry = retry.unwrap_or_default();
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{retry}\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn reply(fields: &Value) -> KeyReply {
        KeyReply::read(Some(fields.to_string().as_bytes()))
            .ok()
            .unwrap()
    }

    fn shown(given: &Given) -> Value {
        serde_json::to_value(given).unwrap()
    }

    #[test]
    fn a_key_of_another_ring_is_unknown() {
        let fields = json!({"ring": "a", "ring_version": 2, "key": "c2VjcmV0", "until": 9});
        let own = reply(&fields).named("a", true).unwrap();
        assert_eq!(shown(&own), json!({"key": "c2VjcmV0", "ring_version": 2}));
        let facts = reply(&fields).named("a", false).unwrap();
        assert_eq!(shown(&facts), json!({"ring_version": 2}));
        for foreign in [
            reply(&fields).named("b", true),
            reply(&json!({"unknown": true})).named("a", true),
            reply(&json!({"key": "c2VjcmV0"})).named("a", true),
        ] {
            assert_eq!(shown(&foreign.unwrap()), json!({"unknown": true}));
        }
        assert!(reply(&json!({"ring": "a"})).named("a", true).is_err());
        assert!(reply(&json!({"ring": "a"})).made().is_err());
    }

    #[test]
    fn what_is_no_answer_is_trouble_and_quotes_nothing() {
        assert!(KeyReply::read(None).is_err());
        let broken = KeyReply::read(Some(br#"{"key": "c2VjcmV0""#))
            .err()
            .unwrap();
        assert!(!broken.contains("c2Vj"));
        let told = KeyReply::read(Some(br#"{"error": "the provider is away"}"#));
        assert_eq!(told.err().unwrap(), "the provider is away");
    }

    #[test]
    fn a_grant_names_the_keys_that_are_in_it() {
        let made =
            json!({"kid": "01", "key": "a2V5", "ring_version": 1, "records_max": 5, "expires": 7});
        let grant = || Grant {
            stream: None,
            now: 0,
            until: 2,
            refresh: 1,
            data_key: Some(reply(&made).made().ok().unwrap()),
            deterministic_key: None,
            keys: BTreeMap::from([
                ("02".to_owned(), Given::unknown()),
                (
                    "03".to_owned(),
                    reply(&json!({"ring": "a", "key": "a2V5"}))
                        .named("a", true)
                        .ok()
                        .unwrap(),
                ),
            ]),
        };
        assert_eq!(grant().kids(), ["01", "03"]);
        let bytes = grant().into_bytes().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("Cache-Control: no-store")
        );
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["data_key"], made);
        assert_eq!(body["keys"]["02"], json!({"unknown": true}));
    }

    #[test]
    fn an_answer_never_outgrows_its_room() {
        let endless = Given {
            key: Some("k".repeat(ANSWER_BYTES_MAX).into()),
            ..Given::default()
        };
        let grant = Grant {
            stream: None,
            now: 0,
            until: 2,
            refresh: 1,
            data_key: Some(endless),
            deterministic_key: None,
            keys: BTreeMap::new(),
        };
        assert_eq!(grant.into_bytes().err().unwrap().status(), 503);
    }

    #[test]
    fn a_problem_says_what_to_do_and_when() {
        let text = String::from_utf8(Problem::too_many(1_001).into_bytes()).unwrap();
        assert!(text.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
        assert!(text.contains("\r\nRetry-After: 2\r\n"));
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "grant.too_many");
        assert!(!body["help"].as_str().unwrap().is_empty());
    }
}
