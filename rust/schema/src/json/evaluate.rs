//! A value against a JSON Schema. Every step is counted: alternatives within alternatives can ask for
//! exponential work on a few bytes.

use std::collections::HashSet;

use super::assert::{holds, steps};
use super::canonical::canonical;
use super::number::Decimal;
use super::rules::{ArrayRule, Compiled, ObjectRule, Rule, RuleId, types};
use super::tree::{Kind, Node};
use crate::error::{Invalid, Reason};
use crate::limits::{EVALUATION_DEPTH_MAX, EVALUATIONS_MAX, STEP_BYTES, STEP_MEMBERS};

impl Compiled {
    /// Whether the value is one of the schema's.
    pub(super) fn evaluate(&self, id: RuleId, node: Node<'_, '_>) -> Result<(), Invalid> {
        Evaluation {
            schema: self,
            steps_left: EVALUATIONS_MAX,
            depth_left: EVALUATION_DEPTH_MAX,
        }
        .apply(id, node)
    }
}

struct Evaluation<'e> {
    schema: &'e Compiled,
    steps_left: usize,
    depth_left: usize,
}

impl Evaluation<'_> {
    fn step(&mut self, node: Node<'_, '_>) -> Result<(), Invalid> {
        self.steps(1, node)
    }

    /// SECURITY: what grows with the value is paid by its size, or a schema of many alternatives would
    /// have a large value copied, compared and searched for each of them.
    fn bytes(&mut self, node: Node<'_, '_>) -> Result<(), Invalid> {
        let bytes = node.end().saturating_sub(node.start());
        self.steps(bytes / STEP_BYTES, node)
    }

    fn steps(&mut self, count: usize, node: Node<'_, '_>) -> Result<(), Invalid> {
        match self.steps_left.checked_sub(count) {
            Some(left) => self.steps_left = left,
            None => return refuse(Reason::TooManySteps, node),
        }
        Ok(())
    }

    fn apply(&mut self, id: RuleId, node: Node<'_, '_>) -> Result<(), Invalid> {
        self.step(node)?;
        let schema = self.schema;
        let Some(rule) = schema.rule(id).filter(|rule| !rule.never) else {
            return refuse(Reason::Undeclared, node);
        };
        match self.depth_left.checked_sub(1) {
            Some(left) => self.depth_left = left,
            None => return refuse(Reason::TooDeep, node),
        }
        let result = self.rule(rule, node);
        self.depth_left += 1;
        result
    }

    fn rule(&mut self, rule: &Rule, node: Node<'_, '_>) -> Result<(), Invalid> {
        if rule.types & type_of(node) == 0 {
            return refuse(Reason::WrongType, node);
        }
        for assertion in &rule.asserted {
            self.steps(steps(assertion, node), node)?;
            holds(assertion, node)?;
        }
        if let (Some(object), Kind::Object) = (&rule.object, node.kind()) {
            self.object(object, node)?;
        }
        if let (Some(array), Kind::Array) = (&rule.array, node.kind()) {
            self.array(array, node)?;
        }
        for id in rule.reference.iter().chain(&rule.all) {
            self.apply(*id, node)?;
        }
        self.alternatives(rule, node)
    }

    /// Whether a subschema holds; only what bounds the work ends the validation.
    fn test(&mut self, id: RuleId, node: Node<'_, '_>) -> Result<bool, Invalid> {
        match self.apply(id, node) {
            Ok(()) => Ok(true),
            Err(invalid) if bounds(invalid.reason) => Err(invalid),
            Err(_) => Ok(false),
        }
    }

    fn alternatives(&mut self, rule: &Rule, node: Node<'_, '_>) -> Result<(), Invalid> {
        if !rule.any.is_empty() {
            let mut found = false;
            for id in &rule.any {
                found = found || self.test(*id, node)?;
            }
            if !found {
                return refuse(Reason::Constraint("anyOf"), node);
            }
        }
        if !rule.one.is_empty() {
            let mut found = 0;
            for id in &rule.one {
                found += usize::from(self.test(*id, node)?);
            }
            if found != 1 {
                return refuse(Reason::Constraint("oneOf"), node);
            }
        }
        if let Some(id) = rule.not
            && self.test(id, node)?
        {
            return refuse(Reason::Constraint("not"), node);
        }
        if let Some((test, then, otherwise)) = rule.condition {
            let branch = if self.test(test, node)? {
                then
            } else {
                otherwise
            };
            if let Some(id) = branch {
                self.apply(id, node)?;
            }
        }
        Ok(())
    }

    fn object(&mut self, rule: &ObjectRule, node: Node<'_, '_>) -> Result<(), Invalid> {
        let size = node.members().count();
        self.steps(size / STEP_MEMBERS, node)?;
        for (key, value) in node.members() {
            let name = key.text().unwrap_or_default();
            let mut declared = false;
            if let Some(id) = rule.properties.get(name.as_ref()) {
                declared = true;
                self.apply(*id, value)
                    .map_err(|invalid| invalid.inside(&name))?;
            }
            for (expression, id) in &rule.patterns {
                self.step(node)?;
                self.steps(expression.steps(name.len()), node)?;
                if expression.is_match(&name) {
                    declared = true;
                    self.apply(*id, value)?;
                }
            }
            if let (false, Some(id)) = (declared, rule.additional) {
                self.apply(id, value)?;
            }
            if let Some(id) = rule.names {
                self.apply(id, key)?;
            }
            if let Some(id) = rule.dependent.get(name.as_ref()) {
                self.apply(*id, node)?;
            }
        }
        self.required(rule, node)?;
        in_range(
            as_count(size),
            rule.min,
            rule.max,
            ["minProperties", "maxProperties"],
            node,
        )
    }

    fn required(&mut self, rule: &ObjectRule, node: Node<'_, '_>) -> Result<(), Invalid> {
        if rule.required.is_empty() && rule.dependent_required.is_empty() {
            return Ok(());
        }
        let dependent = rule.dependent_required.iter();
        let asked = dependent.fold(rule.required.len(), |sum, (_, others)| sum + others.len());
        self.steps((asked + node.members().count()) / STEP_MEMBERS, node)?;
        let names: HashSet<_> = node.members().filter_map(|(key, _)| key.text()).collect();
        let has = |name: &String| names.contains(name.as_str());
        if let Some(name) = rule.required.iter().find(|name| !has(name)) {
            let missing = Invalid::new(Reason::Missing, node.start());
            return Err(missing.inside(name));
        }
        for (name, others) in &rule.dependent_required {
            self.step(node)?;
            if has(name) && !others.iter().all(has) {
                return refuse(Reason::Constraint("dependentRequired"), node);
            }
        }
        Ok(())
    }

    fn array(&mut self, rule: &ArrayRule, node: Node<'_, '_>) -> Result<(), Invalid> {
        let size = node.items().count();
        self.steps(size / STEP_MEMBERS, node)?;
        if rule.unique {
            self.bytes(node)?;
        }
        let mut matching = 0u64;
        let mut prefix = rule.prefix.iter();
        let mut seen = HashSet::new();
        for item in node.items() {
            if let Some(id) = prefix.next().copied().or(rule.items) {
                self.apply(id, item)?;
            }
            if let Some((id, ..)) = rule.contains {
                matching += u64::from(self.test(id, item)?);
            }
            if rule.unique && !seen.insert(canonical(item)) {
                return refuse(Reason::Constraint("uniqueItems"), item);
            }
        }
        if let Some((_, least, most)) = rule.contains {
            let enough = matching >= least && most.is_none_or(|most| matching <= most);
            if !enough {
                return refuse(Reason::Constraint("contains"), node);
            }
        }
        let size = as_count(size);
        in_range(size, rule.min, rule.max, ["minItems", "maxItems"], node)
    }
}

pub(super) fn refuse<T>(reason: Reason, node: Node<'_, '_>) -> Result<T, Invalid> {
    Err(Invalid::new(reason, node.start()))
}

fn as_count(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

fn bounds(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::TooManySteps | Reason::TooDeep | Reason::OutOfRange
    )
}

fn in_range(
    size: u64,
    min: Option<u64>,
    max: Option<u64>,
    words: [&'static str; 2],
    node: Node<'_, '_>,
) -> Result<(), Invalid> {
    let [least, most] = words;
    if min.is_some_and(|min| size < min) {
        return refuse(Reason::Constraint(least), node);
    }
    if max.is_some_and(|max| size > max) {
        return refuse(Reason::Constraint(most), node);
    }
    Ok(())
}

fn type_of(node: Node<'_, '_>) -> u8 {
    match node.kind() {
        Kind::Null => types::NULL,
        Kind::True | Kind::False => types::BOOLEAN,
        Kind::Text => types::TEXT,
        Kind::Array => types::ARRAY,
        Kind::Object => types::OBJECT,
        Kind::Number => match Decimal::parse(node.raw()) {
            Some(number) if number.is_whole() => types::INTEGER,
            _ => types::NUMBER,
        },
    }
}
