//! From the texts of rules to rules that are known to fit the schema.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use cedar_policy::{PolicyId, PolicySet, ValidationMode, Validator};

use crate::conditions::Conditions;
use crate::depth::{RULE_DEPTH_MAX, SHALLOW, depth, on_deep_stack};
use crate::error::one_line;
use crate::form::Forms;
use crate::probes::Probes;
use crate::reads::look;
use crate::rules::{CompiledRule, RULE_BYTES_MAX};
use crate::scope::Scope;
use crate::section::Rule;

/// Threads that compile the rules of one policy.
const THREADS_MAX: usize = 8;
/// Rules for which another thread is worth its start: each takes a few tenths of a millisecond.
const RULES_PER_THREAD_MIN: usize = 64;

/// What is done with each rule beside compiling it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Effort {
    /// Keep what questions read, and use more than one thread: a person waits. A gateway, which
    /// asks no questions, has neither the memory nor threads with heaps of their own to spare.
    pub for_questions: bool,
    /// Every rule was validated before, by this version and against this schema.
    pub validated: bool,
    /// Rules that differ in names alone are parsed and validated once, by the schema of this version.
    pub by_form: bool,
}

/// Each rule compiled, in their order, or what is wrong with it.
pub(crate) fn compile_all(
    rules: &[Rule],
    validator: &Validator,
    effort: Effort,
) -> Vec<Result<CompiledRule, String>> {
    let compile_some = |some: &[Rule]| -> Vec<_> {
        let mut forms = effort.by_form.then(Forms::default);
        some.iter()
            .map(|rule| match depth(&rule.cedar) {
                levels if levels > RULE_DEPTH_MAX => {
                    Err(format!("it is nested deeper than {RULE_DEPTH_MAX} levels"))
                }
                levels if levels > SHALLOW => compile_deep(rule, validator, effort),
                _ => compile(rule, validator, effort, forms.as_mut()),
            })
            .collect()
    };
    let threads = if effort.for_questions {
        thread::available_parallelism().map_or(1, NonZero::get)
    } else {
        1
    };
    let threads = threads
        .min(THREADS_MAX)
        .min(rules.len() / RULES_PER_THREAD_MIN);
    if threads < 2 {
        return compile_some(rules);
    }
    let (own, others) = rules.split_at(rules.len().div_ceil(threads));
    thread::scope(|scope| {
        let compile_some = &compile_some;
        let others: Vec<_> = others
            .chunks(own.len())
            .map(|some| {
                let started =
                    thread::Builder::new().spawn_scoped(scope, move || compile_some(some));
                (some, started)
            })
            .collect();
        let mut all = compile_some(own);
        for (some, started) in others {
            all.extend(match started {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                // There are no more threads to be had.
                Err(_) => compile_some(some),
            });
        }
        all
    })
}

/// On a thread with stack enough for it.
fn compile_deep(
    rule: &Rule,
    validator: &Validator,
    effort: Effort,
) -> Result<CompiledRule, String> {
    let compiled = on_deep_stack(|| compile(rule, validator, effort, None));
    compiled.unwrap_or_else(|error| Err(format!("no thread can be had to compile it: {error}")))
}

fn compile(
    rule: &Rule,
    validator: &Validator,
    effort: Effort,
    forms: Option<&mut Forms>,
) -> Result<CompiledRule, String> {
    if rule.cedar.len() > RULE_BYTES_MAX {
        return Err(format!("it is longer than {RULE_BYTES_MAX} bytes"));
    }
    let filled = forms.and_then(|forms| forms.fill(rule, validator, effort));
    let (policy, tree) = match filled {
        Some(filled) => filled,
        None => parse(rule, validator, effort)?,
    };
    let findings = look(&tree);
    if findings.looks_into_literal {
        return Err(
            "it looks into an entity that is not of the request; ask about `principal`, \
                    `action` or `resource`"
                .to_owned(),
        );
    }
    let scope = Scope::of(&policy);
    Ok(CompiledRule {
        id: rule.id.clone(),
        probes: Probes::of(&policy, &scope, &tree),
        conditions: Conditions::of(&policy, &tree),
        scope,
        policy,
        reads: findings.reads,
        turns: findings.turns,
        tree: effort.for_questions.then(|| Arc::new(tree)),
    })
}

fn parse(
    rule: &Rule,
    validator: &Validator,
    effort: Effort,
) -> Result<(cedar_policy::Policy, serde_json::Value), String> {
    let policy = cedar_policy::Policy::parse(Some(PolicyId::new(&rule.id)), &rule.cedar)
        .map_err(|error| one_line(&error))?;
    if !effort.validated {
        validate(&policy, validator)?;
    }
    let tree = policy.to_json().map_err(|error| one_line(&error))?;
    Ok((policy, tree))
}

/// Hold one rule against the schema.
pub(crate) fn validate(policy: &cedar_policy::Policy, validator: &Validator) -> Result<(), String> {
    let alone = PolicySet::from_policies([policy.clone()]).map_err(|error| one_line(&error))?;
    let result = validator.validate(&alone, ValidationMode::Strict);
    if result.validation_passed() {
        return Ok(());
    }
    let errors: Vec<_> = result
        .validation_errors()
        .map(|error| one_line(error))
        .collect();
    Err(errors.join("; "))
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use cedar_policy::Schema;

    use super::*;

    /// The id of each rule that compiles; the validator tells of actions in any order.
    fn told(rules: &[Rule], effort: Effort) -> Vec<Result<String, ()>> {
        let validator = Validator::new(Schema::from_str(crate::SCHEMA).unwrap());
        let compiled = compile_all(rules, &validator, effort);
        let id_of = |it: Result<CompiledRule, String>| it.map(|it| it.id).map_err(drop);
        compiled.into_iter().map(id_of).collect()
    }

    fn rule(condition: &str) -> Rule {
        Rule {
            id: "deep".to_owned(),
            source: "deep.cedar:1".to_owned(),
            cedar: format!("permit (principal, action, resource) when {{ {condition} }};"),
            slices: Vec::new(),
        }
    }

    #[test]
    fn a_deep_rule_compiles_on_a_thread_of_two_mebibytes_and_a_deeper_one_is_refused() {
        let deep = [
            format!("context.mfa{}", " && context.mfa".repeat(150)),
            format!("{}context.mfa{}", "!(".repeat(60), ")".repeat(60)),
        ];
        let deeper = [
            format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000)),
            format!("context.mfa{}", " && context.mfa".repeat(5000)),
        ];
        let all: Vec<Rule> = deep.iter().chain(&deeper).map(|it| rule(it)).collect();

        let is_taken: Vec<bool> = told(&all, Effort::default())
            .iter()
            .map(Result::is_ok)
            .collect();

        assert_eq!(is_taken, [true, true, false, false]);
    }

    fn rules(count: usize) -> Vec<Rule> {
        let text = |number: usize| match number % 50 {
            7 => "permit (principal, action".to_owned(),
            9 => "permit (principal, action, resource) when { context.nothing };".to_owned(),
            _ => {
                format!("permit (principal in Streamward::Role::\"r{number}\", action, resource);")
            }
        };
        let rule = |number| Rule {
            id: format!("rule{number}"),
            source: "rules.yaml:1".to_owned(),
            cedar: text(number),
            slices: Vec::new(),
        };
        (0..count).map(rule).collect()
    }

    #[test]
    fn threads_tell_the_same_in_the_same_order() {
        let asked = Effort {
            for_questions: true,
            validated: false,
            by_form: true,
        };
        for count in [0, 1, 64, 128, 131, 200] {
            let rules = rules(count);
            let alone = told(&rules, Effort::default());
            assert_eq!(alone.len(), count);
            assert_eq!(alone, told(&rules, asked), "{count} rules");
        }
    }

    #[test]
    fn only_validation_is_left_out_of_what_was_validated() {
        let rules = rules(10);
        let validated = Effort {
            for_questions: false,
            validated: true,
            by_form: false,
        };
        let (anew, before) = (told(&rules, Effort::default()), told(&rules, validated));
        assert!(anew[7].is_err() && before[7].is_err(), "it doesn't parse");
        assert!(anew[9].is_err() && before[9].is_ok());
    }
}
