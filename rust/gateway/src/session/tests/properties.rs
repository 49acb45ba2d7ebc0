//! What holds for every request, whatever it names and however its bytes arrive.

use proptest::prelude::*;
use streamward_wire::frame::{LENGTH_BYTES, complete};
use streamward_wire::kafka::ApiKey;

use super::hostile::{forbidden, served};
use super::messages::{Names, naming};
use super::{
    Effect, EffectReply, NOW, Script, Verdict, knows_topics, log_in, open_request, script, session,
};

const TOPIC_NAMES: [&str; 5] = ["ok.a", "ok.b", "no.a", "see.a", "of.nobody"];
const GROUP_NAMES: [&str; 4] = ["ok.g", "ok.h", "no.g", "no.h"];
const TRANSACTIONAL_IDS: [&str; 2] = ["ok.t", "no.t"];

/// A request: which of the served, and what it names.
#[derive(Clone, Debug)]
struct Shape {
    place: usize,
    topics: Vec<usize>,
    groups: Vec<usize>,
    transactional_id: usize,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let topics = proptest::collection::vec(0..TOPIC_NAMES.len(), 1..4);
    let groups = proptest::collection::vec(0..GROUP_NAMES.len(), 1..3);
    let places = 0..served().len();
    (places, topics, groups, 0..TRANSACTIONAL_IDS.len()).prop_map(
        |(place, topics, groups, transactional_id)| Shape {
            place,
            topics,
            groups,
            transactional_id,
        },
    )
}

fn frame(shape: &Shape, correlation_id: i32) -> (ApiKey, Vec<u8>) {
    let (key, version) = served()[shape.place];
    let topics: Vec<&str> = shape.topics.iter().map(|it| TOPIC_NAMES[*it]).collect();
    let groups: Vec<&str> = shape.groups.iter().map(|it| GROUP_NAMES[*it]).collect();
    let names = Names {
        topics: &topics,
        groups: &groups,
        transactional_id: TRANSACTIONAL_IDS[shape.transactional_id],
    };
    (key, naming(key, version, names).frame(correlation_id))
}

/// What becomes of each frame of a stream that arrives in pieces of these sizes.
fn play(script: &Script, stream: &[u8], pieces: &[usize]) -> Vec<String> {
    let mut session = session(&script.snapshot, &script.cluster, &script.recorder);
    log_in(&mut session, &script.snapshot, "alice");
    let (mut arrived, mut verdicts) = (Vec::new(), Vec::new());
    let mut rest = stream;
    let mut sizes = pieces.iter().copied().cycle();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(rest.len()).clamp(1, rest.len());
        let (piece, later) = rest.split_at(size);
        arrived.extend_from_slice(piece);
        rest = later;
        while let Some(length) = complete(&arrived, session.request_limits()).unwrap() {
            let mut frame: Vec<u8> = arrived.drain(..length).skip(LENGTH_BYTES).collect();
            let verdict = session.on_request(&mut frame, NOW);
            verdicts.push(format!("{verdict:?} {frame:?}"));
        }
    }
    verdicts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_the_bytes_gives_the_same_verdicts(
        shapes in proptest::collection::vec(shapes(), 1..6),
        pieces in proptest::collection::vec(1_usize..40, 1..8),
    ) {
        let script = script();
        let mut stream = Vec::new();
        for (number, shape) in shapes.iter().enumerate() {
            let (_, frame) = frame(shape, i32::try_from(number).unwrap());
            stream.extend(u32::try_from(frame.len()).unwrap().to_be_bytes());
            stream.extend(frame);
        }
        let whole = play(&script, &stream, &[stream.len()]);
        prop_assert_eq!(whole.len(), shapes.len());
        prop_assert_eq!(play(&script, &stream, &pieces), whole);
    }

    #[test]
    fn what_is_allowed_is_forwarded_byte_for_byte_and_nothing_else_gets_through(shape in shapes()) {
        let mut script = script();
        knows_topics(&mut script.session);
        let (key, frame) = frame(&shape, 1);
        let names_denied = !forbidden(key, &outside_a_session(key, &frame)).is_empty();
        let mut sent = frame.clone();
        let mut verdict = script.session.on_request(&mut sent, NOW);
        if let Verdict::Wait(Effect::ResolveTopics(ids)) = &verdict {
            script.cluster.learn_unknown(ids, NOW);
            verdict = script.session.on_effect(EffectReply::Listed, NOW);
        }
        match &verdict {
            Verdict::Forward if key == ApiKey::FETCH => {
                let differing = (0..sent.len()).filter(|at| sent[*at] != frame[*at]);
                let places: Vec<usize> = differing.collect();
                let span = places.last().zip(places.first()).map_or(0, |(last, first)| last - first);
                prop_assert!(span < 8);
                prop_assert!(!names_denied);
            }
            Verdict::Forward => {
                prop_assert_eq!(&sent, &frame);
                prop_assert!(!names_denied);
            }
            Verdict::Rewrite(framed) => {
                let request = open_request(&framed[LENGTH_BYTES..]);
                let asked = request.schema().key;
                prop_assert_eq!(forbidden(asked, &request), Vec::<String>::new());
            }
            Verdict::Reply(_) => prop_assert!(names_denied || twice(&shape)),
            other => prop_assert!(false, "{:?}", other),
        }
        // Nobody is refused without a word in the log, and nobody is let in without one.
        let entries = script.log("denied").len() + script.log("access_opened").len();
        prop_assert!(entries > 0 || speaks_of_nobody(key) || twice(&shape));
    }
}

/// The request as it would be without its session, which is never forwarded.
fn outside_a_session(key: ApiKey, frame: &[u8]) -> streamward_wire::kafka::Struct {
    let mut request = open_request(frame);
    if key == ApiKey::FETCH {
        request.set("SessionId", 0).set("SessionEpoch", -1);
    }
    request
}

/// A produce request that names a topic twice is refused for that.
fn twice(shape: &Shape) -> bool {
    let mut topics = shape.topics.clone();
    topics.sort_unstable();
    topics.windows(2).any(|pair| pair[0] == pair[1])
}

/// Listings are entered by what their answers show; an unknown id is nobody's; Kafka asks for no right on
/// telemetry, and tokens are nobody's.
fn speaks_of_nobody(key: ApiKey) -> bool {
    [
        ApiKey::LIST_GROUPS,
        ApiKey::LIST_TRANSACTIONS,
        ApiKey::DESCRIBE_CLUSTER,
        ApiKey::PRODUCE,
        ApiKey::FETCH,
        ApiKey::GET_TELEMETRY_SUBSCRIPTIONS,
        ApiKey::PUSH_TELEMETRY,
        ApiKey::CREATE_DELEGATION_TOKEN,
        ApiKey::RENEW_DELEGATION_TOKEN,
        ApiKey::EXPIRE_DELEGATION_TOKEN,
        ApiKey::DESCRIBE_DELEGATION_TOKEN,
    ]
    .contains(&key)
}
