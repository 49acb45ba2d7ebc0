//! What a JSON Schema names: which members of an object a reader with masks may see at all.

use std::collections::{BTreeMap, HashMap};

use super::pattern::Pattern;
use super::rules::{Compiled, ObjectRule, Rule, RuleId, types};
use crate::limits::{EVALUATIONS_MAX, SCHEMA_TYPES_MAX};

/// The number of a place.
pub(super) type PlaceId = u32;

/// What may stand somewhere: the members that have a name of their own, and others.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// What is said to apply here, and with it all that looks at the same value.
    pub applied: Vec<RuleId>,
    pub rules: Vec<RuleId>,
    pub members: HashMap<String, PlaceId>,
    pub patterns: Vec<Pattern>,
    /// Of members whose name matches one of the patterns.
    pub matching: PlaceId,
    /// Of all other members, where the schema says what they are.
    pub others: Option<PlaceId>,
    /// Of the entries of an array.
    pub entries: PlaceId,
}

/// All places of a schema; the first is the value itself.
#[derive(Debug, Clone)]
pub(super) struct Shape(Vec<Place>);

/// Where in a shape a walk is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within<'s> {
    shape: &'s Shape,
    at: PlaceId,
}

impl Shape {
    pub fn root(&self) -> Within<'_> {
        Within { shape: self, at: 0 }
    }

    pub fn place(&self, id: PlaceId) -> Option<&Place> {
        self.0.get(id as usize)
    }
}

impl Within<'_> {
    /// The place of the member of this name; `None`: the schema names no such member.
    pub fn member(self, name: &str) -> Option<Self> {
        let place = self.shape.0.get(self.at as usize)?;
        let found = place.members.get(name).copied().or_else(|| {
            let matches = place.patterns.iter().any(|it| it.is_match(name));
            if matches {
                Some(place.matching)
            } else {
                place.others
            }
        });
        found.map(|at| Self { at, ..self })
    }

    /// The place of an array's entries.
    pub fn entry(self) -> Self {
        let place = self.shape.0.get(self.at as usize);
        // What isn't there names nothing.
        let at = place.map_or(PlaceId::MAX, |place| place.entries);
        Self { at, ..self }
    }
}

impl Compiled {
    /// The places of this schema. `None`: there are more than the limits allow.
    pub(super) fn shape(&self) -> Option<Shape> {
        let mut builder = Builder {
            schema: self,
            known: HashMap::new(),
            open: Vec::new(),
            steps_left: EVALUATIONS_MAX,
        };
        builder.place(vec![self.root])?;
        let mut places = Vec::new();
        let mut next = 0;
        while let Some(rules) = builder.open.get(next).cloned() {
            places.push(builder.build(&rules)?);
            next += 1;
        }
        Some(Shape(places))
    }
}

struct Builder<'c> {
    schema: &'c Compiled,
    /// Places by the rules that apply there.
    known: HashMap<Vec<RuleId>, PlaceId>,
    /// The rules of each place, in the order of their numbers.
    open: Vec<Vec<RuleId>>,
    steps_left: usize,
}

impl Builder<'_> {
    /// The number of the place to which these rules apply.
    fn place(&mut self, mut rules: Vec<RuleId>) -> Option<PlaceId> {
        rules.sort_unstable();
        rules.dedup();
        if let Some(known) = self.known.get(&rules) {
            return Some(*known);
        }
        if self.open.len() >= SCHEMA_TYPES_MAX {
            return None;
        }
        let id = u32::try_from(self.open.len()).ok()?;
        self.open.push(rules.clone());
        self.known.insert(rules, id);
        Some(id)
    }

    fn build(&mut self, rules: &[RuleId]) -> Option<Place> {
        let schema = self.schema;
        let mut all: Vec<RuleId> = Vec::new();
        for id in rules {
            let same = schema.same_value(*id);
            self.steps_left = self.steps_left.checked_sub(same.len())?;
            all.extend(same);
        }
        all.sort_unstable();
        all.dedup();
        let found = || all.iter().filter_map(|id| schema.rule(*id));
        let objects: Vec<&ObjectRule> = found().filter_map(|it| it.object.as_deref()).collect();
        let arrays = found().filter_map(|it| it.array.as_deref());
        let entries = arrays.flat_map(|it| it.prefix.iter().chain(&it.items));
        let entries: Vec<RuleId> = entries.copied().collect();
        self.steps_left = self.steps_left.checked_sub(entries.len())?;
        let entries = self.place(entries)?;

        let mut members: BTreeMap<&String, Vec<RuleId>> = BTreeMap::new();
        for name in objects.iter().flat_map(|it| it.properties.keys()) {
            members.entry(name).or_default();
        }
        for (name, of) in &mut members {
            for object in &objects {
                self.steps_left = self.steps_left.checked_sub(1 + object.patterns.len())?;
                of.extend(self.of_member(object, name));
            }
        }
        let members = members
            .into_iter()
            .map(|(name, rules)| Some((name.clone(), self.place(rules)?)))
            .collect::<Option<_>>()?;
        let patterns = || objects.iter().flat_map(|it| &it.patterns);
        let others: Vec<RuleId> = objects.iter().filter_map(|it| self.others(it)).collect();
        Some(Place {
            applied: rules.to_vec(),
            rules: all,
            members,
            patterns: patterns().map(|(pattern, _)| pattern.clone()).collect(),
            matching: self.place(patterns().map(|(_, id)| *id).collect())?,
            others: if others.is_empty() {
                None
            } else {
                Some(self.place(others)?)
            },
            entries,
        })
    }

    /// The rules for one member: those of its name, of patterns that match, or else those for all others.
    fn of_member(&self, object: &ObjectRule, name: &str) -> Vec<RuleId> {
        let matching = object.patterns.iter();
        let matching = matching.filter(|(pattern, _)| pattern.is_match(name));
        let mut rules: Vec<RuleId> = matching.map(|(_, id)| *id).collect();
        rules.extend(object.properties.get(name));
        if rules.is_empty() {
            rules.extend(self.others(object));
        }
        rules
    }

    fn others(&self, object: &ObjectRule) -> Option<RuleId> {
        object.others(|id| self.schema.rule(id))
    }
}

impl ObjectRule {
    /// What is said of members without a name of their own. That there may be any says nothing of them.
    pub(super) fn others<'r>(&self, rule: impl Fn(RuleId) -> Option<&'r Rule>) -> Option<RuleId> {
        self.additional.filter(|id| rule(*id).is_some_and(says))
    }
}

/// Does the rule say what a value is?
pub(super) fn says(rule: &Rule) -> bool {
    let Rule {
        never,
        types,
        asserted,
        object,
        array,
        reference,
        all,
        any,
        one,
        not: _,
        condition,
    } = rule;
    let here = *types != types::ALL || !asserted.is_empty() || object.is_some() || array.is_some();
    let others = reference.is_some() || !all.is_empty() || !any.is_empty() || !one.is_empty();
    !never && (here || others || condition.is_some())
}
