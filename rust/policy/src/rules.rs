//! Rules, grouped into the slices that a request can need.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use cedar_policy::{EntityUid, PolicySet, PrincipalConstraint, Schema, Validator};

use crate::compile::{Effort, compile_all};
use crate::conditions::Conditions;
use crate::error::{PolicyError, RuleProblem};
use crate::prefixes::Prefixes;
use crate::probes::Probes;
use crate::reads::Reads;
use crate::scope::Scope;
use crate::section::Rule;
use crate::span::{AgeTurns, Turns};

/// Rules in one policy.
pub const RULES_MAX: usize = 20_000;
/// Length of the text of one rule.
pub const RULE_BYTES_MAX: usize = 64 * 1024;

/// The rules that matter to the names of one namespace, and what they read.
///
/// There may be thousands, of which few speak of one principal: they are kept by the principal in
/// their head, so that a decision costs what its own rules cost.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    pub reads: Reads,
    /// When what the rules say of ages can turn over.
    pub turns: AgeTurns,
    by_principal: HashMap<EntityUid, Vec<usize>>,
    any_principal: Vec<usize>,
}

/// What Cedar is asked with.
#[derive(Debug)]
pub(crate) struct Selected<'a> {
    pub policies: PolicySet,
    /// What those that permit ask of the circumstances.
    pub conditions: Vec<&'a Conditions>,
    /// Rules that Cedar would not put together; never seen, and a reason to deny.
    pub failed: Vec<String>,
}

/// A rule that has passed validation.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub id: String,
    pub policy: cedar_policy::Policy,
    pub scope: Scope,
    pub probes: Probes,
    pub conditions: Option<Conditions>,
    pub reads: Reads,
    pub turns: AgeTurns,
    /// The rule as Cedar's JSON, where questions will be asked.
    pub tree: Option<Arc<serde_json::Value>>,
}

/// All rules. A name falls into the slice of its longest namespace, whose prefix tells all other
/// namespaces of the name; so there are as many slices as namespaces, and one of no namespace.
#[derive(Debug)]
pub(crate) struct Rules {
    compiled: Vec<CompiledRule>,
    everywhere: Vec<usize>,
    by_namespace: Vec<Vec<usize>>,
    slices: Vec<OnceLock<Slice>>,
    outside: OnceLock<Slice>,
}

impl Rules {
    /// Parse and validate every rule.
    pub fn new(
        rules: &[Rule],
        schema: Schema,
        namespaces: &Prefixes,
        effort: Effort,
    ) -> Result<Self, PolicyError> {
        if rules.len() > RULES_MAX {
            let problem = format!("a policy has at most {RULES_MAX} rules");
            return Err(PolicyError::Section(vec![problem]));
        }
        let validator = Validator::new(schema);
        let mut compiled = Self {
            compiled: Vec::with_capacity(rules.len()),
            everywhere: Vec::new(),
            by_namespace: vec![Vec::new(); namespaces.len()],
            slices: (0..namespaces.len()).map(|_| OnceLock::new()).collect(),
            outside: OnceLock::new(),
        };
        let (mut problems, mut ids) = (Vec::new(), HashSet::new());
        let all = compile_all(rules, &validator, effort);
        for (rule, result) in rules.iter().zip(all) {
            let result = if ids.insert(&rule.id) {
                result.and_then(|it| compiled.add(rule, it, namespaces))
            } else {
                Err("another rule has the same id".to_owned())
            };
            if let Err(message) = result {
                let (rule, source) = (rule.id.clone(), rule.source.clone());
                problems.push(RuleProblem {
                    rule,
                    source,
                    message,
                });
            }
        }
        if problems.is_empty() {
            Ok(compiled)
        } else {
            Err(PolicyError::Rules(problems))
        }
    }

    fn add(
        &mut self,
        rule: &Rule,
        compiled: CompiledRule,
        namespaces: &Prefixes,
    ) -> Result<(), String> {
        let index = self.compiled.len();
        if rule.slices.is_empty() {
            self.everywhere.push(index);
        }
        for prefix in &rule.slices {
            let namespace = namespaces.index_of(prefix);
            let namespace = namespace.ok_or_else(|| format!("no namespace `{prefix}`"))?;
            self.by_namespace[namespace].push(index);
        }
        self.compiled.push(compiled);
        Ok(())
    }

    /// Every rule.
    pub fn policies(&self) -> impl Iterator<Item = &cedar_policy::Policy> {
        self.compiled.iter().map(|rule| &rule.policy)
    }

    /// Every rule, with the places of the namespaces to whose names it is bound; none: to no names.
    pub fn compiled(&self) -> impl Iterator<Item = (&CompiledRule, Vec<usize>)> {
        let mut bound = vec![Vec::new(); self.compiled.len()];
        for (namespace, rules) in self.by_namespace.iter().enumerate() {
            for rule in rules {
                bound[*rule].push(namespace);
            }
        }
        self.compiled.iter().zip(bound)
    }

    /// Names with which to ask whether the principal may do something to any stream at all, first
    /// those of the rules that allow it; none where no rule does. With these, `declared` are asked
    /// where such a rule may speak of streams by anything but their names.
    pub fn probes(
        &self,
        lineage: &HashSet<EntityUid>,
        action: &EntityUid,
        declared: &[String],
    ) -> Vec<String> {
        let permits = self.compiled.iter().filter(|rule| {
            rule.probes.permits && rule.scope.covers(lineage) && rule.scope.acts(action)
        });
        let (mut names, mut is_open) = (Vec::new(), false);
        for rule in permits {
            names.extend(rule.probes.names.iter().cloned());
            is_open |= rule.probes.is_open;
        }
        if is_open {
            names.extend(declared.iter().cloned());
        }
        names
    }

    /// The slice of a namespace, or of what is in none; put together when it is first asked for.
    pub fn slice(&self, namespaces: &Prefixes, longest: Option<usize>) -> &Slice {
        let place = longest.map_or(&self.outside, |index| &self.slices[index]);
        place.get_or_init(|| {
            let mut indices: HashSet<usize> = self.everywhere.iter().copied().collect();
            for namespace in namespaces.chain(longest) {
                indices.extend(&self.by_namespace[namespace]);
            }
            self.gather(indices)
        })
    }

    fn gather(&self, indices: HashSet<usize>) -> Slice {
        let mut slice = Slice::default();
        for index in indices {
            let rule = &self.compiled[index];
            slice.reads = slice.reads.and(rule.reads);
            for (turns, of_rule) in slice.turns.iter_mut().zip(&rule.turns) {
                turns.join(of_rule);
            }
            match &rule.scope.principal {
                PrincipalConstraint::Eq(uid)
                | PrincipalConstraint::In(uid)
                | PrincipalConstraint::IsIn(_, uid) => {
                    let rules = slice.by_principal.entry(uid.clone()).or_default();
                    rules.push(index);
                }
                PrincipalConstraint::Any | PrincipalConstraint::Is(_) => {
                    slice.any_principal.push(index);
                }
            }
        }
        slice.turns.iter_mut().for_each(Turns::settle);
        slice
    }

    /// Those rules of a slice whose heads may fit the principal (itself and all that it is in) and
    /// the resource. The head of any other rule doesn't fit, so that Cedar would look no further.
    pub fn select(
        &self,
        slice: &Slice,
        lineage: &HashSet<EntityUid>,
        resource: &EntityUid,
    ) -> Selected<'_> {
        let mut selected = Selected {
            policies: PolicySet::new(),
            conditions: Vec::new(),
            failed: Vec::new(),
        };
        let own = lineage
            .iter()
            .filter_map(|uid| slice.by_principal.get(uid))
            .flatten();
        for &index in own.chain(&slice.any_principal) {
            let rule = &self.compiled[index];
            if !rule.scope.speaks_of(resource) {
                continue;
            }
            selected.conditions.extend(&rule.conditions);
            if selected.policies.add(rule.policy.clone()).is_err() {
                selected.failed.push(rule.id.clone());
            }
        }
        selected.failed.sort_unstable();
        selected
    }
}
