//! Values of Cedar, as far as rules about streams use them.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value as Json;

/// An entity: the whole name of its type, and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Uid {
    pub kind: Arc<str>,
    pub id: Arc<str>,
}

impl Uid {
    pub fn new(kind: &str, id: &str) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
        }
    }

    pub fn of(uid: &cedar_policy::EntityUid) -> Self {
        Self::new(&uid.type_name().to_string(), uid.id().unescaped())
    }

    fn of_json(value: &Json) -> Option<Self> {
        Some(Self::new(
            value.get("type")?.as_str()?,
            value.get("id")?.as_str()?,
        ))
    }
}

/// An address with the length of its prefix, as Cedar's `ip` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Range {
    pub address: IpAddr,
    pub length: u32,
}

impl Range {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(bits);
        (length <= bits).then_some(Self { address, length })
    }

    pub fn single(address: IpAddr) -> Self {
        let length = if address.is_ipv4() { 32 } else { 128 };
        Self { address, length }
    }

    /// First and last address as numbers, in the space of its version.
    pub fn ends(self) -> (u128, u128) {
        let (number, bits) = number(self.address);
        let host = bits - self.length;
        let mask = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
        (number & !mask, number | mask)
    }

    pub fn is_within(self, other: Self) -> bool {
        let (one, range) = (self.ends(), other.ends());
        self.address.is_ipv4() == other.address.is_ipv4() && one.0 >= range.0 && one.1 <= range.1
    }
}

/// An address as a number, and how many bits it has.
pub(crate) fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Value {
    Bool(bool),
    Long(i64),
    Text(Arc<str>),
    Entity(Uid),
    Ip(Range),
    Set(BTreeSet<Value>),
}

impl Value {
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub fn address(address: IpAddr) -> Self {
        Self::Ip(Range::single(address))
    }

    /// A literal in the JSON form of a policy. `None`: of a kind that is not known here.
    pub fn of_literal(json: &Json) -> Option<Self> {
        match json {
            Json::Bool(it) => Some(Self::Bool(*it)),
            Json::Number(it) => it.as_i64().map(Self::Long),
            Json::String(it) => Some(Self::text(it)),
            Json::Array(items) => {
                let items: Option<BTreeSet<_>> = items.iter().map(Self::of_literal).collect();
                items.map(Self::Set)
            }
            Json::Object(fields) => {
                if let Some(entity) = fields.get("__entity") {
                    return Uid::of_json(entity).map(Self::Entity);
                }
                let call = fields.get("__extn")?;
                let is_address = call.get("fn").and_then(Json::as_str) == Some("ip");
                let text = call.get("arg").filter(|_| is_address)?.as_str()?;
                Range::parse(text).map(Self::Ip)
            }
            Json::Null => None,
        }
    }
}
