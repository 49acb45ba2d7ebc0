//! Which address leads to which broker.

use serde::Deserialize;

/// How a client reaches one broker among several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Routing {
    /// A port per broker.
    Ports {
        /// The port that clients start with.
        bootstrap_port: u16,
        /// The brokers' ports.
        nodes: PortNodes,
    },
    /// One port; the TLS server name says which broker.
    Sni {
        /// The port.
        port: u16,
        /// The name that clients start with.
        bootstrap_name: String,
        /// A broker's name, with `{id}` for its node id.
        node_name: String,
        /// The brokers.
        nodes: Nodes,
    },
}

/// Node ids `first_id .. first_id + count`, on ports from `first_port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortNodes {
    /// Lowest node id.
    pub first_id: i32,
    /// How many.
    pub count: u16,
    /// The port of the lowest.
    pub first_port: u16,
}

/// Node ids `first_id .. first_id + count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// Lowest node id.
    pub first_id: i32,
    /// How many.
    pub count: u16,
}

impl Routing {
    /// The address at which clients of this listener reach a broker; `None`: it has none.
    pub fn address_of(&self, advertise: &str, node: i32) -> Option<(String, u16)> {
        match self {
            Self::Ports { nodes, .. } => {
                let offset = u16::try_from(node.checked_sub(nodes.first_id)?).ok()?;
                let port = nodes.first_port.checked_add(offset)?;
                (offset < nodes.count).then(|| (advertise.to_owned(), port))
            }
            Self::Sni {
                port,
                node_name,
                nodes,
                ..
            } => {
                let offset = u16::try_from(node.checked_sub(nodes.first_id)?).ok()?;
                (offset < nodes.count)
                    .then(|| (node_name.replace("{id}", &node.to_string()), *port))
            }
        }
    }

    /// The broker that a TLS server name asks for: `Some(None)` is the bootstrap, `None` a name of nobody.
    #[allow(
        clippy::option_option,
        reason = "no address, an address without a broker, an address of a broker"
    )]
    pub fn node_of_name(&self, server_name: Option<&str>) -> Option<Option<i32>> {
        let Self::Sni {
            bootstrap_name,
            node_name,
            nodes,
            ..
        } = self
        else {
            return Some(None);
        };
        let name = server_name?;
        if name.eq_ignore_ascii_case(bootstrap_name) {
            return Some(None);
        }
        (0..nodes.count)
            .map(|offset| nodes.first_id + i32::from(offset))
            .find(|id| name.eq_ignore_ascii_case(&node_name.replace("{id}", &id.to_string())))
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports() -> Routing {
        Routing::Ports {
            bootstrap_port: 19092,
            nodes: PortNodes {
                first_id: 1,
                count: 3,
                first_port: 19093,
            },
        }
    }

    #[test]
    fn a_broker_outside_the_declared_range_has_no_address() {
        assert_eq!(ports().address_of("gw", 1), Some(("gw".into(), 19093)));
        assert_eq!(ports().address_of("gw", 3), Some(("gw".into(), 19095)));
        for node in [i32::MIN, -1, 0, 4, i32::MAX] {
            assert_eq!(ports().address_of("gw", node), None);
        }
    }

    #[test]
    fn a_server_name_of_nobody_leads_nowhere() {
        let sni = Routing::Sni {
            port: 9093,
            bootstrap_name: "kafka.example.com".into(),
            node_name: "broker-{id}.example.com".into(),
            nodes: Nodes {
                first_id: 0,
                count: 2,
            },
        };
        assert_eq!(sni.node_of_name(Some("KAFKA.example.com")), Some(None));
        assert_eq!(
            sni.node_of_name(Some("broker-1.example.com")),
            Some(Some(1))
        );
        assert_eq!(sni.node_of_name(Some("broker-2.example.com")), None);
        assert_eq!(sni.node_of_name(None), None);
    }
}
