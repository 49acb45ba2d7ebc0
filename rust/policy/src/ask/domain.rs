//! The values of the circumstances that make a difference to some conditions.
//!
//! Each attribute takes endlessly many values, but conditions compare it with a few: values between
//! two neighbours of those are all alike, so one of them stands for them. Groups that tokens name are
//! not among them: each is named or not, and a search settles those that matter ([`crate::ask::search`]).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::ask::circumstances::{Attribute, Choice, Slot, Variable, at_minute, from};
use crate::ask::expression::{Expression, Operator, Piece, Test};
use crate::ask::partial::named_ranges;
use crate::ask::value::{Range, Value, number};
use crate::ask::witnesses::kinds;
use crate::networks::{NetworkSet, Networks};
use crate::request::Mechanism;

/// What a condition asks of one variable, over all conditions.
#[derive(Debug, Default)]
struct Wanted {
    texts: BTreeSet<String>,
    patterns: Vec<Arc<[Piece]>>,
    longs: BTreeSet<i64>,
    ranges: BTreeSet<Range>,
    networks: BTreeSet<String>,
    /// It is compared with more than literals, so that every value may be one of its own.
    anyhow: bool,
    /// The set of networks matters as a whole.
    all_networks: bool,
}

/// The variables that conditions read, with the values that make a difference.
#[derive(Debug, Default)]
pub(crate) struct Domain {
    wanted: BTreeMap<Variable, Wanted>,
    /// Whether the values stand for all; else something is compared in a way that is not known here.
    pub is_complete: bool,
}

impl Domain {
    pub fn of<'a>(conditions: impl IntoIterator<Item = &'a Expression>) -> Self {
        let mut domain = Self {
            is_complete: true,
            ..Self::default()
        };
        for condition in conditions {
            domain.add(condition);
        }
        for (variable, wanted) in &mut domain.wanted {
            let is_text = *variable == Variable(Attribute::ENVIRONMENT) || variable.0.is_text();
            domain.is_complete &= !is_text || wanted.settle_texts();
        }
        domain
    }

    /// Down to the atoms: whatever is no connective.
    fn add(&mut self, condition: &Expression) {
        match condition {
            Expression::Not(it) => self.add(it),
            Expression::And(left, right) | Expression::Or(left, right) => {
                self.add(left);
                self.add(right);
            }
            Expression::If(parts) => parts.iter().for_each(|part| self.add(part)),
            atom => self.add_atom(atom),
        }
    }

    fn add_atom(&mut self, atom: &Expression) {
        let mut attributes = BTreeSet::new();
        let (mut is_plain, mut is_known) = (true, true);
        let (mut literals, mut patterns) = (Vec::new(), Vec::new());
        atom.walk(&mut |it| {
            match it {
                Expression::Context(attribute) | Expression::Has(attribute) => {
                    attributes.insert(*attribute);
                }
                Expression::Literal(value) => literals.push(value),
                Expression::Like(_, pieces) => patterns.push(pieces),
                Expression::Binary(Operator::Add | Operator::Subtract | Operator::Multiply, _)
                | Expression::Unary(Test::Negate, _)
                | Expression::If(_) => is_plain = false,
                Expression::Opaque => is_known = false,
                Expression::Unary(Test::IsLoopback | Test::IsMulticast, _) => {
                    self.wanted(Attribute::SOURCE).ranges.extend(named_ranges());
                }
                _ => {}
            }
            true
        });
        // What a token names is one more thing that the atom hangs on.
        is_plain &= attributes.len() + usize::from(!atom.groups().is_empty()) < 2;
        self.is_complete &= is_known;
        for attribute in attributes {
            let wanted = self.wanted(attribute);
            wanted.anyhow |= !is_plain;
            for literal in &literals {
                wanted.take(attribute, literal);
            }
            for pieces in &patterns {
                wanted.take_pattern(pieces);
            }
            wanted.all_networks |= attribute == Attribute::NETWORKS && !looks_up_networks(atom);
            let is_finite = !attribute.is_text()
                && !attribute.is_age()
                && attribute.variable() != Variable(Attribute::SOURCE)
                && attribute != Attribute::ENVIRONMENT;
            self.is_complete &= is_plain || is_finite;
        }
    }

    fn wanted(&mut self, attribute: Attribute) -> &mut Wanted {
        self.wanted.entry(attribute.variable()).or_default()
    }

    /// The ways to settle an attribute other than the source.
    pub fn choices(&self, attribute: Option<Attribute>) -> Vec<Choice> {
        let wanted = attribute.and_then(|it| Some((it, self.wanted.get(&it.variable())?)));
        wanted.map_or_else(Vec::new, |(attribute, wanted)| wanted.choices(attribute))
    }

    /// Each variable with the ways to settle it, one choice for each of `sides` (two policies differ
    /// in their networks).
    pub fn values(&self, sides: &[&Networks]) -> Vec<(Variable, Vec<Vec<Choice>>)> {
        let variables = self.wanted.iter();
        let mut values: Vec<_> = variables
            .map(|(variable, wanted)| {
                let choices: Vec<Vec<Choice>> = if *variable == Variable(Attribute::SOURCE) {
                    wanted
                        .addresses(sides)
                        .into_iter()
                        .map(|address| sides.iter().map(|side| from(address, side)).collect())
                        .collect()
                } else {
                    let choices = wanted.choices(variable.0).into_iter();
                    choices.map(|choice| vec![choice; sides.len()]).collect()
                };
                (*variable, choices)
            })
            .collect();
        // What has few values is settled first: it prunes the most.
        values.sort_by_key(|(variable, choices)| (choices.len(), *variable));
        values
    }
}

impl Wanted {
    fn take(&mut self, attribute: Attribute, literal: &Value) {
        match literal {
            Value::Text(text) if attribute == Attribute::NETWORKS => {
                self.networks.insert(text.to_string());
            }
            Value::Text(text) => drop(self.texts.insert(text.to_string())),
            // Comparisons turn at the number or after it.
            Value::Long(it) if attribute == Attribute::HOUR => {
                let minute = it.saturating_mul(60);
                self.longs.extend([minute, minute.saturating_add(60)]);
            }
            Value::Long(it) => self.longs.extend([*it, it.saturating_add(1)]),
            Value::Ip(range) => drop(self.ranges.insert(*range)),
            Value::Set(items) => items.iter().for_each(|item| self.take(attribute, item)),
            Value::Bool(_) | Value::Entity(_) => {}
        }
    }

    fn take_pattern(&mut self, pieces: &Arc<[Piece]>) {
        if !self.patterns.contains(pieces) {
            self.patterns.push(Arc::clone(pieces));
        }
    }

    /// Settle on one text of each kind that conditions tell apart. `false`: there are too many.
    fn settle_texts(&mut self) -> bool {
        let other = other_than(&self.texts);
        if self.patterns.is_empty() {
            self.texts.insert(other);
            return true;
        }
        let patterns: Vec<&[Piece]> = self.patterns.iter().map(AsRef::as_ref).collect();
        let whole = self.texts.iter().map(String::as_str);
        let found = kinds(&[""], whole, &patterns, '-');
        let found = found.map(|kinds| kinds.into_iter().map(|kind| kind.text).collect());
        let is_complete = found.is_some();
        let others: Vec<String> = found.unwrap_or_else(|| vec![other]);
        self.texts.extend(others);
        is_complete
    }

    fn choices(&self, attribute: Attribute) -> Vec<Choice> {
        let known = |value: Value| vec![(attribute, Slot::Known(value))];
        let bools = || vec![known(Value::Bool(true)), known(Value::Bool(false))];
        match attribute {
            Attribute::TLS | Attribute::MFA => bools(),
            Attribute::MECHANISM => {
                let all = Mechanism::ALL.iter();
                all.map(|it| known(Value::text(it.name()))).collect()
            }
            Attribute::MINUTE => self.steps(0, 1439).map(at_minute).collect(),
            Attribute::DAY => {
                let days = self.steps(0, i64::MAX);
                days.map(|it| known(Value::Long(it))).collect()
            }
            Attribute::WEEKDAY => self.steps(1, 7).map(|it| known(Value::Long(it))).collect(),
            _ if attribute.is_age() => {
                let ages = self.steps(0, i64::MAX).map(|it| known(Value::Long(it)));
                ages.chain([vec![(attribute, Slot::Absent)]]).collect()
            }
            _ => {
                let texts = self.texts.iter().map(|it| known(Value::text(it)));
                texts.chain([vec![(attribute, Slot::Absent)]]).collect()
            }
        }
    }

    /// The first of each run of numbers that conditions don't tell apart.
    fn steps(&self, first: i64, last: i64) -> impl Iterator<Item = i64> {
        let all = self.anyhow && last - first < 2_000;
        let firsts: BTreeSet<i64> = if all {
            (first..=last).collect()
        } else {
            let cuts = self.longs.iter().copied();
            cuts.chain([first])
                .filter(|it| (first..=last).contains(it))
                .collect()
        };
        firsts.into_iter()
    }

    /// One address for each way to be in the networks and ranges that are asked for.
    fn addresses(&self, sides: &[&Networks]) -> Vec<IpAddr> {
        let asks_all = self.anyhow || self.all_networks;
        let names: Vec<_> = self.networks.iter().cloned().collect();
        let masks: Vec<NetworkSet> = sides
            .iter()
            .map(|side| {
                if asks_all {
                    NetworkSet::MAX
                } else {
                    side.mask_of(&names)
                }
            })
            .collect();
        let (mut v4, mut v6) = (BTreeSet::from([0]), BTreeSet::from([0]));
        // The ordinary case first: from the same machine.
        v4.insert(u128::from(Ipv4Addr::LOCALHOST.to_bits()));
        for range in &self.ranges {
            let (first, last) = range.ends();
            let edges = if range.address.is_ipv4() {
                &mut v4
            } else {
                &mut v6
            };
            edges.extend([first, number(range.address).0]);
            edges.extend(last.checked_add(1));
            edges.extend(number(range.address).0.checked_add(1));
        }
        for (side, mask) in sides.iter().zip(&masks) {
            v4.extend(side.edges(true, *mask));
            v6.extend(side.edges(false, *mask));
        }
        let of_v4 = v4.into_iter().filter_map(|it| {
            u32::try_from(it)
                .ok()
                .map(|it| IpAddr::V4(Ipv4Addr::from_bits(it)))
        });
        let of_v6 = v6.into_iter().map(|it| IpAddr::V6(Ipv6Addr::from_bits(it)));
        let mut seen = HashSet::new();
        let mut addresses: Vec<IpAddr> = of_v4.chain(of_v6).collect();
        // An IPv4 address in IPv6 form reaches no rule.
        addresses.retain(|address| address.to_canonical() == *address);
        addresses.sort_by_key(|it| !it.is_loopback());
        addresses.retain(|address| {
            let sets = sides
                .iter()
                .zip(&masks)
                .map(|(it, mask)| it.of(*address) & mask);
            let itself = Range::single(*address);
            let within = self
                .ranges
                .iter()
                .map(|it| (itself.is_within(*it), itself == *it));
            let looks = (
                address.is_ipv4(),
                sets.collect::<Vec<_>>(),
                within.collect::<Vec<_>>(),
            );
            seen.insert(looks)
        });
        addresses
    }
}

/// Whether an atom asks of the networks for some by their names only.
fn looks_up_networks(atom: &Expression) -> bool {
    let networks = Expression::Context(Attribute::NETWORKS);
    match atom {
        Expression::Binary(Operator::ContainsAny, sides) => {
            (sides[0] == networks) != (sides[1] == networks)
        }
        Expression::Binary(Operator::Contains | Operator::ContainsAll, sides) => {
            sides[0] == networks && sides[1] != networks
        }
        _ => false,
    }
}

/// A text that none of these is.
fn other_than(texts: &BTreeSet<String>) -> String {
    let mut other = "other".to_owned();
    while texts.contains(&other) {
        other.push('-');
    }
    other
}
