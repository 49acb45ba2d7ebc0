//! The sockets that clients come to.

use std::collections::HashMap;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::status::ListenerStatus;
use crate::error::GatewayError;
use crate::io::listener::{Bound, serve};
use crate::io::{Shared, probe};
use crate::snapshot::{ListenerSection, Routing, Snapshot};

/// The sockets of a listener: its bootstrap address, and one per broker where it routes by port.
fn addresses(listener: &ListenerSection) -> Vec<(u16, Option<i32>)> {
    match &listener.routing {
        Routing::Sni { port, .. } => vec![(*port, None)],
        Routing::Ports {
            bootstrap_port,
            nodes,
        } => {
            let brokers = (0..nodes.count).map(|offset| {
                (
                    nodes.first_port.saturating_add(offset),
                    Some(nodes.first_id + i32::from(offset)),
                )
            });
            std::iter::once((*bootstrap_port, None))
                .chain(brokers)
                .collect()
        }
    }
}

pub(super) struct Socket {
    listener: String,
    node: Option<i32>,
    grants: bool,
    bound: StdListener,
}

pub(super) fn bind_all(snapshot: &Snapshot) -> Result<Vec<Socket>, GatewayError> {
    let mut sockets = Vec::new();
    for listener in snapshot.listeners.iter() {
        for (port, node) in addresses(listener) {
            let socket = StdListener::bind((listener.bind.as_str(), port))
                .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
                .map_err(|source| GatewayError::Bind {
                    listener: listener.name.clone(),
                    address: format!("{}:{port}", listener.bind),
                    source,
                })?;
            sockets.push(Socket {
                listener: listener.name.clone(),
                node,
                grants: listener.grants.is_some(),
                bound: socket,
            });
        }
    }
    Ok(sockets)
}

pub(super) fn spawn_all(
    runtime: &Runtime,
    shared: &Arc<Shared>,
    sockets: Vec<Socket>,
) -> Result<Vec<ListenerStatus>, GatewayError> {
    let _inside = runtime.enter();
    let mut bound = Vec::new();
    let mut open = HashMap::<String, Arc<AtomicUsize>>::new();
    for Socket {
        listener,
        node,
        grants,
        bound: socket,
    } in sockets
    {
        let failed = |source| GatewayError::Bind {
            listener: listener.clone(),
            address: "a bound address".into(),
            source,
        };
        let address = socket.local_addr().map_err(failed)?.to_string();
        let socket = TcpListener::from_std(socket).map_err(failed)?;
        let open = open.entry(listener.clone()).or_default().clone();
        bound.push(ListenerStatus {
            name: listener.clone(),
            address,
            node,
            grants,
        });
        runtime.spawn(serve(
            shared.clone(),
            Bound {
                listener,
                node,
                socket,
                open,
            },
        ));
    }
    for cluster in shared.clusters.values() {
        runtime.spawn(probe::keep_fresh(shared.clone(), cluster.clone()));
    }
    Ok(bound)
}

/// Listeners can't move while they are bound.
pub(super) fn check_unmoved(old: &Snapshot, new: &Snapshot) -> Result<(), GatewayError> {
    let place = |listener: &ListenerSection| {
        (
            listener.name.clone(),
            listener.bind.clone(),
            listener.routing.clone(),
        )
    };
    let before: Vec<_> = old.listeners.iter().map(place).collect();
    let after: Vec<_> = new.listeners.iter().map(place).collect();
    let moved = after.iter().find(|it| !before.contains(it));
    if old.metrics != new.metrics {
        return Err(GatewayError::MetricsChanged);
    }
    if old.log.needs_restart(&new.log) {
        return Err(GatewayError::LogChanged);
    }
    match moved.or_else(|| before.iter().find(|it| !after.contains(it))) {
        Some((listener, ..)) => Err(GatewayError::ListenerChanged {
            listener: listener.clone(),
        }),
        None => Ok(()),
    }
}
