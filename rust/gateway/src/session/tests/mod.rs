//! Scripts for sessions: a request, what becomes of it, the broker's answer, what the client sees, and
//! what the log says. The policy, the recorder and the journal are the real ones.

mod access;
mod addresses;
mod attributes;
mod authentication;
mod callers;
mod cluster;
mod configs;
mod contracts;
mod dead_letters;
mod dead_letters_open;
mod dead_letters_read;
mod deletion;
mod fetch;
mod fetch_sessions;
mod fields;
mod granting;
mod groups;
mod hostile;
mod many;
mod masking;
mod messages;
mod metadata;
mod order;
mod pairing;
mod produce;
mod properties;
mod reauthentication;
mod receiving;
mod record;
mod relay;
mod schemas;
mod scram;
mod sealed_by_producer;
mod sealing;
mod sealing_bounds;
mod share;
mod share_refusals;
mod signing;
mod signing_attacks;
mod throttle;
mod tokens;
mod topic_ids;
mod topic_partitions;
mod topics;
mod transactions;

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use serde_json::{Value as Json, json};
use streamward_audit::{Journal, Options, Reader};
use streamward_identity::{Attributes, Identity};
use streamward_wire::Limits;
use streamward_wire::kafka::{
    self, ApiKey, Direction, Struct, response_body_at, schema, write_request, write_response,
};

use super::{Answer, Close, Effect, EffectReply, Session, Verdict};
use crate::caller::Peer;
use crate::cluster::Cluster;
use crate::frame::Frame;
use crate::materials::Materials;
use crate::recorder::Recorder;
use crate::snapshot::Snapshot;

pub use messages::{Ask, ask, batch, codes};

/// 2026-01-05, a Monday, 00:00 UTC.
pub const NOW: i64 = 1_767_571_200_000;
/// A password verifier; nobody's password is checked here.
const VERIFIER: &str = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// `alice` may do anything to what is called `ok.…`, and see what is called `see.…`; `root` may do
/// anything; `mallory` nothing.
pub fn document() -> Json {
    let rule = |id: &str, cedar: &str| json!({"id": format!("grant:{id}"), "source": "grants.yaml:1", "cedar": cedar, "slices": []});
    let alice = "permit(principal == Streamward::Service::\"alice\", action, resource";
    let named = |kind: &str, like: &str| {
        format!("{alice} is Streamward::{kind}) when {{ resource.name like \"{like}\" }};")
    };
    let see = "permit(principal == Streamward::Service::\"alice\", action == Streamward::Action::\"Describe\", \
         resource is Streamward::Stream) when { resource.name like \"see.*\" };";
    let root = "permit(principal == Streamward::Service::\"root\", action, resource);";
    let principal = |id: &str| {
        let credential =
            json!({"id": format!("{id}-key"), "type": "password", "verifier": "file:v"});
        json!({"id": id, "type": "service", "tenant": null, "roles": [], "mfa": false,
               "device_posture": null, "credentials": [credential]})
    };
    json!({
        "format": 1, "bundle": "test", "environment": "test",
        "clusters": [{"name": "main", "bootstrap": ["127.0.0.1:9092"], "tls": null}],
        "listeners": [{
            "name": "clients", "cluster": "main", "bind": "127.0.0.1", "advertise": "gw.example.com",
            "routing": {"type": "ports", "bootstrap_port": 19092,
                "nodes": {"first_id": 0, "count": 3, "first_port": 19093}},
            "tls": {"certificate": "file:c", "key": "file:k", "client_ca": null, "client_certificate": "none"},
            "mechanisms": ["PLAIN"], "plaintext_principal": null,
            "durability": "grouped", "unrecorded": "refuse",
            "limits": {"connections_max": 10, "frame_bytes_max": 1_048_576, "in_flight_max": 8}}],
        "identity": {"principals": [principal("alice"), principal("root"), principal("mallory")]},
        "policy": {
            "version": "sha256:1", "schema": streamward_policy::SCHEMA,
            "rules": [
                rule("streams", &named("Stream", "ok.*")), rule("groups", &named("Group", "ok.*")),
                rule("transactions", &named("Transaction", "ok.*")), rule("see", see), rule("root", root)],
            "roles": [], "tenants": [], "namespaces": [],
            "streams": [{"name": "ok.a", "prefix": null, "classes": ["cardholder"]}],
            "classes": [{"name": "cardholder", "level": "restricted"}], "networks": []},
        "overlay": {"epoch": 1, "revoked": [], "quarantined": []}
    })
}

/// The document, made ready.
pub fn snapshot(document: &Json) -> Snapshot {
    Snapshot::build(document.to_string().as_bytes(), materials()).unwrap()
}

/// RFC 8410, section 10.3: an Ed25519 key and its public half.
const RECORD_KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";
const RECORD_PUBLIC: &[u8] = b"-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    -----END PUBLIC KEY-----\n";

/// What the document refers to.
pub fn materials() -> Materials {
    Materials::from([
        ("file:v".to_owned(), VERIFIER.as_bytes().to_vec()),
        ("file:decoy".to_owned(), vec![7; 32]),
        ("file:record-key".to_owned(), RECORD_KEY.to_vec()),
        ("file:record-public".to_owned(), RECORD_PUBLIC.to_vec()),
    ])
}

/// The document with a stream under quarantine.
pub fn quarantine(stream: &str) -> Json {
    let mut document = document();
    document["overlay"] = json!({"epoch": 2, "revoked": [], "quarantined": [
        {"containment": "c-1", "stream": stream, "expires": null}]});
    document
}

/// A topic's id in these tests: one byte, repeated.
pub const fn id(byte: u8) -> [u8; 16] {
    [byte; 16]
}

/// Topics whose ids the gateway has learnt.
pub const TOPICS: [(&str, u8); 4] = [("ok.a", 1), ("ok.b", 2), ("no.a", 3), ("see.a", 4)];

/// What became of the last step.
#[derive(Debug)]
enum Outcome {
    Nothing,
    Verdict(Verdict),
    Answer(Answer, Vec<u8>),
}

impl Outcome {
    /// What leaves in parts is looked at in one piece.
    fn of_verdict(verdict: Verdict) -> Self {
        Self::Verdict(match verdict {
            Verdict::RewriteParts(parts) => Verdict::Rewrite(parts.to_vec()),
            other => other,
        })
    }

    fn of_answer(answer: Answer, frame: Vec<u8>) -> Self {
        let answer = match answer {
            Answer::RewriteParts(parts) => Answer::Rewrite(parts.to_vec()),
            other => other,
        };
        Self::Answer(answer, frame)
    }
}

/// One connection, step by step.
pub struct Script {
    pub session: Session,
    pub recorder: Arc<Recorder>,
    pub cluster: Arc<Cluster>,
    pub snapshot: Arc<Snapshot>,
    pub now: i64,
    directory: tempfile::TempDir,
    pub correlation_id: i32,
    /// The request as the client sent it, and what the broker got.
    sent: Vec<u8>,
    asked: (ApiKey, i16),
    question: (ApiKey, i16),
    outcome: Outcome,
}

/// A connection of nobody yet.
pub fn stranger(document: &Json) -> Script {
    let directory = tempfile::tempdir().unwrap();
    let (journal, recovered) = Journal::open(directory.path(), Options::default()).unwrap();
    let recorder = Arc::new(Recorder::new(journal, recovered.access_first));
    script_on(document, recorder, directory)
}

fn script_on(document: &Json, recorder: Arc<Recorder>, directory: tempfile::TempDir) -> Script {
    let snapshot = shared_snapshot(document);
    let cluster = Arc::new(Cluster::new("main"));
    for (name, byte) in TOPICS {
        cluster.learn_topic(id(byte), name);
    }
    let session = session(&snapshot, &cluster, &recorder);
    Script {
        session,
        recorder,
        cluster,
        snapshot,
        now: NOW,
        directory,
        correlation_id: 0,
        sent: Vec::new(),
        asked: (ApiKey(-1), 0),
        question: (ApiKey(-1), 0),
        outcome: Outcome::Nothing,
    }
}

/// The common document is compiled once for all tests.
fn shared_snapshot(document: &Json) -> Arc<Snapshot> {
    static COMMON: LazyLock<Arc<Snapshot>> =
        LazyLock::new(|| Arc::new(snapshot(&self::document())));
    if *document == self::document() {
        COMMON.clone()
    } else {
        Arc::new(snapshot(document))
    }
}

/// What a session asks brokers once, so that what depends on it is decided at once.
pub fn knows_topics(session: &mut Session) {
    let there = TOPICS.map(|(name, _)| name.into()).to_vec();
    session.cluster.learn_listing(there, NOW);
    for group in ["ok.g", "ok.h"] {
        session
            .topologies
            .put(group, super::cold::Topology::default());
    }
}

/// Another connection to the same gateway.
pub fn session(
    snapshot: &Arc<Snapshot>,
    cluster: &Arc<Cluster>,
    recorder: &Arc<Recorder>,
) -> Session {
    let listener = snapshot.listeners[0].clone();
    let peer = Peer {
        connection: "1".into(),
        listener: listener.name.as_str().into(),
        cluster: "main".into(),
        environment: "test".into(),
        address: SocketAddr::from(([192, 0, 2, 7], 50_000)),
        committed: std::sync::Arc::default(),
        tls: listener.tls.is_some(),
        tls_session: None,
        proxy: None,
    };
    Session::new(
        peer,
        Arc::new(listener),
        snapshot.clone(),
        cluster.clone(),
        recorder.clone(),
    )
}

/// A connection of `alice`.
pub fn script() -> Script {
    by("alice", &document())
}

/// A connection of somebody.
pub fn by(principal: &str, document: &Json) -> Script {
    let mut script = stranger(document);
    log_in(&mut script.session, &script.snapshot, principal);
    script
}

/// Proves the peer by SASL, as if the password had been right.
pub fn log_in(session: &mut Session, snapshot: &Snapshot, principal: &str) {
    let handshake = ask(ApiKey::SASL_HANDSHAKE, 1, |it| {
        it.set("Mechanism", "PLAIN");
    });
    let proof = format!("\0{principal}\0password");
    let proof = ask(ApiKey::SASL_AUTHENTICATE, 2, |it| {
        it.set("AuthBytes", bytes::Bytes::from(proof));
    });
    for (number, request) in [handshake, proof].into_iter().enumerate() {
        let mut frame = request.frame(i32::try_from(number).unwrap());
        drop(session.on_request(&mut frame, NOW));
    }
    let reply = EffectReply::Password {
        user: principal.to_owned(),
        outcome: Ok(identity(snapshot, principal)),
    };
    let verdict = session.on_effect(reply, NOW);
    assert!(matches!(verdict, Verdict::Reply(_)), "{verdict:?}");
}

pub fn identity(snapshot: &Snapshot, principal: &str) -> Identity {
    let principal = snapshot.directory.principal(principal).unwrap().clone();
    Identity {
        credential: principal.credentials[0].id().to_owned(),
        principal,
        other_credentials: Vec::new(),
        expires_milliseconds: None,
        attributes: Attributes::default(),
    }
}

/// The frame as it comes with its buffer, in which other bytes lie too.
fn lent(frame: &[u8]) -> Frame<'static> {
    let mut buffer = b"before".to_vec();
    buffer.extend(u32::try_from(frame.len()).unwrap().to_be_bytes());
    buffer.extend(frame);
    let place = 6..buffer.len();
    buffer.extend(b"behind");
    Frame::Lent(buffer, place)
}

/// The body of a response frame whose length stands in front.
pub fn opened(key: ApiKey, version: i16, framed: &[u8]) -> (i32, Struct) {
    let length = i32::from_be_bytes(framed[..4].try_into().unwrap());
    assert_eq!(usize::try_from(length).unwrap(), framed.len() - 4);
    open_response(key, version, &framed[4..])
}

/// The body of a response frame without its length.
pub fn open_response(key: ApiKey, version: i16, frame: &[u8]) -> (i32, Struct) {
    let limits = Limits::default();
    let at = response_body_at(key, version, frame, &limits).unwrap();
    let schema = schema(key, version, Direction::Response).unwrap();
    let body = bytes::Bytes::copy_from_slice(&frame[at..]);
    let answer = Struct::decode(schema, &body, &limits).unwrap();
    let correlation_id = i32::from_be_bytes(frame[..4].try_into().unwrap());
    (correlation_id, answer)
}

/// The body of a request frame without its length.
pub fn open_request(frame: &[u8]) -> Struct {
    let limits = Limits {
        trailing_bytes_max: 16,
        ..Limits::default()
    };
    let header = kafka::request_header(frame, &limits).unwrap();
    let schema = schema(header.key, header.version, Direction::Request).unwrap();
    let body = bytes::Bytes::copy_from_slice(&frame[header.body_at..]);
    Struct::decode(schema, &body, &limits).unwrap()
}

/// A response frame without its length.
pub fn response_frame(key: ApiKey, version: i16, correlation_id: i32, answer: &Struct) -> Vec<u8> {
    let mut framed = Vec::new();
    write_response(&mut framed, key, version, correlation_id, answer).unwrap();
    framed.split_off(4)
}

/// A request frame without its length.
pub fn request_frame(key: ApiKey, version: i16, correlation_id: i32, request: &Struct) -> Vec<u8> {
    let mut framed = Vec::new();
    write_request(
        &mut framed,
        key,
        version,
        correlation_id,
        Some("test"),
        request,
    )
    .unwrap();
    framed.split_off(4)
}

impl Script {
    /// When: the client sends this.
    pub fn request(&mut self, ask: &Ask) -> &mut Self {
        self.correlation_id += 1;
        self.asked = (ask.key, ask.version);
        self.raw(ask.frame(self.correlation_id))
    }

    /// When: the client sends this, of which something may have to be asked first.
    pub fn undecided(&mut self, ask: &Ask) -> &mut Self {
        self.correlation_id += 1;
        self.asked = (ask.key, ask.version);
        self.raw_undecided(ask.frame(self.correlation_id))
    }

    /// When: the client sends these bytes. A broker that is asked for topic ids knows none of them.
    pub fn raw(&mut self, frame: Vec<u8>) -> &mut Self {
        self.raw_undecided(frame);
        if matches!(
            self.outcome,
            Outcome::Verdict(Verdict::Wait(Effect::ResolveTopics(_)))
        ) {
            self.resolves(&[]);
        }
        self
    }

    /// When: the client sends these bytes, of which something may have to be asked first.
    pub fn raw_undecided(&mut self, frame: Vec<u8>) -> &mut Self {
        self.sent = frame;
        let mut buffer = self.sent.clone();
        let verdict = if self.correlation_id % 2 == 0 {
            self.session.on_request(&mut buffer, self.now)
        } else {
            let mut lent = lent(&buffer);
            let verdict = self.session.on_request_frame(&mut lent, self.now);
            buffer = lent.to_vec();
            verdict
        };
        if matches!(verdict, Verdict::Forward) && self.asked.0 != ApiKey::FETCH {
            assert_eq!(buffer, self.sent, "what is forwarded has changed");
        }
        self.sent = buffer;
        self.outcome = Outcome::of_verdict(verdict);
        self
    }

    pub fn take_verdict(&mut self) -> Verdict {
        match std::mem::replace(&mut self.outcome, Outcome::Nothing) {
            Outcome::Verdict(verdict) => verdict,
            other => panic!("{other:?}"),
        }
    }

    fn verdict(&self) -> &Verdict {
        match &self.outcome {
            Outcome::Verdict(verdict) => verdict,
            other => panic!("the last step was no request: {other:?}"),
        }
    }

    /// What the broker was asked by the last request, if it owes an answer.
    pub fn asked_of_broker(&self) -> Option<(ApiKey, i16)> {
        let asked = match self.verdict() {
            Verdict::Forward => self.asked,
            Verdict::Rewrite(framed) => {
                let header = kafka::request_header(&framed[4..], &Limits::default()).unwrap();
                (header.key, header.version)
            }
            _ => return None,
        };
        (self.session.in_flight() > 0).then_some(asked)
    }

    /// Did the broker's answer lead to one for the client?
    pub fn is_answered(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::Answer(Answer::Forward | Answer::Rewrite(_), _)
        )
    }

    /// Then: the broker gets the frame as it came.
    pub fn forwards(&mut self) -> &mut Self {
        assert!(
            matches!(self.verdict(), Verdict::Forward),
            "{:?}",
            self.verdict()
        );
        self
    }

    /// Then: the broker gets another request.
    pub fn rewrites(&mut self, check: impl FnOnce(&Struct)) -> &mut Self {
        let Verdict::Rewrite(framed) = self.verdict() else {
            panic!("{:?}", self.verdict());
        };
        check(&open_request(&framed[4..]));
        self
    }

    /// Then: the broker sees nothing of it.
    pub fn forwards_nothing(&mut self) -> &mut Self {
        let forwarded = matches!(self.verdict(), Verdict::Forward | Verdict::Rewrite(_));
        assert!(!forwarded, "{:?}", self.verdict());
        self
    }

    /// Then: the client gets this answer, and the broker sees nothing.
    pub fn replies(&mut self, check: impl FnOnce(&Struct)) -> &mut Self {
        let (Verdict::Reply(framed) | Verdict::ReplyAndClose(framed, _)) = self.verdict() else {
            panic!("{:?}", self.verdict());
        };
        let (correlation_id, answer) = opened(self.asked.0, self.asked.1, framed);
        assert_eq!(correlation_id, self.correlation_id);
        check(&answer);
        self
    }

    /// Then: the client gets these error codes, by names and partitions, and the broker sees nothing.
    pub fn refuses(&mut self, expected: &[&str]) -> &mut Self {
        let asked = self.asked;
        self.replies(|answer| assert_eq!(codes(answer), expected, "{} {}", asked.0.name(), asked.1))
    }

    /// Then: it wants to know which topics there are. When: these, or nobody knows.
    pub fn lists(&mut self, topics: Option<&[&str]>) -> &mut Self {
        let waits = matches!(self.verdict(), Verdict::Wait(Effect::ListTopics { .. }));
        assert!(waits, "{:?}", self.verdict());
        if let Some(topics) = topics {
            let names = topics.iter().map(|name| (*name).into()).collect();
            self.cluster.learn_listing(names, self.now);
        }
        let verdict = self.session.on_effect(EffectReply::Listed, self.now);
        self.outcome = Outcome::of_verdict(verdict);
        self
    }

    /// Then: it wants to know which topics some ids stand for. When: the broker knows these.
    pub fn resolves(&mut self, known: &[(&str, u8)]) -> &mut Self {
        let Verdict::Wait(Effect::ResolveTopics(ids)) = self.verdict() else {
            panic!("{:?}", self.verdict());
        };
        let ids = ids.clone();
        for (name, byte) in known {
            assert!(ids.contains(&id(*byte)), "{name} was not asked for");
            self.cluster.learn_topic(id(*byte), name);
        }
        self.cluster.learn_unknown(&ids, self.now);
        let verdict = self.session.on_effect(EffectReply::Listed, self.now);
        self.outcome = Outcome::of_verdict(verdict);
        self
    }

    /// Then: it wants to know what the coordinator has of a streams group. When: this, or nothing.
    pub fn describes(&mut self, expected: &str, described: Option<Struct>) -> &mut Self {
        let Verdict::Wait(Effect::DescribeStreamsGroup { group }) = self.verdict() else {
            panic!("{:?}", self.verdict());
        };
        assert_eq!(group, expected);
        let group = group.clone();
        let reply = EffectReply::Described { group, described };
        let verdict = self.session.on_effect(reply, self.now);
        self.outcome = Outcome::of_verdict(verdict);
        self
    }

    /// Then: the connection ends.
    pub fn closes(&mut self) -> Close {
        match &self.outcome {
            Outcome::Verdict(Verdict::Close(close) | Verdict::ReplyAndClose(_, close))
            | Outcome::Answer(Answer::Close(close), _) => close.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// When: the broker answers the last request.
    pub fn broker(&mut self, fill: impl FnOnce(&mut Struct)) -> &mut Self {
        let (key, version) = self.asked;
        self.broker_answers(key, version, self.correlation_id, fill)
    }

    /// When: the broker answers some request.
    pub fn broker_answers(
        &mut self,
        key: ApiKey,
        version: i16,
        correlation_id: i32,
        fill: impl FnOnce(&mut Struct),
    ) -> &mut Self {
        let mut answer = Struct::new(schema(key, version, Direction::Response).unwrap());
        fill(&mut answer);
        self.raw_answer(response_frame(key, version, correlation_id, &answer))
    }

    /// When: the broker sends these bytes.
    pub fn raw_answer(&mut self, mut frame: Vec<u8>) -> &mut Self {
        let answer = if self.correlation_id % 2 == 0 {
            self.session.on_response(&mut frame, self.now)
        } else {
            let mut lent = lent(&frame);
            let answer = self.session.on_response_frame(&mut lent, self.now);
            frame = lent.to_vec();
            answer
        };
        self.outcome = Outcome::of_answer(answer, frame);
        self
    }

    /// Then: the client gets the broker's answer as it is.
    pub fn passes(&mut self) -> &mut Self {
        assert!(
            matches!(self.outcome, Outcome::Answer(Answer::Forward, _)),
            "{:?}",
            self.outcome
        );
        self
    }

    /// Then: the broker is asked something else, and the client waits.
    pub fn asks(&mut self, key: ApiKey, check: impl FnOnce(&Struct)) -> &mut Self {
        let framed = match &self.outcome {
            Outcome::Answer(Answer::Ask(framed), _)
            | Outcome::Verdict(Verdict::Rewrite(framed)) => framed,
            other => panic!("{other:?}"),
        };
        let request = open_request(&framed[4..]);
        let header = kafka::request_header(&framed[4..], &Limits::default()).unwrap();
        assert_eq!((header.key, header.client_id), (key, Some("test")));
        assert_eq!(header.correlation_id, self.correlation_id);
        self.question = (header.key, header.version);
        assert!(
            !self.session.has_room(),
            "a request could overtake the question"
        );
        check(&request);
        self
    }

    /// When: the broker answers the question.
    pub fn told(&mut self, fill: impl FnOnce(&mut Struct)) -> &mut Self {
        let (key, version) = self.question;
        self.broker_answers(key, version, self.correlation_id, fill)
    }

    /// Then: the client gets nothing of the broker's answer.
    pub fn drops(&mut self) -> &mut Self {
        assert!(
            matches!(self.outcome, Outcome::Answer(Answer::Drop, _)),
            "{:?}",
            self.outcome
        );
        self
    }

    /// Then: the client gets this answer, changed or not.
    pub fn answers(&mut self, check: impl FnOnce(&Struct)) -> &mut Self {
        let (correlation_id, answer) = match &self.outcome {
            Outcome::Answer(Answer::Forward, frame) => {
                open_response(self.asked.0, self.asked.1, frame)
            }
            Outcome::Answer(Answer::Rewrite(framed), _) => {
                opened(self.asked.0, self.asked.1, framed)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(correlation_id, self.correlation_id);
        check(&answer);
        self
    }

    /// When: what this turn disclosed is written.
    pub fn commit(&mut self) -> &mut Self {
        self.session.commit(self.now).unwrap();
        self
    }

    /// When: another snapshot comes into force.
    pub fn apply(&mut self, document: &Json) -> Result<Vec<Vec<u8>>, Close> {
        self.snapshot = Arc::new(snapshot(document));
        self.session.on_snapshot(self.snapshot.clone(), self.now)
    }

    /// When: a secret that was lent is taken back.
    pub fn withhold(&mut self, reference: &str) {
        self.snapshot = Arc::new(self.snapshot.without(&[reference.to_owned()]));
        let told = self.session.on_snapshot(self.snapshot.clone(), self.now);
        assert!(told.unwrap().is_empty());
    }

    /// The number of the last request.
    pub fn last_correlation_id(&self) -> i32 {
        self.correlation_id
    }

    /// The request as the broker gets it, after a [`Self::forwards`].
    pub fn forwarded(&self) -> &[u8] {
        &self.sent
    }

    /// What the log holds of this kind.
    pub fn log(&mut self, kind: &str) -> Vec<Json> {
        let journal = self.recorder.journal();
        drop(journal.record(br#"{"streaming":{"kind":"mark"}}"#));
        let mut reader = Reader::open(self.directory.path(), "").unwrap();
        let entries = reader.read(usize::MAX).unwrap().into_iter();
        entries
            .map(|(_, leaf)| serde_json::from_slice::<Json>(&leaf).unwrap())
            .map(|event| event["streaming"].clone())
            .filter(|streaming| streaming["kind"] == kind)
            .collect()
    }

    /// The log of this kind, as `action resource-name`.
    pub fn deeds(&mut self, kind: &str) -> Vec<String> {
        let text = |it: &Json| it.as_str().unwrap_or_default().to_owned();
        let deeds = self.log(kind).into_iter();
        deeds
            .map(|it| format!("{} {}", text(&it["action"]), text(&it["resource"]["name"])))
            .collect()
    }

    /// The ranges that the log holds, as `partition first-last records`.
    pub fn ranges(&mut self) -> Vec<String> {
        self.commit();
        self.recorder.roll_up(self.now).unwrap();
        let rolled = self.log("access_rollup");
        let ranges = rolled
            .iter()
            .flat_map(|it| it["ranges"].as_array().unwrap().clone());
        ranges
            .map(|it| {
                let text = |name: &str| it[name].as_str().unwrap().to_owned();
                let (first, last, records) = (text("first"), text("last"), text("records"));
                format!("{} {first}-{last} {records}", it["partition"])
            })
            .collect()
    }

    /// Nothing can be written from now on.
    pub fn break_journal(&mut self) -> &mut Self {
        self.recorder.journal().clone().close().unwrap();
        self
    }
}

/// For [`crate::fuzz::session`]: every request that is served, naming what is allowed, what is not, and both,
/// with an answer that says nothing. Written into a folder that `STREAMWARD_FUZZ_SEEDS` names.
pub fn seeds() -> Vec<Vec<u8>> {
    const CLIENT_FRAME: u8 = 2;
    const BROKER_FRAME_NUMBERED: u8 = 7;
    let topics: [&[&str]; 3] = [&["ok.a"], &["no.a"], &["ok.a", "no.a"]];
    let mut seeds = Vec::new();
    for (key, version) in hostile::served() {
        for (place, topics) in topics.iter().enumerate() {
            let groups = if place == 1 { ["no.g"] } else { ["ok.g"] };
            let names = messages::Names {
                topics,
                groups: &groups,
                transactional_id: "ok.t",
            };
            let answer = Struct::new(schema(key, version, Direction::Response).unwrap());
            let pieces = [
                (CLIENT_FRAME, messages::naming(key, version, names).frame(1)),
                (
                    BROKER_FRAME_NUMBERED,
                    response_frame(key, version, 1, &answer),
                ),
            ];
            let powerful = if place == 2 { 2 } else { 0 };
            let mut seed = vec![powerful];
            for (kind, bytes) in pieces {
                seed.push(kind);
                seed.extend(u16::try_from(bytes.len()).unwrap().to_le_bytes());
                seed.extend(bytes);
            }
            seeds.push(seed);
        }
    }
    if let Some(folder) = std::env::var_os("STREAMWARD_FUZZ_SEEDS") {
        for (number, seed) in seeds.iter().enumerate() {
            let file = std::path::Path::new(&folder).join(format!("seed-{number}"));
            std::fs::write(file, seed).unwrap();
        }
    }
    seeds
}
