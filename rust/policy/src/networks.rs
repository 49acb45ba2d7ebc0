//! Which declared networks hold an address.

use std::net::IpAddr;

use crate::request::shortened;
use crate::section::Network;

/// Networks in one policy; a set of them is one number.
pub const NETWORKS_MAX: usize = 128;
/// Ranges of addresses in one policy, over all networks.
pub const ADDRESSES_MAX: usize = 16_384;

/// A set of networks: bit `n` is the network of index `n`.
pub(crate) type NetworkSet = u128;

/// The address space cut where membership changes, so that a look-up is one binary search.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Networks {
    names: Vec<String>,
    v4: Vec<(u128, NetworkSet)>,
    v6: Vec<(u128, NetworkSet)>,
}

/// Where a network begins or, after its last address, ends.
struct Edge {
    position: u128,
    network: usize,
    opens: bool,
}

impl Networks {
    /// Read the networks; the error lists everything that is wrong with them.
    pub fn new(section: &[Network]) -> Result<Self, Vec<String>> {
        let addresses: usize = section.iter().map(|network| network.addresses.len()).sum();
        if section.len() > NETWORKS_MAX || addresses > ADDRESSES_MAX {
            let limits = format!("{NETWORKS_MAX} networks and {ADDRESSES_MAX} addresses");
            return Err(vec![format!("a policy has at most {limits}")]);
        }
        let (mut v4, mut v6, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for (index, network) in section.iter().enumerate() {
            if section[..index]
                .iter()
                .any(|earlier| earlier.name == network.name)
            {
                problems.push(format!("network `{}` is declared twice", network.name));
            }
            for text in &network.addresses {
                match range(text) {
                    Ok((first, last, true)) => add(&mut v4, index, first, last),
                    Ok((first, last, false)) => add(&mut v6, index, first, last),
                    Err(problem) => {
                        let (name, text) = (&network.name, shortened(text));
                        problems.push(format!("network `{name}`: `{text}` {problem}"));
                    }
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let names = section.iter().map(|network| network.name.clone()).collect();
        Ok(Self {
            names,
            v4: cut(v4),
            v6: cut(v6),
        })
    }

    /// The networks that hold an address.
    pub fn of(&self, source: IpAddr) -> NetworkSet {
        let (pieces, position) = match source.to_canonical() {
            IpAddr::V4(address) => (&self.v4, u128::from(address.to_bits())),
            IpAddr::V6(address) => (&self.v6, address.to_bits()),
        };
        let after = pieces.partition_point(|piece| piece.0 <= position);
        after.checked_sub(1).map_or(0, |index| pieces[index].1)
    }

    /// The set of these names; the error says which is not declared.
    pub fn set_of(&self, names: &[String]) -> Result<NetworkSet, String> {
        let mut set = 0;
        for name in names {
            let found = self.names.iter().position(|declared| declared == name);
            let index = found.ok_or_else(|| format!("no network `{}`", shortened(name)))?;
            set |= 1 << index;
        }
        Ok(set)
    }

    /// The set of those of these names that are declared.
    pub fn mask_of(&self, names: &[String]) -> NetworkSet {
        let declared = self.names.iter().enumerate();
        let found = declared.filter(|(_, name)| names.contains(name));
        found.fold(0, |set, (index, _)| set | (1 << index))
    }

    /// Where membership in networks of a set changes, in the space of one version of addresses.
    pub fn edges(&self, is_v4: bool, mask: NetworkSet) -> impl Iterator<Item = u128> {
        let pieces = if is_v4 { &self.v4 } else { &self.v6 };
        let mut before = 0;
        pieces.iter().filter_map(move |(position, set)| {
            let changes = (set & mask) != before;
            before = set & mask;
            changes.then_some(*position)
        })
    }

    pub fn names_of(&self, set: NetworkSet) -> impl Iterator<Item = &str> {
        let held = self
            .names
            .iter()
            .enumerate()
            .filter(move |(index, _)| (set >> index) & 1 == 1);
        held.map(|(_, name)| name.as_str())
    }
}

fn add(edges: &mut Vec<Edge>, network: usize, first: u128, last: u128) {
    edges.push(Edge {
        position: first,
        network,
        opens: true,
    });
    if let Some(position) = last.checked_add(1) {
        edges.push(Edge {
            position,
            network,
            opens: false,
        });
    }
}

fn cut(mut edges: Vec<Edge>) -> Vec<(u128, NetworkSet)> {
    edges.sort_unstable_by_key(|edge| edge.position);
    let mut depths = [0_usize; NETWORKS_MAX];
    let mut pieces: Vec<(u128, NetworkSet)> = Vec::new();
    let mut set: NetworkSet = 0;
    // Edges of one place come in any order, so a depth may pass through a wrapped value; it is
    // right after the last of them, which is the only one that stays in `pieces`.
    for edge in &edges {
        let depth = &mut depths[edge.network];
        *depth = if edge.opens {
            depth.wrapping_add(1)
        } else {
            depth.wrapping_sub(1)
        };
        let bit = 1 << edge.network;
        set = if *depth == 0 { set & !bit } else { set | bit };
        match pieces.last_mut() {
            Some(piece) if piece.0 == edge.position => piece.1 = set,
            _ => pieces.push((edge.position, set)),
        }
    }
    pieces
}

/// First and last address of a range, and whether it is IPv4.
///
/// # Errors
/// Says what is wrong with the text.
pub fn range(text: &str) -> Result<(u128, u128, bool), &'static str> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address
        .parse()
        .map_err(|_| "is not an address or a range")?;
    let (first, bits, is_v4) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32, true),
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            return Err("is an ipv4 address in ipv6 form; write it as ipv4");
        }
        IpAddr::V6(address) => (address.to_bits(), 128, false),
    };
    let length: u32 = match length {
        None => bits,
        Some(length) => length
            .parse()
            .map_err(|_| "has a length that is not a number")?,
    };
    let free = bits
        .checked_sub(length)
        .ok_or("has a length beyond its address")?;
    let host = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    if first & host != 0 {
        return Err("has bits beyond its length");
    }
    Ok((first, first | host, is_v4))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn networks(ranges: &[(&str, &[&str])]) -> Result<Networks, Vec<String>> {
        let section: Vec<_> = ranges
            .iter()
            .map(|(name, addresses)| Network {
                name: (*name).to_owned(),
                addresses: addresses.iter().map(|&it| it.to_owned()).collect(),
            })
            .collect();
        Networks::new(&section)
    }

    fn held(networks: &Networks, source: &str) -> Vec<String> {
        let set = networks.of(source.parse().unwrap());
        networks.names_of(set).map(str::to_owned).collect()
    }

    #[test]
    fn an_address_is_in_every_network_that_holds_it() {
        let networks = networks(&[
            ("all", &["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"]),
            ("floor", &["10.1.2.0/24", "10.1.3.0/24", "2001:db8::1"]),
            ("everyone", &["0.0.0.0/0", "::/0"]),
        ])
        .unwrap();
        assert_eq!(held(&networks, "10.1.2.255"), ["all", "floor", "everyone"]);
        assert_eq!(held(&networks, "10.1.3.0"), ["all", "floor", "everyone"]);
        assert_eq!(held(&networks, "10.1.4.0"), ["all", "everyone"]);
        assert_eq!(held(&networks, "11.0.0.0"), ["everyone"]);
        assert_eq!(held(&networks, "255.255.255.255"), ["everyone"]);
        assert_eq!(held(&networks, "2001:db8::1"), ["all", "floor", "everyone"]);
        assert_eq!(held(&networks, "2001:db8::2"), ["all", "everyone"]);
        assert_eq!(held(&networks, "ffff::1"), ["everyone"]);
        assert_eq!(
            held(&networks, "::ffff:10.1.2.1"),
            ["all", "floor", "everyone"]
        );
    }

    #[test]
    fn what_is_not_a_range_is_named() {
        for text in [
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0/8",
            "",
            "::ffff:1.2.3.4",
        ] {
            let problems = networks(&[("office", &[text])]).unwrap_err();
            assert!(problems[0].contains("office"), "{problems:?}");
        }
        assert!(networks(&[("a", &[]), ("a", &[])]).is_err());
    }
}
