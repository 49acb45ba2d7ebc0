//! The connection to a broker.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Current;
use super::clock::now_nanoseconds;
use super::login::Login;
use super::read_ahead::ReadAhead;
use super::renewal::Renewal;
use crate::cluster::Cluster;
use crate::metrics::Outcome;
use crate::snapshot::{ClusterSection, UpstreamIdentity};

/// On whose behalf a broker is dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller<'p> {
    /// The gateway asks for itself.
    Gateway,
    /// A client asks, this principal once it has proved that; it may have to log in itself.
    Client(Option<&'p str>),
}

/// How a broker is spoken to.
pub struct Manner {
    tls: Option<Arc<ClientConfig>>,
    server_name: Option<String>,
    /// How the gateway logs in; absent: not by SASL.
    pub login: Option<Arc<Login>>,
}

/// A broker that was dialled, logged in to where it asks for that.
pub struct Dialled {
    /// The connection.
    pub stream: BrokerStream,
    /// When the login must be renewed; `None`: never.
    pub renewal: Option<Renewal>,
}

/// A stream to a broker, in clear or inside TLS.
pub enum BrokerStream {
    /// In clear.
    Plain(TcpStream),
    /// Inside TLS.
    Tls(Box<TlsStream<ReadAhead<TcpStream>>>),
}

impl AsyncRead for BrokerStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for BrokerStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

/// Dials a broker of a cluster: the one with this node id, or any that the bundle names to start with.
/// One that takes longer than `within` to answer is not there.
pub async fn dial(
    current: &Current,
    cluster: &Cluster,
    node: Option<i32>,
    caller: Caller<'_>,
    within: Duration,
) -> io::Result<Dialled> {
    let begun = now_nanoseconds();
    let dialled = dial_unmeasured(current, cluster, node, caller, within).await;
    let metrics = &cluster.metrics;
    if dialled.is_ok() {
        let duration = now_nanoseconds().saturating_sub(begun);
        metrics.dial_duration.observe(duration);
        metrics.dials.of(Outcome::Success).add_one();
    } else {
        metrics.dials.of(Outcome::Failure).add_one();
    }
    dialled
}

async fn dial_unmeasured(
    current: &Current,
    cluster: &Cluster,
    node: Option<i32>,
    caller: Caller<'_>,
    within: Duration,
) -> io::Result<Dialled> {
    let not_found = |what: String| io::Error::new(io::ErrorKind::NotFound, what);
    let section = current
        .snapshot
        .clusters
        .iter()
        .find(|section| section.name == cluster.name);
    let section = section.ok_or_else(|| not_found("the cluster is not declared".into()))?;
    let manner = manner(current, section, caller)?;
    if let Some(id) = node {
        let endpoint = cluster
            .node(id)
            .ok_or_else(|| not_found(format!("no broker has node id {id}")))?;
        return open(&endpoint.host, endpoint.port, &manner, cluster, within).await;
    }
    let mut failure = not_found("the cluster has no bootstrap address".into());
    for address in &section.bootstrap {
        let Some((host, port)) = address.rsplit_once(':') else {
            continue;
        };
        let Ok(port) = port.parse() else { continue };
        match open(
            host.trim_matches(['[', ']']),
            port,
            &manner,
            cluster,
            within,
        )
        .await
        {
            Ok(dialled) => return Ok(dialled),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// How the brokers of a cluster are spoken to on behalf of this caller.
pub fn manner(
    current: &Current,
    section: &ClusterSection,
    caller: Caller<'_>,
) -> io::Result<Manner> {
    let (tls, name) = (&current.tls, &section.name);
    let server_name = section.tls.as_ref().and_then(|tls| tls.server_name.clone());
    if let (Caller::Client(principal), UpstreamIdentity::Mapped) = (caller, section.identity) {
        let of_cluster = tls.mapped.get(name);
        let mapped = principal.and_then(|it| of_cluster.and_then(|all| all.get(it)));
        let mapped = mapped.ok_or_else(|| {
            io::Error::other("the caller has no credential at the brokers, or its lease has ended")
        })?;
        return Ok(Manner {
            tls: mapped.tls.clone(),
            server_name,
            login: mapped.login.clone(),
        });
    }
    if let Some(reference) = tls.withheld.get(name) {
        let what = format!("the lease of `{reference}` has ended, and its store gives no other");
        return Err(io::Error::other(what));
    }
    let itself = caller == Caller::Gateway || section.identity == UpstreamIdentity::Gateway;
    Ok(Manner {
        tls: tls.clusters.get(name).cloned(),
        server_name,
        login: tls.logins.get(name).filter(|_| itself).cloned(),
    })
}

async fn open(
    host: &str,
    port: u16,
    manner: &Manner,
    cluster: &Cluster,
    within: Duration,
) -> io::Result<Dialled> {
    let dialled = timeout(within, async {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let mut stream = inside_tls(host, stream, manner).await?;
        let mut lifetime = None;
        if let Some(login) = &manner.login {
            lifetime = login.log_in(&mut stream, cluster).await?;
        }
        let renewal = lifetime.map(Renewal::within);
        Ok(Dialled { stream, renewal })
    });
    dialled
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn inside_tls(host: &str, stream: TcpStream, manner: &Manner) -> io::Result<BrokerStream> {
    let Some(tls) = &manner.tls else {
        return Ok(BrokerStream::Plain(stream));
    };
    let name = manner
        .server_name
        .clone()
        .unwrap_or_else(|| host.to_owned());
    let name = ServerName::try_from(name)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let connecting = TlsConnector::from(tls.clone()).connect(name, ReadAhead::new(stream));
    Ok(BrokerStream::Tls(Box::new(connecting.await?)))
}
