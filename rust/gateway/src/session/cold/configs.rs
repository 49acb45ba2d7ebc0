//! Settings: of topics and groups, decided one by one, and of brokers, their loggers and client metrics, which
//! belong to the cluster.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use crate::cluster::Cluster;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Kafka's `ConfigResource.Type`.
const TOPIC: i64 = 2;
pub(super) const BROKER: i64 = 4;
pub(super) const BROKER_LOGGER: i64 = 8;
const CLIENT_METRICS: i64 = 16;
const GROUP: i64 = 32;

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
pub(super) const fn governed_by(kind: i64) -> Option<(ResourceKind, i16)> {
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
pub(super) fn named(resource: &Value) -> (i64, &str) {
    resource.as_struct().map_or((0, ""), |resource| {
        let name = resource.str("ResourceName").unwrap_or_default();
        (resource.int("ResourceType"), name)
    })
}

/// The answer for one resource.
pub(super) fn refused(
    answer: &Struct,
    list: &str,
    resource: &Value,
    code: i16,
    text: Option<&str>,
) -> Value {
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
    pub(super) fn may_configure(
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
