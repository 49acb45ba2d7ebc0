//! Accepts connections, proves who is there as far as TLS can, and runs each as a task of its own.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::clock::now_milliseconds;
use super::connection::Connection;
use super::{Current, Shared};
use crate::caller::Peer;
use crate::limits::{Crowded, ListenerLimits, Place};
use crate::metrics::{ListenerMetrics, Meter, Refusal, Timeout, TlsFailure};
use crate::session::{Close, Session};
use crate::snapshot::ListenerSection;

/// After accept fails (out of descriptors, say), how long before it is tried again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// One bound address of a listener.
pub struct Bound {
    /// The listener, by name.
    pub listener: String,
    /// The broker that stands behind this address; `None`: any.
    pub node: Option<i32>,
    /// The socket.
    pub socket: TcpListener,
    /// Connections of the listener that are open, over all its addresses.
    pub open: Arc<AtomicUsize>,
}

/// Counts a connection for as long as it lives, whatever ends it.
struct Counted {
    shared: Arc<Shared>,
    open: Arc<AtomicUsize>,
    metrics: Arc<ListenerMetrics>,
    /// Its place among those of its source.
    _place: Place,
}

impl Counted {
    /// Counts one more; `None`: one too many, and it is counted as refused.
    fn take(
        shared: &Arc<Shared>,
        bound: &Bound,
        metrics: &Arc<ListenerMetrics>,
        limits: &ListenerLimits,
        from: IpAddr,
    ) -> Option<Self> {
        let refused = |why| {
            shared.connections_refused.fetch_add(1, Ordering::Relaxed);
            metrics.refused.of(why).add_one();
        };
        if bound.open.fetch_add(1, Ordering::Relaxed) >= limits.connections_max {
            bound.open.fetch_sub(1, Ordering::Relaxed);
            refused(Refusal::ConnectionsMax);
            return None;
        }
        let taken = shared
            .ledger
            .admit(&bound.listener, from, limits, now_milliseconds());
        let place = taken
            .inspect_err(|crowded| {
                bound.open.fetch_sub(1, Ordering::Relaxed);
                refused(match crowded {
                    Crowded::Open => Refusal::ConnectionsPerSourceMax,
                    Crowded::New => Refusal::SourceConnectionsPerSecond,
                });
            })
            .ok()?;
        shared.connections.fetch_add(1, Ordering::Relaxed);
        metrics.open.add(1);
        Some(Self {
            shared: shared.clone(),
            open: bound.open.clone(),
            metrics: metrics.clone(),
            _place: place,
        })
    }
}

impl Counted {
    fn ended(&self, close: &Close) {
        self.metrics.closed.of(close.ended()).add_one();
        if let Some(limit) = close.over_limit() {
            self.metrics.over_limit.of(limit).add_one();
        }
        if let Close::TooSlow { what } = close {
            self.metrics.timed_out.of(*what).add_one();
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Ordering::Relaxed);
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.metrics.open.subtract(1);
    }
}

/// Accepts until the gateway drains.
pub async fn serve(shared: Arc<Shared>, bound: Bound) {
    let mut changes = shared.current.subscribe();
    let metrics = shared.metrics.listener(&bound.listener);
    loop {
        let accepted = tokio::select! {
            accepted = bound.socket.accept() => accepted,
            _ = changes.wait_for(|current| current.draining) => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(listener = bound.listener, %error, "can't accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let current = shared.current.borrow().clone();
        let section = current
            .snapshot
            .listeners
            .iter()
            .find(|it| it.name == bound.listener);
        let Some(section) = section.cloned() else {
            continue;
        };
        metrics.accepted.add_one();
        // A refused connection costs an accept and a look at a table: no task, no TLS.
        let (limits, from) = (&section.limits, address.ip());
        let Some(counted) = Counted::take(&shared, &bound, &metrics, limits, from) else {
            continue;
        };
        let (shared, node) = (shared.clone(), bound.node);
        tokio::spawn(async move {
            let name = section.name.clone();
            let close = run(shared, current, section, node, stream, address).await;
            report(&name, address, &close);
            counted.ended(&close);
            drop(counted);
        });
    }
}

async fn run(
    shared: Arc<Shared>,
    current: Current,
    section: ListenerSection,
    node: Option<i32>,
    stream: TcpStream,
    address: SocketAddr,
) -> Close {
    if stream.set_nodelay(true).is_err() {
        return Close::ClientGone;
    }
    let Some(cluster) = shared.clusters.get(&section.cluster).cloned() else {
        return Close::Unreachable {
            what: "the cluster is not declared".into(),
        };
    };
    let number = shared.next_connection.fetch_add(1, Ordering::Relaxed);
    let metrics = shared.metrics.listener(&section.name);
    let meter = Meter::new(metrics.clone(), number);
    let peer = Peer {
        connection: number.to_string().into(),
        listener: section.name.as_str().into(),
        cluster: section.cluster.as_str().into(),
        environment: current.snapshot.environment.clone(),
        address,
        tls: section.tls.is_some(),
        tls_session: None,
    };
    let tls = current.tls.listeners.get(&section.name).cloned();
    let routing = section.routing.clone();
    let section = Arc::new(section);
    let recorder = shared.recorder.clone();
    let mut session = Session::new(
        peer,
        section,
        current.snapshot.clone(),
        cluster.clone(),
        recorder,
    )
    .counted_in(shared.ledger.clone());
    session.leads_to(node);
    let Some(tls) = tls else {
        return match session.plaintext(now_milliseconds()) {
            Ok(()) => {
                Connection::new(shared, cluster, node, session, meter, stream)
                    .run()
                    .await
            }
            Err(close) => close,
        };
    };
    let within = Duration::from_millis(session.bounds().timeout_milliseconds.handshake);
    let Ok(accepted) = timeout(within, TlsAcceptor::from(tls).accept(stream)).await else {
        metrics.tls_failed.of(TlsFailure::TooSlow).add_one();
        return Close::TooSlow {
            what: Timeout::Handshake,
        };
    };
    let stream = match accepted {
        Ok(stream) => stream,
        Err(error) => {
            // Whoever only opens and closes the port (a health check) tried to prove nothing.
            if error.kind() == std::io::ErrorKind::UnexpectedEof {
                return Close::ClientGone;
            }
            metrics.tls_failed.of(super::tls::failure(&error)).add_one();
            let entered = session.tls_failed(&error.to_string(), now_milliseconds());
            return entered.err().unwrap_or(Close::AuthenticationFailed);
        }
    };
    let (_, tls) = stream.get_ref();
    let Some(named) = routing.node_of_name(tls.server_name()) else {
        metrics.tls_failed.of(TlsFailure::UnknownName).add_one();
        return Close::Unreachable {
            what: "the TLS server name is of no broker".into(),
        };
    };
    let node = node.or(named);
    session.leads_to(node);
    session.secured(super::tls::agreed(tls));
    if let Some(certificate) = tls.peer_certificates().and_then(|chain| chain.first())
        && let Err(close) = session.certificate(certificate, now_milliseconds())
    {
        return close;
    }
    Connection::new(shared, cluster, node, session, meter, stream)
        .run()
        .await
}

/// Says why a connection ended: loudly where somebody has something to mend.
fn report(listener: &str, peer: SocketAddr, close: &Close) {
    match close {
        Close::ClientGone | Close::Draining | Close::AuthenticationFailed => {
            tracing::debug!(listener, %peer, reason = %close, "connection closed");
        }
        Close::Unrecorded { .. } | Close::Unreachable { .. } | Close::BrokerConfused { .. } => {
            tracing::warn!(listener, %peer, reason = %close, "connection closed");
        }
        _ => tracing::info!(listener, %peer, reason = %close, "connection closed"),
    }
}
