//! Where a request can come from: one address for each piece of the address space that nothing
//! tells apart.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use streamward_policy::{Network, address_range};

use crate::error::ProveError;

/// Pieces times ranges that are looked through; a policy of the largest size stays far below.
const COMPARISONS_MAX: usize = 400_000_000;

/// Addresses that a person recognises, tried before any other of the same piece.
const FAMILIAR: [&str; 5] = [
    "127.0.0.1",
    "203.0.113.9",
    "10.0.0.9",
    "2001:db8::9",
    "224.0.0.9",
];

/// What Cedar's functions tell apart without being given a range.
const BUILT_IN: [&str; 4] = ["127.0.0.0/8", "::1", "224.0.0.0/4", "ff00::/8"];

/// IPv4 in IPv6 form; the gateway turns it into IPv4 before any rule sees it.
const MAPPED: (u128, u128) = (0xffff_0000_0000, 0xffff_ffff_ffff);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    first: u128,
    last: u128,
    is_v4: bool,
}

/// One address, and the networks of each version that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub address: IpAddr,
    pub networks: Vec<Vec<String>>,
}

/// Every origin that the given ranges and networks tell apart.
pub(crate) fn origins(
    texts: &BTreeSet<String>,
    networks: &[&[Network]],
) -> Result<Vec<Origin>, ProveError> {
    let mut ranges: BTreeSet<Range> = BTreeSet::new();
    for text in BUILT_IN
        .iter()
        .copied()
        .chain(texts.iter().map(String::as_str))
    {
        ranges.insert(range_of(text)?);
    }
    let mut held: Vec<Vec<(&str, Vec<Range>)>> = Vec::new();
    for networks in networks {
        let mut of_version = Vec::new();
        for network in *networks {
            let addresses = network.addresses.iter();
            let addresses: Result<Vec<_>, _> = addresses.map(|it| range_of(it)).collect();
            let addresses = addresses?;
            ranges.extend(&addresses);
            of_version.push((network.name.as_str(), addresses));
        }
        held.push(of_version);
    }
    let mut candidates: Vec<IpAddr> = FAMILIAR.iter().filter_map(|it| it.parse().ok()).collect();
    candidates.extend(pieces(&ranges, true));
    candidates.extend(pieces(&ranges, false));
    if candidates.len().saturating_mul(ranges.len()) > COMPARISONS_MAX {
        let what = "its networks cut the addresses into too many pieces".to_owned();
        return Err(ProveError::NotCovered(what));
    }
    let mut origins: BTreeMap<(bool, Vec<Range>), Origin> = BTreeMap::new();
    for address in candidates {
        let (position, is_v4) = position(address);
        let holds = |it: &Range| it.is_v4 == is_v4 && (it.first..=it.last).contains(&position);
        let within: Vec<Range> = ranges.iter().filter(|it| holds(it)).copied().collect();
        origins.entry((is_v4, within)).or_insert_with(|| {
            let of_version = |networks: &Vec<(&str, Vec<Range>)>| {
                let holding = networks
                    .iter()
                    .filter(|(_, ranges)| ranges.iter().any(holds));
                holding.map(|(name, _)| (*name).to_owned()).collect()
            };
            Origin {
                address,
                networks: held.iter().map(of_version).collect(),
            }
        });
    }
    Ok(origins.into_values().collect())
}

fn position(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), true),
        IpAddr::V6(address) => (address.to_bits(), false),
    }
}

fn range_of(text: &str) -> Result<Range, ProveError> {
    let bad = |what: &str| ProveError::NotCovered(format!("address `{text}` {what}"));
    let (first, last, is_v4) = address_range(text).map_err(bad)?;
    Ok(Range { first, last, is_v4 })
}

/// An address of each piece into which the ranges cut the space.
fn pieces(ranges: &BTreeSet<Range>, is_v4: bool) -> Vec<IpAddr> {
    let highest = if is_v4 {
        u128::from(u32::MAX)
    } else {
        u128::MAX
    };
    let mut begins = BTreeSet::from([0]);
    let mapped = (!is_v4).then_some(MAPPED);
    let own = ranges.iter().filter(|it| it.is_v4 == is_v4);
    for (first, last) in own.map(|it| (it.first, it.last)).chain(mapped) {
        begins.insert(first);
        begins.extend(last.checked_add(1).filter(|next| *next <= highest));
    }
    let mut found = Vec::with_capacity(begins.len());
    let mut rest = begins.iter().copied().peekable();
    while let Some(first) = rest.next() {
        let last = rest.peek().map_or(highest, |next| next.saturating_sub(1));
        if !is_v4 && (MAPPED.0..=MAPPED.1).contains(&first) {
            continue;
        }
        // `10.20.0.1` reads better than the address of the whole network.
        let shown = first.saturating_add(1).min(last);
        found.push(if is_v4 {
            IpAddr::V4(Ipv4Addr::from_bits(
                u32::try_from(shown).unwrap_or(u32::MAX),
            ))
        } else {
            IpAddr::V6(Ipv6Addr::from_bits(shown))
        });
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn one_address_stands_for_each_piece() {
        let network = |name: &str, addresses: &[&str]| Network {
            name: name.to_owned(),
            addresses: addresses.iter().map(|&it| it.to_owned()).collect(),
        };
        let networks = [
            network("office", &["10.20.0.0/16"]),
            network("all", &["10.0.0.0/8"]),
            network("loopback", &["127.0.0.0/8", "::1/128"]),
        ];
        let texts = BTreeSet::from(["10.20.3.7".to_owned()]);
        let found = origins(&texts, &[&networks]).unwrap();
        let seen: Vec<_> = found
            .iter()
            .map(|it| (it.address.to_string(), it.networks[0].join(" ")))
            .collect();
        for (address, networks) in [
            ("127.0.0.1", "loopback"),
            ("203.0.113.9", ""),
            ("10.0.0.9", "all"),
            ("10.20.0.1", "office all"),
            ("10.20.3.7", "office all"),
            ("::1", "loopback"),
            ("2001:db8::9", ""),
        ] {
            let expected = (address.to_owned(), networks.to_owned());
            assert!(seen.contains(&expected), "{expected:?} in {seen:?}");
        }
        assert_eq!(seen.len(), 9, "{seen:?}");
    }

    #[test]
    fn no_address_is_ipv4_in_ipv6_form() {
        let everywhere = BTreeSet::from(["::/0".to_owned(), "0.0.0.0/0".to_owned()]);
        for origin in origins(&everywhere, &[]).unwrap() {
            assert_eq!(origin.address, origin.address.to_canonical());
        }
    }
}
