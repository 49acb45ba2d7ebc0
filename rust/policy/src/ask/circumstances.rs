//! The context of a request, of which any part may be left open.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::ask::value::{Range, Value};
use crate::attributes::{AGES, TEXTS};

/// An attribute of the context, by its place in [`NAMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Attribute(u8);

const OF_GATEWAY: [&str; 10] = [
    "source",
    "networks",
    "tls",
    "mechanism",
    "mfa",
    "environment",
    "hour",
    "minute",
    "weekday",
    "day",
];
/// Of what may be absent, the one that a bundle declares of principals.
const DECLARED: &str = "device_posture";
const COUNT: usize = OF_GATEWAY.len() + TEXTS.len() + AGES.len();

/// Names of all attributes that the context of a request can have.
pub fn context_attributes() -> impl Iterator<Item = &'static str> {
    let of_rules = |it: &&&str| **it != "day";
    let of_gateway = OF_GATEWAY.iter().filter(of_rules);
    of_gateway.chain(&TEXTS).chain(&AGES).copied()
}

impl Attribute {
    pub const SOURCE: Self = Self(0);
    pub const NETWORKS: Self = Self(1);
    pub const TLS: Self = Self(2);
    pub const MECHANISM: Self = Self(3);
    pub const MFA: Self = Self(4);
    pub const ENVIRONMENT: Self = Self(5);
    pub const HOUR: Self = Self(6);
    pub const MINUTE: Self = Self(7);
    pub const WEEKDAY: Self = Self(8);
    /// Days since 1970; 0 stands for the day that is asked about. Rules don't see it, they end.
    pub const DAY: Self = Self(9);

    pub fn named(name: &str) -> Option<Self> {
        let mut names = OF_GATEWAY.iter().chain(&TEXTS).chain(&AGES);
        let place = names.position(|it| *it == name)?;
        u8::try_from(place).ok().map(Self)
    }

    pub fn name(self) -> &'static str {
        let place = usize::from(self.0);
        let mut names = OF_GATEWAY.iter().chain(&TEXTS).chain(&AGES);
        names.nth(place).copied().unwrap_or_default()
    }

    /// Which variable settles it.
    pub fn variable(self) -> Variable {
        match self {
            Self::NETWORKS => Variable(Self::SOURCE),
            Self::HOUR => Variable(Self::MINUTE),
            other => Variable(other),
        }
    }

    pub fn is_text(self) -> bool {
        let first = OF_GATEWAY.len();
        (first..first + TEXTS.len()).contains(&usize::from(self.0))
    }

    pub fn is_age(self) -> bool {
        usize::from(self.0) >= OF_GATEWAY.len() + TEXTS.len()
    }
}

/// What is chosen when circumstances are settled: where from (which gives the networks too), which
/// minute of the day (which gives the hour), and each other attribute by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Variable(pub Attribute);

/// What is known of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) enum Slot {
    #[default]
    Open,
    Absent,
    Known(Value),
}

/// One way to settle a variable.
pub(crate) type Choice = Vec<(Attribute, Slot)>;

/// What is known of a context.
#[derive(Debug, Clone, Default)]
pub(crate) struct Circumstances {
    slots: [Slot; COUNT],
    /// Whether the caller's token names a group; open where it is not said. Rules see the roles that
    /// groups stand for.
    groups: BTreeMap<Arc<str>, bool>,
}

impl Circumstances {
    pub fn get(&self, attribute: Attribute) -> &Slot {
        &self.slots[usize::from(attribute.0)]
    }

    pub fn set(&mut self, attribute: Attribute, slot: Slot) {
        self.slots[usize::from(attribute.0)] = slot;
    }

    pub fn choose(&mut self, choice: &Choice) {
        for (attribute, slot) in choice {
            self.set(*attribute, slot.clone());
        }
    }

    pub fn reopen(&mut self, choice: &Choice) {
        for (attribute, _) in choice {
            self.set(*attribute, Slot::Open);
        }
    }

    /// The day on which this is, if that matters and it isn't the day that is asked about.
    pub fn day(&self) -> Option<i64> {
        match self.get(Attribute::DAY) {
            Slot::Known(Value::Long(day)) => Some(*day).filter(|day| *day > 0),
            _ => None,
        }
    }

    /// Groups that the caller's token names.
    pub fn groups(&self) -> Vec<&str> {
        let named = self.groups.iter().filter(|(_, is_named)| **is_named);
        named.map(|(group, _)| group.as_ref()).collect()
    }

    /// Whether the caller's token names a group; `None`: that is open.
    pub fn names(&self, group: &str) -> Option<bool> {
        self.groups.get(group).copied()
    }

    pub fn name(&mut self, group: &Arc<str>, is_named: Option<bool>) {
        match is_named {
            Some(is_named) => self.groups.insert(Arc::clone(group), is_named),
            None => self.groups.remove(group),
        };
    }

    /// What is settled, as the context of a decision request has it; without the roles that groups
    /// stand for, and without the day.
    pub fn to_json(&self) -> serde_json::Map<String, Json> {
        let mut fields = serde_json::Map::new();
        for place in 0..COUNT {
            let attribute = Attribute(u8::try_from(place).unwrap_or_default());
            // Where it comes from says in which networks it is.
            let is_left_out = [Attribute::NETWORKS, Attribute::HOUR, Attribute::DAY];
            if is_left_out.contains(&attribute) {
                continue;
            }
            let value = match self.get(attribute) {
                Slot::Known(value) => json(value),
                // Left out, it would be what is declared of the principal.
                Slot::Absent if attribute.name() == DECLARED => Json::Null,
                Slot::Absent | Slot::Open => continue,
            };
            fields.insert(attribute.name().to_owned(), value);
        }
        fields
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(it) => (*it).into(),
        Value::Long(it) => (*it).into(),
        Value::Text(it) => it.as_ref().into(),
        Value::Ip(it) => it.address.to_string().into(),
        Value::Set(items) => items.iter().map(json).collect::<Vec<_>>().into(),
        Value::Entity(uid) => uid.id.as_ref().into(),
    }
}

/// Settle where a request comes from.
pub(crate) fn from(address: IpAddr, networks: &crate::networks::Networks) -> Choice {
    let held = networks.names_of(networks.of(address)).map(Value::text);
    vec![
        (
            Attribute::SOURCE,
            Slot::Known(Value::Ip(Range::single(address))),
        ),
        (Attribute::NETWORKS, Slot::Known(Value::Set(held.collect()))),
    ]
}

/// Settle the minute of the day.
pub(crate) fn at_minute(minute: i64) -> Choice {
    vec![
        (Attribute::MINUTE, Slot::Known(Value::Long(minute))),
        (Attribute::HOUR, Slot::Known(Value::Long(minute / 60))),
    ]
}
