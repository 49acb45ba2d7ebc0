//! Mutated requests and answers, the same on every machine: nothing panics, and whatever the broker gets
//! names nothing that is denied.

use std::collections::HashSet;

use streamward_wire::kafka::{
    ApiKey, Direction, Entity, Schema, Struct, Value, access, apis, batch, schema,
};

use super::messages::{Names, naming};
use super::{
    Answer, NOW, TOPICS, Verdict, knows_topics, log_in, open_request, response_frame, script,
    session,
};

/// Requests in all, and answers; a few seconds unoptimised.
const REQUESTS: u64 = 20_000;
const ANSWERS: u64 = 4_000;

/// The generator `SplitMix64`.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Values that have broken readers of lengths, names and versions before.
const NASTY: [&[u8]; 10] = [
    &[0x7f, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x80, 0, 0, 0],
    &[0xff, 0xff],
    &[0],
    &[1],
    b"no.a",
    b"ok.a",
    b"no.",
    &[3; 16],
];

pub fn mutate(frame: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..random.below(4) {
        let at = random.below(frame.len() + 1);
        match random.below(6) {
            0 if random.below(4) == 0 => frame.truncate(at),
            1 => frame.insert(at, random.next().to_le_bytes()[0]),
            2 if at < frame.len() => frame[at] ^= 1 << random.below(8),
            3 if at < frame.len() => drop(frame.remove(at)),
            // Another API or version for the same bytes.
            4 if random.below(3) == 0 && frame.len() > 4 => {
                let at = [1, 3][random.below(2)];
                frame[at] = u8::try_from(random.below(70)).unwrap();
            }
            _ => {
                let nasty = NASTY[random.below(NASTY.len())];
                let end = (at + nasty.len()).min(frame.len());
                frame[at..end].copy_from_slice(&nasty[..end - at]);
            }
        }
    }
}

/// Every API and version that is served to whoever has proved himself.
pub fn served() -> Vec<(ApiKey, i16)> {
    let rows = access::served();
    let governed = rows.filter(|row| !matches!(row.access, access::Access::Local(_)));
    let versions = governed
        .flat_map(|row| (row.versions.0..=row.versions.1).map(|version| (row.key, version)));
    versions.collect()
}

/// What `alice` may name. What she may see but not use is not among it: `see.…`.
fn allowed(name: &str) -> bool {
    name.starts_with("ok.")
}

fn allowed_id(id: [u8; 16]) -> bool {
    let known = TOPICS.iter().find(|(_, byte)| [*byte; 16] == id);
    known.is_some_and(|(name, _)| allowed(name))
}

/// Everything that a request names and `alice` may not; empty where the broker may have it.
pub fn forbidden(key: ApiKey, request: &Struct) -> Vec<String> {
    let mut found = Vec::new();
    collect(key, request, &mut found);
    if stands_on_the_cluster(key, request.schema().version) {
        found.push("the cluster".into());
    }
    match key {
        // Kafka asks for it where a batch is transactional, and so do we.
        ApiKey::PRODUCE if !transactional(request) => {
            let id = request.str("TransactionalId").unwrap_or_default();
            found.retain(|name| name != id);
        }
        ApiKey::CREATE_PARTITIONS if changes_nothing(request) => {
            found.retain(|name| !name.starts_with("see."));
        }
        ApiKey::FIND_COORDINATOR => {
            let keys = request
                .array("CoordinatorKeys")
                .iter()
                .filter_map(Value::as_str);
            let keys = keys.chain(request.str("Key"));
            found.extend(keys.filter(|key| !allowed(key)).map(str::to_owned));
            if request.int("KeyType") > 1 {
                found.push("a coordinator of another kind".into());
            }
        }
        ApiKey::DESCRIBE_CONFIGS | ApiKey::ALTER_CONFIGS | ApiKey::INCREMENTAL_ALTER_CONFIGS => {
            for resource in request.structs("Resources") {
                let name = resource.str("ResourceName").unwrap_or_default();
                if !allowed(name) || ![2, 32].contains(&resource.int("ResourceType")) {
                    found.push(name.to_owned());
                }
            }
        }
        ApiKey::DESCRIBE_GROUPS => {
            let groups = request.array("Groups").iter().filter_map(Value::as_str);
            found.extend(groups.filter(|name| !allowed(name)).map(str::to_owned));
        }
        ApiKey::FETCH => {
            if request.int("SessionId") != 0
                || request.has("SessionEpoch") && ![0, -1].contains(&request.int("SessionEpoch"))
            {
                found.push("a session".into());
            }
            let state = request.get("ReplicaState").as_struct();
            let replica = state.map_or(request.int("ReplicaId"), |it| it.int("ReplicaId"));
            if replica >= 0 {
                found.push("a follower".into());
            }
        }
        ApiKey::CONSUMER_GROUP_HEARTBEAT => {
            found.extend(
                request
                    .str("SubscribedTopicRegex")
                    .filter(|it| !it.is_empty())
                    .map(str::to_owned),
            );
        }
        _ => {}
    }
    found
}

/// What needs a right on the cluster, which `alice` lacks, and what no broker is asked for.
pub fn stands_on_the_cluster(key: ApiKey, version: i16) -> bool {
    match &access::row(key, version).unwrap().access {
        access::Access::OfCaller(_) => true,
        access::Access::Governed(governed) => governed
            .whole
            .iter()
            .any(|it| it.resource == access::Resource::Cluster),
        _ => [
            ApiKey::WRITE_TXN_MARKERS,
            ApiKey::ALTER_REPLICA_LOG_DIRS,
            ApiKey::DESCRIBE_QUORUM,
        ]
        .contains(&key),
    }
}

fn collect(key: ApiKey, holder: &Struct, found: &mut Vec<String>) {
    for field in holder.schema().all() {
        // Outside a session the broker forgets nothing; a member says what it holds by ids of the broker's own.
        let ignored = field.name == "ForgottenTopicsData"
            || key == ApiKey::CONSUMER_GROUP_HEARTBEAT && field.name == "TopicPartitions"
            // The answer to an id is decided when the broker has said which topic it is.
            || key == ApiKey::METADATA && field.name == "TopicId"
            // Narrows a listing.
            || field.name == "TransactionalIdPattern";
        if ignored {
            continue;
        }
        let names = matches!(
            field.entity,
            Some(Entity::TopicName | Entity::GroupId | Entity::TransactionalId)
        );
        let look = |value: &Value, found: &mut Vec<String>| match value {
            Value::Str(name)
                if names && !allowed(name) && !seen_only(key, name) && !keeps_out(key, name) =>
            {
                found.push(name.clone());
            }
            Value::Uuid(id)
                if field.name == "TopicId"
                    && *id != [0; 16]
                    && !allowed_id(*id)
                    && !seen_id(key, *id) =>
            {
                found.push(format!("{id:?}"));
            }
            Value::Struct(inner) => collect(key, inner, found),
            _ => {}
        };
        match holder.get(field.name) {
            Value::Array(elements) => elements.iter().for_each(|it| look(it, found)),
            value => look(value, found),
        }
    }
}

/// Describe is enough for these.
fn describes(key: ApiKey) -> bool {
    [
        ApiKey::METADATA,
        ApiKey::DESCRIBE_TOPIC_PARTITIONS,
        ApiKey::LIST_OFFSETS,
        ApiKey::OFFSET_FETCH,
        ApiKey::OFFSET_FOR_LEADER_EPOCH,
        ApiKey::CONSUMER_GROUP_HEARTBEAT,
        ApiKey::SHARE_GROUP_HEARTBEAT,
        ApiKey::STREAMS_GROUP_HEARTBEAT,
        ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS,
    ]
    .contains(&key)
}

/// What never enters a transaction stands in place of what is denied.
fn keeps_out(key: ApiKey, name: &str) -> bool {
    key == ApiKey::ADD_PARTITIONS_TO_TXN && name == "__consumer_offsets"
}

/// The question whether a topic exists that may be described and not removed.
fn changes_nothing(request: &Struct) -> bool {
    request.schema().key == ApiKey::CREATE_PARTITIONS && request.bool("ValidateOnly")
}

fn seen_only(key: ApiKey, name: &str) -> bool {
    describes(key) && name.starts_with("see.")
}

fn seen_id(key: ApiKey, id: [u8; 16]) -> bool {
    describes(key) && id == [4; 16]
}

fn transactional(request: &Struct) -> bool {
    let partitions = request
        .structs("TopicData")
        .flat_map(|topic| topic.structs("PartitionData"));
    let records = partitions.filter_map(|it| it.bytes("Records"));
    let mut batches = records.flat_map(|records| batch::batches(records).collect::<Vec<_>>());
    batches.any(|batch| batch.is_ok_and(|batch| batch.is_transactional()))
}

/// Names for one request: allowed, denied, or both.
fn some_names(random: &mut Random) -> (Vec<&'static str>, Vec<&'static str>, &'static str) {
    let mut pick = |from: &[&'static str]| from[random.below(from.len())];
    let topics = ["ok.a", "ok.b", "no.a", "see.a", "of.nobody", ""];
    let topics = vec![pick(&topics), pick(&topics)];
    let groups = vec![pick(&["ok.g", "ok.g", "no.g"]), pick(&["ok.h", "no.h"])];
    (topics, groups, pick(&["ok.t", "ok.t", "no.t"]))
}

#[test]
fn no_mutation_of_a_request_gets_to_the_broker_with_a_name_that_is_denied() {
    let script = script();
    let mut random = Random(1);
    let served = served();
    let (mut forwarded, mut apis) = (0, HashSet::new());
    for number in 0..REQUESTS {
        let (key, version) = served[random.below(served.len())];
        let (topics, groups, transactional_id) = some_names(&mut random);
        let names = Names {
            topics: &topics[..=random.below(2)],
            groups: &groups[..=random.below(2)],
            transactional_id,
        };
        let mut request = naming(key, version, names);
        let mut session = session(&script.snapshot, &script.cluster, &script.recorder);
        log_in(&mut session, &script.snapshot, "alice");
        knows_topics(&mut session);
        if key == ApiKey::SHARE_ACKNOWLEDGE {
            // Only what was fetched can be acknowledged.
            let opening = naming(ApiKey::SHARE_FETCH, version, names);
            drop(session.on_request(&mut opening.frame(0), NOW));
            request = request.with("ShareSessionEpoch", 1);
        }
        let mut frame = request.frame(1);
        mutate(&mut frame, &mut random);
        let verdict = session.on_request(&mut frame, NOW);
        let sent = match &verdict {
            Verdict::Forward => &frame,
            Verdict::Rewrite(framed) => &framed[4..].to_vec(),
            _ => continue,
        };
        let request = open_request(sent);
        let key = request.schema().key;
        assert_eq!(
            forbidden(key, &request),
            Vec::<String>::new(),
            "{number}: {}",
            request.to_json()
        );
        forwarded += 1;
        apis.insert(key);
    }
    // The test means something only if much of it gets through.
    assert!(forwarded > REQUESTS / 10, "{forwarded}");
    let hers = served
        .iter()
        .filter(|it| !stands_on_the_cluster(it.0, it.1));
    assert_eq!(
        apis.len(),
        hers.map(|it| it.0).collect::<HashSet<_>>().len()
    );
}

/// An answer with one element in each of its arrays, all of which name something.
fn full(of: &'static Schema, random: &mut Random) -> Struct {
    let mut made = Struct::new(of);
    fill(&mut made, of, random);
    made
}

fn fill(made: &mut Struct, of: &'static Schema, random: &mut Random) {
    for field in of.all() {
        let text = ["ok.a", "no.a", "ok.g", "b1.internal"][random.below(4)];
        let value: Value = match (field.structure(), made.get(field.name)) {
            (Some(inner), value) if field.array || matches!(value, Value::Struct(_)) => {
                let mut element = made.element(field.name);
                fill(&mut element, inner, random);
                if field.array {
                    vec![element].into()
                } else {
                    element.into()
                }
            }
            (None, Value::Str(_)) => text.into(),
            (None, Value::Uuid(_)) => [u8::try_from(random.below(5)).unwrap(); 16].into(),
            (None, Value::Bytes(_)) => super::batch(5, 3, 0).into(),
            (None, Value::Int(_)) if field.name == "SessionId" => 0_i32.into(),
            (None, Value::Int(_)) => i64::try_from(random.below(4)).unwrap().into(),
            _ => continue,
        };
        made.set(field.name, value);
    }
}

#[test]
fn no_mutation_of_an_answer_panics_or_shows_where_a_broker_listens() {
    let script = script();
    let mut random = Random(2);
    let served = served();
    let mut answered = 0;
    for _ in 0..ANSWERS {
        let (key, version) = served[random.below(served.len())];
        let names = Names {
            topics: &["ok.a", "no.a"][..=random.below(2)],
            groups: &["ok.g"],
            transactional_id: "ok.t",
        };
        let mut session = session(&script.snapshot, &script.cluster, &script.recorder);
        log_in(&mut session, &script.snapshot, "alice");
        let verdict = session.on_request(&mut naming(key, version, names).frame(1), NOW);
        if !matches!(verdict, Verdict::Forward | Verdict::Rewrite(_)) {
            continue;
        }
        let of = schema(key, version, Direction::Response).unwrap();
        let mut frame = response_frame(key, version, 1, &full(of, &mut random));
        let whole = random.below(2) == 0;
        if !whole {
            mutate(&mut frame, &mut random);
        }
        match session.on_response(&mut frame, NOW) {
            Answer::Rewrite(framed) => {
                answered += 1;
                let (_, answer) = super::opened(key, version, &framed);
                assert!(
                    !shows_host(&answer),
                    "{} {version}: {}",
                    key.name(),
                    answer.to_json()
                );
            }
            Answer::Forward => answered += 1,
            Answer::RewriteParts(_) => panic!("nothing is sealed here"),
            Answer::Ask(_) | Answer::Wait(_) | Answer::Drop | Answer::Close(_) => {}
        }
        drop(session.commit(NOW));
        session.end();
        drop(session.commit(NOW));
    }
    assert!(answered > ANSWERS / 8, "{answered}");
}

fn shows_host(holder: &Struct) -> bool {
    holder.str("Host") == Some("b1.internal")
        || holder
            .schema()
            .all()
            .any(|field| match holder.get(field.name) {
                Value::Array(elements) => {
                    elements.iter().filter_map(Value::as_struct).any(shows_host)
                }
                Value::Struct(inner) => shows_host(inner),
                _ => false,
            })
}

#[test]
fn every_api_that_kafka_has_ends_in_a_verdict() {
    let script = script();
    let mut random = Random(3);
    for api in apis() {
        for version in api.versions.0..=api.versions.1 {
            let of = schema(api.key, version, Direction::Request).unwrap();
            let body = full(of, &mut random);
            let mut frame = super::request_frame(api.key, version, 1, &body);
            let mut session = session(&script.snapshot, &script.cluster, &script.recorder);
            log_in(&mut session, &script.snapshot, "alice");
            let verdict = session.on_request(&mut frame, NOW);
            if matches!(verdict, Verdict::Forward) {
                assert_eq!(
                    forbidden(api.key, &open_request(&frame)),
                    Vec::<String>::new()
                );
            }
        }
    }
}
