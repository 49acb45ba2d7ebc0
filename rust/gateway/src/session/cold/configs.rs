//! Settings: of topics and groups, decided one by one, and of brokers, their loggers and client metrics, which
//! belong to the cluster.

use std::collections::{HashMap, HashSet};

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use crate::cluster::Cluster;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Kafka's `ConfigResource.Type`.
const TOPIC: i64 = 2;
const BROKER: i64 = 4;
const BROKER_LOGGER: i64 = 8;
const CLIENT_METRICS: i64 = 16;
const GROUP: i64 = 32;
/// Kafka's `AlterConfigOp.OpType`.
const DELETE: i64 = 1;

/// Settings of brokers that say where brokers and controllers listen.
const ADDRESSES: &[&str] = &[
    "listeners",
    "advertised.listeners",
    "controller.quorum.voters",
    "controller.quorum.bootstrap.servers",
    "host.name",
    "port",
    "advertised.host.name",
    "advertised.port",
    "zookeeper.connect",
];
/// And the ending of those by which plug-ins of a broker find brokers.
const BOOTSTRAP: &str = "bootstrap.servers";

/// What a kind of resource is decided on, and the error of a denial; `None`: Kafka has no such kind.
const fn governed_by(kind: i64) -> Option<(ResourceKind, i16)> {
    match kind {
        TOPIC => Some((ResourceKind::Stream, error::TOPIC_AUTHORIZATION_FAILED)),
        GROUP => Some((ResourceKind::Group, error::GROUP_AUTHORIZATION_FAILED)),
        BROKER | BROKER_LOGGER | CLIENT_METRICS => {
            Some((ResourceKind::Cluster, error::CLUSTER_AUTHORIZATION_FAILED))
        }
        _ => None,
    }
}

/// A resource of a request: its kind and its name.
fn named(resource: &Value) -> (i64, &str) {
    resource.as_struct().map_or((0, ""), |resource| {
        let name = resource.str("ResourceName").unwrap_or_default();
        (resource.int("ResourceType"), name)
    })
}

/// The answer for one resource.
fn refused(answer: &Struct, list: &str, resource: &Value, code: i16, text: Option<&str>) -> Value {
    let (kind, name) = named(resource);
    let mut entry = answer.element(list);
    entry
        .set("ErrorCode", code)
        .set("ErrorMessage", text)
        .set("ResourceType", kind)
        .set("ResourceName", name);
    Value::Struct(entry)
}

impl Session {
    /// Decides an operation on the settings of one resource; the error of a denial.
    fn may_configure(
        &mut self,
        head: &Head,
        action: Action,
        resource: &Value,
        now: i64,
    ) -> Result<Result<(), i16>, Close> {
        let (kind, name) = named(resource);
        let Some((governed, code)) = governed_by(kind) else {
            return Ok(Err(error::INVALID_REQUEST));
        };
        let permitted = if governed == ResourceKind::Cluster {
            self.may_on_cluster(head, action, now)?
        } else {
            self.permitted(head, action, governed, name, now)?
        };
        Ok(if permitted { Ok(()) } else { Err(code) })
    }

    /// `DescribeConfigs` on each resource. What says where brokers listen is withheld from everybody.
    pub(super) fn describe_configs(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let resources = request.array("Resources");
        if resources
            .iter()
            .any(|it| governed_by(named(it).0).is_none())
        {
            // One resource of no kind refuses them all.
            let code = error::INVALID_REQUEST;
            let text = error::error_message(code);
            let each = resources
                .iter()
                .map(|it| refused(&answer, "Results", it, code, text));
            let each: Vec<Value> = each.collect();
            answer.set("Results", each);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let (mut allowed, mut denied) = (Vec::new(), Vec::new());
        for resource in resources {
            match self.may_configure(head, Action::DescribeConfigs, resource, now)? {
                Ok(()) => allowed.push(resource.clone()),
                Err(code) => denied.push(refused(
                    &answer,
                    "Results",
                    resource,
                    code,
                    error::error_message(code),
                )),
            }
        }
        if allowed.is_empty() && !denied.is_empty() {
            answer.set("Results", denied);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let verdict = if denied.is_empty() {
            Verdict::Forward
        } else {
            request.set("Resources", allowed);
            Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?)
        };
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, _| {
                withhold_addresses(&session.cluster, answer);
                if let Some(results) = answer.array_mut("Results") {
                    results.extend(denied);
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// `AlterConfigs` on each resource, in either generation of the API.
    pub(super) fn alter_configs(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let resources = request.array("Resources");
        let mut times: HashMap<(i64, &str), usize> = HashMap::new();
        for resource in resources {
            *times.entry(named(resource)).or_default() += 1;
        }
        // By place: the answer of what is refused; `None`: the broker's.
        let (mut slots, mut allowed) = (Vec::new(), Vec::new());
        for resource in resources {
            let twice = times.get(&named(resource)).is_some_and(|it| *it > 1);
            let slot = if let Some(text) = wrong(head.key, resource, twice) {
                Some((error::INVALID_REQUEST, Some(text)))
            } else {
                let decided = self.may_configure(head, Action::AlterConfigs, resource, now)?;
                // Of loggers Kafka says no word beside its refusal.
                let silent = named(resource).0 == BROKER_LOGGER;
                let text = |code| error::error_message(code).filter(|_| !silent);
                decided
                    .err()
                    .map(|code| (code, text(code).map(str::to_owned)))
            };
            if slot.is_none() {
                allowed.push(resource.clone());
            }
            slots.push(slot.map(|(code, text)| {
                refused(&answer, "Responses", resource, code, text.as_deref())
            }));
        }
        if slots.iter().all(Option::is_none) {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        if allowed.is_empty() {
            let all: Vec<Value> = slots.into_iter().flatten().collect();
            answer.set("Responses", all);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("Resources", allowed);
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |_, answer, _| {
                fill(answer, slots);
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }
}

/// What is wrong with a change whoever asks for it: a broker looks before it asks for rights.
fn wrong(key: ApiKey, resource: &Value, twice: bool) -> Option<String> {
    let (kind, name) = named(resource);
    if twice {
        return Some("Each resource must appear at most once.".to_owned());
    }
    let changes: Vec<&Struct> = resource.as_struct()?.structs("Configs").collect();
    let mut names = HashSet::new();
    if !changes.iter().all(|it| names.insert(it.str("Name"))) {
        return Some("Error due to duplicate config keys".to_owned());
    }
    let missing = changes.iter().filter(|it| {
        it.get("Value").is_null()
            && (!it.has("ConfigOperation") || it.int("ConfigOperation") != DELETE)
    });
    let missing: Vec<&str> = missing.filter_map(|it| it.str("Name")).collect();
    if !missing.is_empty() {
        return Some(format!(
            "Null value not supported for : {}",
            missing.join(", ")
        ));
    }
    if !alters(key, kind) {
        return Some(format!("Unknown resource type {kind}"));
    }
    (kind == BROKER && !name.is_empty() && name.parse::<i32>().is_err())
        .then(|| format!("Node id must be an integer, but it is: {name}"))
}

/// Can this API alter resources of this kind? The levels of loggers came with the second generation.
const fn alters(key: ApiKey, kind: i64) -> bool {
    governed_by(kind).is_some()
        && (kind != BROKER_LOGGER || key.0 == ApiKey::INCREMENTAL_ALTER_CONFIGS.0)
}

/// Puts the broker's answers into the free places, in the order of the request.
fn fill(answer: &mut Struct, slots: Vec<Option<Value>>) {
    let Some(list) = answer.array_mut("Responses") else {
        return;
    };
    let mut theirs = std::mem::take(list).into_iter();
    for slot in slots {
        list.extend(slot.or_else(|| theirs.next()));
    }
    list.extend(theirs);
}

/// Hides the values that say where brokers listen, as Kafka hides a password.
fn withhold_addresses(cluster: &Cluster, answer: &mut Struct) {
    let results = answer.array_mut("Results").into_iter().flatten();
    let results = results.filter_map(Value::as_struct_mut);
    for result in results.filter(|it| it.int("ResourceType") == BROKER) {
        let configs = result.array_mut("Configs").into_iter().flatten();
        for config in configs.filter_map(Value::as_struct_mut) {
            if tells_address(cluster, config) {
                withhold(config);
            }
        }
    }
}

fn tells_address(cluster: &Cluster, config: &Struct) -> bool {
    let tells = |holder: &Struct| {
        let name = holder.str("Name").unwrap_or_default();
        ADDRESSES.contains(&name)
            || name.ends_with(BOOTSTRAP)
            || holder.str("Value").is_some_and(|it| cluster.is_told_by(it))
    };
    tells(config) || config.structs("Synonyms").any(tells)
}

fn withhold(config: &mut Struct) {
    config.set("Value", Value::Null).set("IsSensitive", true);
    let synonyms = config.array_mut("Synonyms").into_iter().flatten();
    for synonym in synonyms.filter_map(Value::as_struct_mut) {
        synonym.set("Value", Value::Null);
    }
}
