//! A connection's session between a client and a broker that both send any bytes at all. For cargo-fuzz
//! (`rust/fuzz`), and for a test that replays its corpus.

use std::net::SocketAddr;
use std::ops::Range as Bytes;
use std::sync::{Arc, OnceLock};

use serde_json::json;
use streamward_audit::{Journal, Options};
use streamward_wire::frame::{LENGTH_BYTES, complete};
use streamward_wire::kafka::{self, Direction, Entity, Field, Leaf, Visitor, walk};
use streamward_wire::{Limits, WireError};

use crate::caller::Peer;
use crate::cluster::Cluster;
use crate::frame::Frame;
use crate::materials::Materials;
use crate::recorder::Recorder;
use crate::session::{Answer, Close, Session, Verdict};
use crate::snapshot::Snapshot;

/// Topics whose names start so are nobody's in this policy.
const DENIED: &str = "no.";
const TOPICS: [(&str, u8); 3] = [("ok.a", 1), ("ok.b", 2), ("no.a", 3)];
/// 2026-01-05, 00:00 UTC.
const NOW: i64 = 1_767_571_200_000;

/// What all connections share.
struct Common {
    /// Of who may do anything to what is called `ok.…`, and of who may do anything.
    snapshots: [Arc<Snapshot>; 2],
    recorder: Arc<Recorder>,
    cluster: Arc<Cluster>,
}

/// What a plaintext listener's principal may do, by this rule.
fn snapshot(rule: &str) -> Arc<Snapshot> {
    let document = json!({
        "format": 1, "bundle": "fuzz", "environment": "development",
        "clusters": [{"name": "main", "bootstrap": ["127.0.0.1:9092"], "tls": null}],
        "listeners": [{
            "name": "plain", "cluster": "main", "bind": "127.0.0.1", "advertise": "gw.example.com",
            "routing": {"type": "ports", "bootstrap_port": 19092,
                "nodes": {"first_id": 0, "count": 3, "first_port": 19093}},
            "tls": null, "mechanisms": [], "plaintext_principal": "alice",
            "durability": "grouped", "unrecorded": "refuse",
            "limits": {"connections_max": 10, "frame_bytes_max": 1_048_576, "in_flight_max": 8}}],
        "identity": {"principals": [{"id": "alice", "type": "service", "tenant": null, "roles": [],
            "mfa": false, "device_posture": null, "credentials": []}]},
        "policy": {
            "version": "sha256:1", "schema": streamward_policy::SCHEMA,
            "rules": [{"id": "grant:ok", "source": "grants.yaml:1", "cedar": rule, "slices": []}],
            "roles": [], "tenants": [], "namespaces": [], "streams": [], "classes": [],
            "networks": []},
        "overlay": {"epoch": 1, "revoked": [], "quarantined": []}
    });
    match Snapshot::build(document.to_string().as_bytes(), Materials::new()) {
        Ok(snapshot) => Arc::new(snapshot),
        Err(error) => panic!("the fuzzing policy can't be used: {error}"),
    }
}

fn common() -> &'static Common {
    static COMMON: OnceLock<Common> = OnceLock::new();
    COMMON.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("streamward-fuzz-{}", std::process::id()));
        let Ok((journal, recovered)) = Journal::open(&folder, Options::default()) else {
            panic!("`{}` can't be written", folder.display());
        };
        let cluster = Cluster::new("main");
        for (name, byte) in TOPICS {
            cluster.learn_topic([byte; 16], name);
        }
        Common {
            snapshots: [
                "permit(principal, action, resource) when \
                 { resource has name && resource.name like \"ok.*\" };",
                "permit(principal, action, resource);",
            ]
            .map(snapshot),
            recorder: Arc::new(Recorder::new(journal, recovered.access_first)),
            cluster: Arc::new(cluster),
        }
    })
}

/// Plays what stands in `input`: whether the client has proved who it is and may do anything, then pieces, each with who sends
/// it, how it is framed, and two bytes of length.
///
/// # Panics
/// Where the broker gets something from nobody, or something that names what is denied.
pub fn session(input: &[u8]) {
    let Some((first, mut rest)) = input.split_first() else {
        return;
    };
    let mut connection = Connection::new(first & 1 == 0, first & 2 != 0);
    while let Some(([kind, low, high], bytes)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(bytes.len());
        let (piece, later) = bytes.split_at(length);
        rest = later;
        if connection.play(*kind, piece).is_err() {
            return;
        }
    }
}

struct Connection {
    session: Session,
    powerful: bool,
    from_client: Vec<u8>,
    from_broker: Vec<u8>,
}

impl Connection {
    fn new(proved: bool, powerful: bool) -> Self {
        let common = common();
        let snapshot = &common.snapshots[usize::from(powerful)];
        let listener = snapshot.listeners[0].clone();
        let peer = Peer {
            connection: "1".into(),
            listener: "plain".into(),
            cluster: "main".into(),
            environment: "development".into(),
            address: SocketAddr::from(([127, 0, 0, 1], 50_000)),
            committed: std::sync::Arc::default(),
            tls: !proved,
            tls_session: None,
            proxy: None,
        };
        let mut session = Session::new(
            peer,
            Arc::new(listener),
            snapshot.clone(),
            common.cluster.clone(),
            common.recorder.clone(),
        );
        if proved {
            let _entered = session.plaintext(NOW);
        }
        Self {
            session,
            powerful,
            from_client: Vec::new(),
            from_broker: Vec::new(),
        }
    }

    /// One piece: from the client or the broker, raw or as a whole frame, whose number may be the right one.
    fn play(&mut self, kind: u8, piece: &[u8]) -> Result<(), Close> {
        let (of_broker, framed, numbered) = (kind & 1 != 0, kind & 2 != 0, kind & 4 != 0);
        let mut piece = piece.to_vec();
        if numbered
            && let (Some(number), Some(first)) =
                (self.session.awaited(), piece.first_chunk_mut::<4>())
        {
            *first = number.to_be_bytes();
        }
        let buffer = if of_broker {
            &mut self.from_broker
        } else {
            &mut self.from_client
        };
        if framed {
            let length = u32::try_from(piece.len()).unwrap_or(0);
            buffer.extend(length.to_be_bytes());
        }
        buffer.extend(piece);
        let moved = if of_broker {
            self.answers()
        } else {
            self.requests()
        };
        self.session.commit(NOW)?;
        while self.session.next_local().is_some() {}
        moved
    }

    fn requests(&mut self) -> Result<(), Close> {
        while self.session.has_room() {
            let unparsed = &mut self.from_client;
            if self.session.is_receiving() {
                let released = self.session.receive(unparsed, NOW)?;
                unparsed.drain(..released);
                if released == 0 {
                    break;
                }
                continue;
            }
            let found = complete(unparsed, self.session.request_limits());
            let Some(length) = found.map_err(malformed)? else {
                if self.session.begins_receiving(unparsed, NOW)? {
                    continue;
                }
                break;
            };
            let mut frame: Vec<u8> = unparsed.drain(..length).collect();
            let authenticated = self.session.authenticated();
            let mut names = Names { all: self.powerful };
            let mut frame = coming(&mut frame);
            let verdict = self.session.on_request_frame(&mut frame, NOW);
            match verdict {
                Verdict::Forward => reaches_broker(authenticated, &frame, &mut names),
                Verdict::Rewrite(frame) => {
                    let frame = frame.get(LENGTH_BYTES..).unwrap_or_default();
                    reaches_broker(authenticated, frame, &mut names);
                }
                Verdict::RewriteParts(parts) => {
                    let frame = parts.to_vec();
                    let frame = frame.get(LENGTH_BYTES..).unwrap_or_default();
                    reaches_broker(authenticated, frame, &mut names);
                }
                Verdict::Close(close) | Verdict::ReplyAndClose(_, close) => return Err(close),
                Verdict::Wait(_) => break,
                Verdict::Reply(_) | Verdict::Nothing => {}
            }
        }
        Ok(())
    }

    fn answers(&mut self) -> Result<(), Close> {
        loop {
            let unparsed = &mut self.from_broker;
            if self.session.is_streaming() {
                let released = self.session.stream(unparsed)?;
                unparsed.drain(..released);
                if released == 0 {
                    return Ok(());
                }
                continue;
            }
            let found = complete(unparsed, self.session.response_limits());
            let Some(length) = found.map_err(malformed)? else {
                if self.session.begins_stream(unparsed, NOW)? {
                    continue;
                }
                return Ok(());
            };
            let mut frame: Vec<u8> = unparsed.drain(..length).collect();
            let mut frame = coming(&mut frame);
            if let Answer::Close(close) = self.session.on_response_frame(&mut frame, NOW) {
                return Err(close);
            }
        }
    }
}

/// Where it lies, or, if its length is odd, with its buffer.
fn coming(framed: &mut Vec<u8>) -> Frame<'_> {
    if framed.len().is_multiple_of(2) {
        return Frame::Placed(framed.get_mut(LENGTH_BYTES..).unwrap_or_default());
    }
    let whole = 0..framed.len();
    Frame::Lent(std::mem::take(framed), whole)
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.session.end();
        let _entered = self.session.commit(NOW);
    }
}

fn malformed(source: WireError) -> Close {
    Close::Malformed {
        what: "frame",
        source,
    }
}

fn reaches_broker(authenticated: bool, frame: &[u8], names: &mut Names) {
    assert!(authenticated, "nobody's request reaches the broker");
    let limits = Limits {
        trailing_bytes_max: 16,
        ..Limits::default()
    };
    let Ok(header) = kafka::request_header(frame, &limits) else {
        panic!("what reaches the broker has a header");
    };
    let schema = kafka::schema(header.key, header.version, Direction::Request);
    let body = frame.get(header.body_at..).unwrap_or_default();
    let walked = schema.map(|schema| walk(schema, body, &limits, names));
    assert!(
        matches!(walked, Some(Ok(()))),
        "{:?}: {walked:?}",
        header.key
    );
}

/// Looks at every name and every id of a topic.
struct Names {
    /// All are allowed.
    all: bool,
}

impl<'a> Visitor<'a> for Names {
    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        _at: Bytes<usize>,
    ) -> Result<(), WireError> {
        if self.all {
            return Ok(());
        }
        if let (Some(Entity::TopicName), Leaf::Str(Some(name))) = (field.entity, leaf) {
            assert!(!name.starts_with(DENIED), "`{name}` reaches the broker");
        }
        if let Leaf::Uuid(id) = leaf {
            assert!(id != [3; 16], "the id of a denied topic reaches the broker");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_corpus_holds() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/session");
        let files = std::fs::read_dir(folder).unwrap();
        let inputs = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let inputs: Vec<Vec<u8>> = inputs.collect();
        assert!(!inputs.is_empty());
        for input in inputs {
            session(&input);
        }
    }

    /// Every request that is served, for what is allowed and what is not, and an empty answer to each.
    #[test]
    fn every_request_holds() {
        for input in crate::session::seeds() {
            session(&input);
        }
    }
}
