//! Changes of settings: what a broker refuses before it asks for rights, what rights refuse, and what fails with
//! the rest.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use streamward_policy::Action;
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::configs::{BROKER, BROKER_LOGGER, governed_by, named, refused};
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Kafka's `AlterConfigOp.OpType`.
const DELETE: i64 = 1;
const OPERATIONS: RangeInclusive<i64> = 0..=3;

impl Session {
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
        let refusals = self.refuse_changes(head, resources, now)?;
        let (mut slots, mut allowed) = (Vec::new(), Vec::new());
        for (resource, refusal) in resources.iter().zip(refusals) {
            if refusal.is_none() {
                allowed.push(resource.clone());
            }
            slots
                .push(refusal.map(|it| {
                    refused(&answer, "Responses", resource, it.code, it.text.as_deref())
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

    /// By place: why a change is not made; `None`: the broker answers.
    fn refuse_changes(
        &mut self,
        head: &Head,
        resources: &[Value],
        now: i64,
    ) -> Result<Vec<Option<Refusal>>, Close> {
        let mut times: HashMap<(i64, &str), usize> = HashMap::new();
        for resource in resources {
            *times.entry(named(resource)).or_default() += 1;
        }
        let (mut refusals, mut fails) = (Vec::new(), false);
        for resource in resources {
            let twice = times.get(&named(resource)).is_some_and(|it| *it > 1);
            let refusal = if let Some(text) = wrong(head.key, resource, self.node, twice) {
                Some(Refusal::malformed(text))
            } else {
                let decided = self.may_configure(head, Action::AlterConfigs, resource, now)?;
                decided.err().map(|code| Refusal::denied(resource, code))
            };
            let kind = named(resource).0;
            fails |=
                refusal.is_none() && kind != BROKER_LOGGER && odd_operation(resource).is_some();
            refusals.push(refusal);
        }
        if fails {
            // A controller fails on the operation, and with it on all that it was to decide.
            for refusal in refusals.iter_mut().flatten().filter(|it| it.by_controller) {
                refusal.code = error::UNKNOWN_SERVER_ERROR;
                refusal.text = None;
            }
        }
        Ok(refusals)
    }
}

/// Why a change is not made.
struct Refusal {
    code: i16,
    text: Option<String>,
    /// Would a controller say it? Otherwise the broker that was asked does.
    by_controller: bool,
}

impl Refusal {
    fn malformed(text: String) -> Self {
        Self {
            code: error::INVALID_REQUEST,
            text: Some(text),
            by_controller: false,
        }
    }

    /// Of loggers Kafka says no word beside its refusal.
    fn denied(resource: &Value, code: i16) -> Self {
        let by_controller = named(resource).0 != BROKER_LOGGER;
        let text = error::error_message(code).filter(|_| by_controller);
        Self {
            code,
            text: text.map(str::to_owned),
            by_controller,
        }
    }
}

/// The first operation in a change that Kafka does not have.
fn odd_operation(resource: &Value) -> Option<i64> {
    let mut changes = resource.as_struct()?.structs("Configs");
    changes.find_map(|it| {
        let operation = it.has("ConfigOperation").then(|| it.int("ConfigOperation"));
        operation.filter(|it| !OPERATIONS.contains(it))
    })
}

/// What is wrong with a change whoever asks for it: a broker (`node`, if known) looks before it asks for rights.
fn wrong(key: ApiKey, resource: &Value, node: Option<i32>, twice: bool) -> Option<String> {
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
    if kind != BROKER {
        return None;
    }
    let odd = || odd_operation(resource).map(|it| format!("Unknown operations type {it}"));
    wrong_broker(name, node).or_else(odd)
}

/// The settings of one broker are changed by itself; no name stands for all of them.
fn wrong_broker(name: &str, node: Option<i32>) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let Ok(id) = name.parse::<i32>() else {
        return Some(format!("Node id must be an integer, but it is: {name}"));
    };
    let node = node.filter(|node| *node != id)?;
    Some(format!(
        "Unexpected broker id, expected {node}, but received {name}"
    ))
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
