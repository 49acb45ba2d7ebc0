//! A compiled JSON Schema: subschemas in a list, that refer to each other by number.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::format::Format;
use super::number::Decimal;
use super::pattern::Pattern;
use super::shape::Shape;

/// The number of a subschema.
pub(super) type RuleId = u32;

/// Types of values, as bits; a whole number is a number too.
pub(super) mod types {
    pub const NULL: u8 = 1;
    pub const BOOLEAN: u8 = 2;
    pub const NUMBER: u8 = 4;
    pub const INTEGER: u8 = 8;
    pub const TEXT: u8 = 16;
    pub const ARRAY: u8 = 32;
    pub const OBJECT: u8 = 64;
    pub const ALL: u8 = 127;

    pub fn of_name(name: &str) -> Option<u8> {
        Some(match name {
            "null" => NULL,
            "boolean" => BOOLEAN,
            "number" => NUMBER | INTEGER,
            "integer" => INTEGER,
            "string" => TEXT,
            "array" => ARRAY,
            "object" => OBJECT,
            _ => return None,
        })
    }
}

/// What a subschema asks for.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// `true` and `false` in place of a schema.
    pub never: bool,
    pub types: u8,
    pub asserted: Vec<Assertion>,
    pub object: Option<Box<ObjectRule>>,
    pub array: Option<Box<ArrayRule>>,
    /// Applied to the same value.
    pub reference: Option<RuleId>,
    pub all: Vec<RuleId>,
    pub any: Vec<RuleId>,
    pub one: Vec<RuleId>,
    pub not: Option<RuleId>,
    pub condition: Option<(RuleId, Option<RuleId>, Option<RuleId>)>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            never: false,
            types: types::ALL,
            asserted: Vec::new(),
            object: None,
            array: None,
            reference: None,
            all: Vec::new(),
            any: Vec::new(),
            one: Vec::new(),
            not: None,
            condition: None,
        }
    }
}

impl Rule {
    /// The subschemas that look at the same value.
    pub fn in_place(&self) -> impl Iterator<Item = RuleId> + '_ {
        let condition = self.condition.iter().flat_map(|(test, then, otherwise)| {
            [Some(*test), *then, *otherwise].into_iter().flatten()
        });
        let dependent = self
            .object
            .iter()
            .flat_map(|object| object.dependent.values().copied());
        self.reference
            .iter()
            .chain(&self.all)
            .chain(&self.any)
            .chain(&self.one)
            .chain(&self.not)
            .copied()
            .chain(condition)
            .chain(dependent)
    }
}

#[derive(Debug, Clone)]
pub(super) enum Assertion {
    /// `enum` and `const`.
    Values(&'static str, Values),
    Minimum(Decimal),
    Maximum(Decimal),
    Above(Decimal),
    Below(Decimal),
    MultipleOf(Decimal),
    LengthMin(u64),
    LengthMax(u64),
    Pattern(Pattern),
    Format(Format),
}

/// Canonical texts of values.
#[derive(Debug, Clone)]
pub(super) struct Values {
    listed: Vec<Vec<u8>>,
    /// Their places, by their texts.
    order: Vec<usize>,
}

impl Values {
    pub fn new(listed: Vec<Vec<u8>>) -> Self {
        let mut order: Vec<usize> = (0..listed.len()).collect();
        order.sort_unstable_by_key(|at| listed.get(*at));
        Self { listed, order }
    }

    /// In the order of the schema.
    pub fn listed(&self) -> &[Vec<u8>] {
        &self.listed
    }

    pub fn contains(&self, text: &Vec<u8>) -> bool {
        let found = self
            .order
            .binary_search_by_key(&Some(text), |at| self.listed.get(*at));
        found.is_ok()
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct ObjectRule {
    pub properties: HashMap<String, RuleId>,
    pub patterns: Vec<(Pattern, RuleId)>,
    pub additional: Option<RuleId>,
    pub names: Option<RuleId>,
    pub required: Vec<String>,
    pub min: Option<u64>,
    pub max: Option<u64>,
    pub dependent_required: Vec<(String, Vec<String>)>,
    pub dependent: HashMap<String, RuleId>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct ArrayRule {
    pub prefix: Vec<RuleId>,
    pub items: Option<RuleId>,
    /// How many entries must match: at least, at most.
    pub contains: Option<(RuleId, u64, Option<u64>)>,
    pub min: Option<u64>,
    pub max: Option<u64>,
    pub unique: bool,
}

/// A compiled schema.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(super) rules: Vec<Rule>,
    pub(super) root: RuleId,
    /// What a value of each rule may be, as bits of `types`.
    pub(super) types: Vec<u8>,
    /// Of the compiled patterns.
    pub pattern_bytes: usize,
    /// What it names, once somebody asks.
    pub(super) shape: OnceLock<Option<Shape>>,
}

impl Compiled {
    /// Subschemas.
    pub fn parts(&self) -> usize {
        self.rules.len()
    }

    /// What it names. `None`: more than the limits allow.
    pub(super) fn places(&self) -> Option<&Shape> {
        self.shape.get_or_init(|| self.shape()).as_ref()
    }

    /// Whether it can be told what it names.
    pub fn names_within_limits(&self) -> bool {
        self.places().is_some()
    }

    pub(super) fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id as usize)
    }
}
