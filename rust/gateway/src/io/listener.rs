//! Accepts connections, proves who is there as far as TLS can, and runs each as a task of its own.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use super::clock::now_milliseconds;
use super::connection::Connection;
use super::grants::Program;
use super::proxy;
use super::read_ahead::ReadAhead;
use super::trust::{Shown, Trust};
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
    /// Its place among those of its source, as soon as that is known.
    place: Option<Place>,
}

impl Counted {
    /// Counts one more; `None`: one too many, and it is counted as refused.
    fn take(
        shared: &Arc<Shared>,
        bound: &Bound,
        metrics: &Arc<ListenerMetrics>,
        limits: &ListenerLimits,
    ) -> Option<Self> {
        if bound.open.fetch_add(1, Ordering::Relaxed) >= limits.connections_max {
            bound.open.fetch_sub(1, Ordering::Relaxed);
            shared.connections_refused.fetch_add(1, Ordering::Relaxed);
            metrics.refused.of(Refusal::ConnectionsMax).add_one();
            return None;
        }
        shared.connections.fetch_add(1, Ordering::Relaxed);
        metrics.open.add(1);
        Some(Self {
            shared: shared.clone(),
            open: bound.open.clone(),
            metrics: metrics.clone(),
            place: None,
        })
    }

    /// Counts it among those of its source; `false`: one too many, and it is counted as refused.
    fn comes_from(&mut self, from: IpAddr, listener: &str, limits: &ListenerLimits) -> bool {
        let ledger = &self.shared.ledger;
        match ledger.admit(listener, from, limits, now_milliseconds()) {
            Ok(place) => {
                self.place = Some(place);
                true
            }
            Err(crowded) => {
                let refused = &self.shared.connections_refused;
                refused.fetch_add(1, Ordering::Relaxed);
                let why = match crowded {
                    Crowded::Open => Refusal::ConnectionsPerSourceMax,
                    Crowded::New => Refusal::SourceConnectionsPerSecond,
                };
                self.metrics.refused.of(why).add_one();
                false
            }
        }
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
        let Some(mut counted) = Counted::take(&shared, &bound, &metrics, &section.limits) else {
            continue;
        };
        let proxied = proxy::is_proxy(&section, address);
        if !proxied && !counted.comes_from(address.ip(), &section.name, &section.limits) {
            continue;
        }
        let (shared, node) = (shared.clone(), bound.node);
        tokio::spawn(async move {
            let name = section.name.clone();
            let arrived = Arrived {
                stream,
                address,
                proxied,
            };
            // `None`: refused by where it comes from, which is counted.
            let served = run(shared, current, section, node, arrived, &mut counted);
            let ended = Box::pin(served).await;
            if let Some(close) = ended {
                report(&name, address, &close);
                counted.ended(&close);
            }
            drop(counted);
        });
    }
}

/// A connection that has been accepted.
struct Arrived {
    stream: TcpStream,
    /// At the other end of the socket: the client's, or its proxy's.
    address: SocketAddr,
    proxied: bool,
}

/// Finds out where the client is, and serves it. `None`: there are too many from there.
async fn run(
    shared: Arc<Shared>,
    current: Current,
    section: ListenerSection,
    node: Option<i32>,
    mut arrived: Arrived,
    counted: &mut Counted,
) -> Option<Close> {
    if arrived.stream.set_nodelay(true).is_err() {
        return Some(Close::ClientGone);
    }
    let begun = now_milliseconds();
    let within = Duration::from_millis(section.limits.timeout_milliseconds.handshake);
    let Ok(located) = timeout(within, locate(&section, &mut arrived)).await else {
        counted.metrics.tls_failed.of(TlsFailure::TooSlow).add_one();
        return Some(Close::TooSlow {
            what: Timeout::Handshake,
        });
    };
    let (client, refused) = match located {
        Ok(client) => (client, None),
        Err(proxy::Refused::Gone) => return Some(Close::ClientGone),
        Err(refused) => (arrived.address, Some(refused)),
    };
    // The connection in which a proxy looks whether we are well is none of a client's.
    let proxied = arrived.proxied && client != arrived.address;
    if arrived.proxied && !counted.comes_from(client.ip(), &section.name, &section.limits) {
        return None;
    }
    let number = shared.next_connection.fetch_add(1, Ordering::Relaxed);
    let peer = Peer {
        connection: number.to_string().into(),
        listener: section.name.as_str().into(),
        cluster: section.cluster.as_str().into(),
        environment: current.snapshot.environment.clone(),
        address: client,
        proxy: proxied.then_some(arrived.address.ip()),
        committed: Arc::default(),
        tls: section.tls.is_some(),
        tls_session: None,
    };
    let meter = Meter::new(counted.metrics.clone(), number);
    let spent = now_milliseconds().saturating_sub(begun);
    let serving = Serving {
        spent: Duration::from_millis(u64::try_from(spent).unwrap_or_default()),
        shared,
        current,
        section,
        node,
    };
    Some(serve_client(serving, peer, meter, arrived.stream, refused).await)
}

/// The address of the client.
async fn locate(
    section: &ListenerSection,
    arrived: &mut Arrived,
) -> Result<SocketAddr, proxy::Refused> {
    if arrived.proxied {
        return proxy::client_of(&mut arrived.stream, arrived.address).await;
    }
    if section.tls.is_some() {
        proxy::no_header(&arrived.stream).await?;
    }
    Ok(arrived.address)
}

/// What a connection is served with.
struct Serving {
    shared: Arc<Shared>,
    current: Current,
    section: ListenerSection,
    node: Option<i32>,
    /// Of the time for the handshake.
    spent: Duration,
}

async fn serve_client(
    serving: Serving,
    peer: Peer,
    meter: Meter,
    stream: TcpStream,
    refused: Option<proxy::Refused>,
) -> Close {
    let Serving {
        shared,
        current,
        section,
        node,
        spent,
    } = serving;
    let Some(cluster) = shared.clusters.get(&section.cluster).cloned() else {
        return Close::Unreachable {
            what: "the cluster is not declared".into(),
        };
    };
    let metrics = shared.metrics.listener(&section.name);
    let tls = current.tls.listeners.get(&section.name).cloned();
    // SECURITY: a listener without its certificate is closed, and not in clear.
    if section.tls.is_some() && tls.is_none() {
        let reference = current.tls.closed.get(&section.name);
        metrics.tls_failed.of(TlsFailure::Withheld).add_one();
        return Close::Unverifiable {
            what: format!(
                "the gateway has `{}` no longer",
                reference.map_or("its certificate", String::as_str)
            ),
        };
    }
    let (routing, grants) = (section.routing.clone(), section.grants);
    let section = Arc::new(section);
    let recorder = shared.recorder.clone();
    let mut session = Session::new(
        peer,
        section,
        current.snapshot.clone(),
        cluster.clone(),
        recorder,
    )
    .counted_in(shared.ledger.clone())
    .with_keys(shared.keys.clone())
    .with_schemas(shared.schemas.clone())
    .with_dead_letters(shared.burials.waiting.clone());
    session.leads_to(node);
    if let Some(refused) = refused {
        let entered = session.not_located(&refused.to_string(), now_milliseconds());
        return entered.err().unwrap_or(Close::AuthenticationFailed);
    }
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
    let within = within.saturating_sub(spent);
    let accepting = TlsAcceptor::from(tls.configuration).accept(ReadAhead::new(stream));
    let stream = match secure(&mut session, &metrics, within, accepting).await {
        Ok(stream) => stream,
        Err(close) => return close,
    };
    let (_, connection) = stream.get_ref();
    let Some(named) = routing.node_of_name(connection.server_name()) else {
        metrics.tls_failed.of(TlsFailure::UnknownName).add_one();
        return Close::Unreachable {
            what: "the TLS server name is of no broker".into(),
        };
    };
    let node = node.or(named);
    session.leads_to(node);
    session.secured(super::tls::agreed(connection));
    let shown = match (connection.peer_certificates(), &tls.trust) {
        (Some(chain), Some(trust)) => match prove(&mut session, chain, trust) {
            Ok(shown) => Some(shown),
            Err(close) if grants.is_some() => {
                let refused = super::grants::refuse(&shared, session, close, stream);
                return Box::pin(refused).await;
            }
            Err(close) => return close,
        },
        _ => None,
    };
    if let Some(grants) = grants {
        let program = Program { session, shown };
        return Box::pin(super::grants::serve(&shared, program, grants, stream)).await;
    }
    Connection::new(shared, cluster, node, session, meter, stream)
        .shown(shown)
        .run()
        .await
}

/// Waits for the handshake; a failure is counted and entered.
async fn secure(
    session: &mut Session,
    metrics: &ListenerMetrics,
    within: Duration,
    accepting: Accept<ReadAhead<TcpStream>>,
) -> Result<TlsStream<ReadAhead<TcpStream>>, Close> {
    let Ok(accepted) = timeout(within, accepting).await else {
        metrics.tls_failed.of(TlsFailure::TooSlow).add_one();
        return Err(Close::TooSlow {
            what: Timeout::Handshake,
        });
    };
    accepted.map_err(|error| {
        // Whoever only opens and closes the port (a health check) tried to prove nothing.
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            return Close::ClientGone;
        }
        metrics.tls_failed.of(super::tls::failure(&error)).add_one();
        let entered = session.tls_failed(&super::tls::reason(&error), now_milliseconds());
        entered.err().unwrap_or(Close::AuthenticationFailed)
    })
}

/// Proves the peer by the certificate that it showed.
fn prove(
    session: &mut Session,
    chain: &[CertificateDer<'_>],
    trust: &Trust,
) -> Result<Shown, Close> {
    let now = now_milliseconds();
    // The handshake asked the same, but doesn't say at whom the chain ends.
    let issuers = match trust.vouch(chain, now) {
        Ok(issuers) => issuers,
        Err(untrusted) => {
            session.tls_failed(&untrusted.reason, now)?;
            return Err(Close::AuthenticationFailed);
        }
    };
    let leaf = chain.first().ok_or(Close::AuthenticationFailed)?;
    session.certificate(leaf, &issuers, now)?;
    Ok(Shown::new(chain, trust))
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
