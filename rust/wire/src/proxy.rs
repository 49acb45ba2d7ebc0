//! The PROXY protocol, version 2: what a proxy says in front of a connection about where it comes from
//! (`doc/proxy-protocol.txt` of `HAProxy`, section 2.2). Version 1, which is text, is not spoken.

use std::net::{IpAddr, SocketAddr};

/// What every header begins with; nothing in TLS or Kafka does.
pub const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Bytes before those that the header's length counts.
pub const PREFIX_BYTES: usize = 16;
/// Longest header that is read: addresses, and room for what proxies add about TLS and themselves.
pub const HEADER_BYTES_MAX: usize = 4096;

/// Address family and transport of TCP over IPv4, and of TCP over IPv6.
const TCP_V4: u8 = 0x11;
const TCP_V6: u8 = 0x21;
/// The TLV that holds a CRC-32C of the whole header.
const TLV_CRC32C: u8 = 0x03;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The proxy speaks for itself, for example to see whether we are well.
    Local,
    /// It speaks for a client.
    Proxied {
        /// The client's address.
        source: SocketAddr,
        /// The address at which the client reached the proxy.
        destination: SocketAddr,
    },
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It does not begin as one.
    #[error("no PROXY header of version 2")]
    NoHeader,
    /// It is longer than is read.
    #[error("the PROXY header is longer than {HEADER_BYTES_MAX} bytes")]
    TooLong,
    /// Neither LOCAL nor PROXY.
    #[error("the PROXY header has an unknown command")]
    Command,
    /// Not TCP over IPv4 or IPv6.
    #[error("the PROXY header says no address of TCP over IPv4 or IPv6")]
    Family,
    /// It ends within something.
    #[error("the PROXY header ends within its addresses or values")]
    Truncated,
    /// Nobody can come from there.
    #[error("the PROXY header has an address that is no client's")]
    Address,
    /// The check sum in it is another.
    #[error("the PROXY header has a wrong check sum")]
    Checksum,
}

/// How many bytes follow the first [`PREFIX_BYTES`].
///
/// # Errors
/// Where these are not the beginning of a header, or of one that is too long.
pub fn rest_bytes(prefix: &[u8; PREFIX_BYTES]) -> Result<usize, ProxyError> {
    if !prefix.starts_with(&SIGNATURE) {
        return Err(ProxyError::NoHeader);
    }
    let [.., command, _, high, low] = *prefix;
    // The high half is the version.
    if command >> 4 != 2 {
        return Err(ProxyError::NoHeader);
    }
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > HEADER_BYTES_MAX - PREFIX_BYTES {
        return Err(ProxyError::TooLong);
    }
    Ok(length)
}

/// Reads a whole header: the prefix and exactly the bytes that it counts.
///
/// # Errors
/// Says what is wrong with it. A client of an unknown family is refused: it would have the proxy's address, and what
/// a policy allows to that.
pub fn parse(header: &[u8]) -> Result<Header, ProxyError> {
    let (prefix, rest) = header
        .split_first_chunk::<PREFIX_BYTES>()
        .ok_or(ProxyError::NoHeader)?;
    if rest_bytes(prefix)? != rest.len() {
        return Err(ProxyError::Truncated);
    }
    let [.., command, family, _, _] = *prefix;
    match command & 0x0f {
        // What follows is to be skipped, whatever it is.
        0 => return Ok(Header::Local),
        1 => {}
        _ => return Err(ProxyError::Command),
    }
    let mut input = Input(rest);
    let (source, destination) = match family {
        TCP_V4 => {
            let (source, destination) = (input.take::<4>()?, input.take::<4>()?);
            (IpAddr::from(source), IpAddr::from(destination))
        }
        TCP_V6 => {
            let (source, destination) = (input.take::<16>()?, input.take::<16>()?);
            (IpAddr::from(source), IpAddr::from(destination))
        }
        _ => return Err(ProxyError::Family),
    };
    let ports = (input.port()?, input.port()?);
    let (source, destination) = (source.to_canonical(), destination.to_canonical());
    if source.is_unspecified() || source.is_multicast() {
        return Err(ProxyError::Address);
    }
    let values = header.len() - input.0.len();
    check_values(header, values)?;
    Ok(Header::Proxied {
        source: SocketAddr::new(source, ports.0),
        destination: SocketAddr::new(destination, ports.1),
    })
}

/// Walks the values that begin there: none but the check sum is looked at, and all of them end where the header does.
fn check_values(header: &[u8], begin: usize) -> Result<(), ProxyError> {
    let mut input = Input(header.get(begin..).ok_or(ProxyError::Truncated)?);
    while !input.0.is_empty() {
        let [kind] = input.take::<1>()?;
        let length = usize::from(u16::from_be_bytes(input.take()?));
        let at = header.len() - input.0.len();
        let value = input.skip(length)?;
        if kind == TLV_CRC32C {
            let said: [u8; 4] = value.try_into().map_err(|_| ProxyError::Checksum)?;
            // It is counted as zeros where it stands.
            let before = header.get(..at).ok_or(ProxyError::Truncated)?;
            let sum = crc32c::crc32c_append(crc32c::crc32c(before), &[0; 4]);
            if crc32c::crc32c_append(sum, input.0) != u32::from_be_bytes(said) {
                return Err(ProxyError::Checksum);
            }
        }
    }
    Ok(())
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ProxyError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(ProxyError::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn port(&mut self) -> Result<u16, ProxyError> {
        self.take().map(u16::from_be_bytes)
    }

    fn skip(&mut self, length: usize) -> Result<&'a [u8], ProxyError> {
        let (skipped, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(ProxyError::Truncated)?;
        self.0 = rest;
        Ok(skipped)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        let mut header = SIGNATURE.to_vec();
        header.extend([0x20 | command, family, length[0], length[1]]);
        header.extend_from_slice(rest);
        header
    }

    /// 198.51.100.7:50000 to 203.0.113.9:9092.
    const V4: [u8; 12] = [198, 51, 100, 7, 203, 0, 113, 9, 0xc3, 0x50, 0x23, 0x84];

    fn v4(values: &[u8]) -> Vec<u8> {
        header(1, TCP_V4, &[&V4[..], values].concat())
    }

    fn proxied(source: &str) -> Header {
        Header::Proxied {
            source: source.parse().unwrap(),
            destination: "203.0.113.9:9092".parse().unwrap(),
        }
    }

    #[test]
    fn a_header_says_where_the_client_is() {
        assert_eq!(parse(&v4(&[])), Ok(proxied("198.51.100.7:50000")));
        let source: [u8; 16] = "2001:db8::7"
            .parse::<std::net::Ipv6Addr>()
            .unwrap()
            .octets();
        let mapped = std::net::Ipv4Addr::new(203, 0, 113, 9)
            .to_ipv6_mapped()
            .octets();
        let v6 = header(1, TCP_V6, &[&source[..], &mapped, &V4[8..]].concat());
        assert_eq!(parse(&v6), Ok(proxied("[2001:db8::7]:50000")));
    }

    #[test]
    fn a_proxy_that_speaks_for_itself_is_heard_whatever_follows() {
        assert_eq!(parse(&header(0, 0, &[])), Ok(Header::Local));
        assert_eq!(parse(&header(0, 0xff, &[1, 2, 3])), Ok(Header::Local));
    }

    #[test]
    fn values_are_skipped_within_their_bounds() {
        // No-op, a unique id, and one of a kind that nobody knows.
        let values = [0x04, 0, 3, 0, 0, 0, 0x05, 0, 2, 7, 7, 0xee, 0, 0];
        assert_eq!(parse(&v4(&values)), Ok(proxied("198.51.100.7:50000")));
        for cut in [1, 2, 4, 9] {
            let cut = &values[..values.len() - cut];
            let told = parse(&v4(cut));
            assert!(
                matches!(told, Err(ProxyError::Truncated) | Ok(_)),
                "{told:?}"
            );
        }
        assert_eq!(
            parse(&v4(&[0x05, 0xff, 0xff, 0])),
            Err(ProxyError::Truncated)
        );
    }

    #[test]
    fn a_check_sum_must_be_right() {
        let zeroed = v4(&[TLV_CRC32C, 0, 4, 0, 0, 0, 0, 0x04, 0, 1, 9]);
        let at = PREFIX_BYTES + V4.len() + 3;
        let mut summed = zeroed.clone();
        summed[at..at + 4].copy_from_slice(&crc32c::crc32c(&zeroed).to_be_bytes());
        assert_eq!(parse(&summed), Ok(proxied("198.51.100.7:50000")));
        assert_eq!(parse(&zeroed), Err(ProxyError::Checksum));
        assert_eq!(
            parse(&v4(&[TLV_CRC32C, 0, 1, 0])),
            Err(ProxyError::Checksum)
        );
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let whole = v4(&[]);
        let mut version = whole.clone();
        version[12] = 0x11;
        let mut longer = whole.clone();
        longer.push(0);
        let long = header(1, TCP_V4, &vec![0; HEADER_BYTES_MAX]);
        for (bytes, error) in [
            (
                b"PROXY TCP4 198.51.100.7 203.0.113.9 50000 9092\r\n".to_vec(),
                ProxyError::NoHeader,
            ),
            (vec![], ProxyError::NoHeader),
            (version, ProxyError::NoHeader),
            (longer, ProxyError::Truncated),
            (whole[..whole.len() - 1].to_vec(), ProxyError::Truncated),
            (header(2, TCP_V4, &V4), ProxyError::Command),
            (header(1, 0x00, &V4), ProxyError::Family),
            (header(1, 0x12, &V4), ProxyError::Family),
            (header(1, 0x31, &[0; 216]), ProxyError::Family),
            (header(1, TCP_V4, &V4[..8]), ProxyError::Truncated),
            (header(1, TCP_V6, &V4), ProxyError::Truncated),
            (header(1, TCP_V4, &[0; 12]), ProxyError::Address),
            (
                header(1, TCP_V4, &[224, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
                ProxyError::Address,
            ),
            (long, ProxyError::TooLong),
        ] {
            assert_eq!(parse(&bytes), Err(error), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(rest in prop::collection::vec(any::<u8>(), 0..80), command in 0..4_u8, family: u8) {
            let _ = parse(&rest);
            let _ = parse(&header(command, family, &rest));
            let _ = parse(&v4(&rest));
        }
    }
}
