//! Where a client really is, behind proxies that say it (PROXY protocol, version 2).
//!
//! SECURITY: an address decides about rights, limits and the log. So it is taken from declared proxies only, who must
//! say one; from anybody else it is refused, lest somebody forget to declare a proxy and all clients become one.

use std::io;
use std::net::SocketAddr;

use streamward_wire::proxy::{self, Header, ProxyError};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::snapshot::ListenerSection;

/// Why a connection is refused before anything is proved.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The peer left, or its socket fails.
    #[error("the peer has left")]
    Gone,
    /// A declared proxy sends something else.
    #[error("a declared proxy sends {0}")]
    Header(#[from] ProxyError),
    /// A header of somebody who is no proxy.
    #[error("a PROXY header of a peer that is no declared proxy of the listener")]
    NoProxy,
}

impl From<io::Error> for Refused {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// Is the peer one of the listener's proxies?
pub fn is_proxy(listener: &ListenerSection, peer: SocketAddr) -> bool {
    let declared = listener.proxy_protocol.as_ref();
    declared.is_some_and(|it| it.holds(peer.ip()))
}

/// Reads the header of a declared proxy, and nothing beyond it; gives the client's address.
pub async fn client_of(stream: &mut TcpStream, proxy: SocketAddr) -> Result<SocketAddr, Refused> {
    let mut header = vec![0; proxy::PREFIX_BYTES];
    stream.read_exact(&mut header).await?;
    let prefix = header.first_chunk().ok_or(ProxyError::NoHeader)?;
    let whole = proxy::PREFIX_BYTES + proxy::rest_bytes(prefix)?;
    header.resize(whole, 0);
    let rest = header.get_mut(proxy::PREFIX_BYTES..).unwrap_or_default();
    stream.read_exact(rest).await?;
    Ok(match proxy::parse(&header)? {
        Header::Local => proxy,
        Header::Proxied { source, .. } => source,
    })
}

/// Refuses a header from somebody who is no proxy. Waits for the peer's first bytes and leaves them where they are.
pub async fn no_header(stream: &TcpStream) -> Result<(), Refused> {
    let mut first = [0; proxy::SIGNATURE.len()];
    let length = stream.peek(&mut first).await?;
    match first.get(..length) {
        None | Some([]) => Err(Refused::Gone),
        // Nothing that TLS begins with begins like it.
        Some(begun) if proxy::SIGNATURE.starts_with(begun) => Err(Refused::NoProxy),
        Some(_) => Ok(()),
    }
}
