//! The stage that changes addresses: no client ever learns where a broker listens.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::Session;

/// Where an answer holds addresses: the array of nodes (empty: the answer itself) and its id field.
const PLACES: &[(ApiKey, &str, &str)] = &[
    (ApiKey::PRODUCE, "NodeEndpoints", "NodeId"),
    (ApiKey::FETCH, "NodeEndpoints", "NodeId"),
    (ApiKey::SHARE_FETCH, "NodeEndpoints", "NodeId"),
    (ApiKey::SHARE_ACKNOWLEDGE, "NodeEndpoints", "NodeId"),
    (ApiKey::METADATA, "Brokers", "NodeId"),
    (ApiKey::FIND_COORDINATOR, "Coordinators", "NodeId"),
    (ApiKey::FIND_COORDINATOR, "", "NodeId"),
    (ApiKey::DESCRIBE_CLUSTER, "Brokers", "BrokerId"),
];

/// Kafka's `COORDINATOR_NOT_AVAILABLE`: ask again.
const COORDINATOR_NOT_AVAILABLE: i16 = 15;

impl Session {
    /// Learns the addresses in an answer and puts the gateway's own in their place. A broker that has no
    /// address here is left out.
    pub(super) fn rewrite_addresses(&self, key: ApiKey, answer: &mut Struct) {
        for (_, array, id) in PLACES.iter().filter(|(api, ..)| *api == key) {
            if array.is_empty() {
                if answer.has("Host") && !self.rewrite_node(answer, id) {
                    answer.set("ErrorCode", COORDINATOR_NOT_AVAILABLE);
                }
                continue;
            }
            let Some(nodes) = answer.array_mut(array) else {
                continue;
            };
            nodes.retain_mut(|node| {
                let Value::Struct(node) = node else {
                    return false;
                };
                if self.rewrite_node(node, id) {
                    return true;
                }
                // A coordinator keeps its place, because the client waits for its key.
                let keeps = node.has("Key");
                if keeps {
                    node.set("ErrorCode", COORDINATOR_NOT_AVAILABLE);
                }
                keeps
            });
        }
    }

    /// Gives one node the gateway's address; `false`: it has none, and its own is gone.
    fn rewrite_node(&self, node: &mut Struct, id: &str) -> bool {
        let number = i32::try_from(node.int(id)).unwrap_or(-1);
        let host = node.str("Host").unwrap_or_default();
        if number < 0 && host.is_empty() {
            return true;
        }
        self.cluster.learn_node(number, host, node.int("Port"));
        let listener = &self.listener;
        if let Some((host, port)) = listener.routing.address_of(&listener.advertise, number) {
            node.set("Host", host).set("Port", i64::from(port));
            true
        } else {
            tracing::warn!(
                listener = listener.name,
                node = number,
                "a broker has no address on this listener: widen `nodes`"
            );
            node.set(id, -1).set("Host", "").set("Port", -1);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use streamward_wire::kafka::access;

    use super::*;

    #[test]
    fn what_the_table_says_is_rewritten_is_and_nothing_else() {
        let mut said: Vec<String> = access::answer_fields()
            .iter()
            .filter(|it| it.treatment == access::Treatment::Rewritten)
            .map(|it| it.field.to_owned())
            .collect();
        let mut done: Vec<String> = PLACES
            .iter()
            .flat_map(|(key, array, _)| {
                let holder = match *array {
                    "" => key.name().to_owned(),
                    array => format!("{}.{array}", key.name()),
                };
                [format!("{holder}.Host"), format!("{holder}.Port")]
            })
            .collect();
        said.sort_unstable();
        done.sort_unstable();
        assert_eq!(said, done);
    }
}
