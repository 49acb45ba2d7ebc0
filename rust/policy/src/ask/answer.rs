//! Who may do what to which resources, and what decides it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::ask::index::Index;
use crate::ask::pair::{Applying, Pair};
use crate::ask::partial::{Thing, Things};
use crate::ask::question::Question;
use crate::ask::rule::{Cover, Prepared};
use crate::ask::search::Ruling;
use crate::ask::verdict::{Status, Verdict, Verdicts};
use crate::error::PolicyError;
use crate::policy::Policy;

#[derive(Serialize)]
struct Answer {
    principals: Vec<String>,
    /// Places of the principal, the resource and the action in the question, and of the ruling.
    rows: Vec<(usize, usize, usize, usize)>,
    rulings: Vec<RulingAnswer>,
    work: Work,
}

#[derive(Serialize)]
pub(crate) struct Work {
    /// Pairs of a principal and a resource that were looked at.
    pub pairs: u64,
    /// Different sets of conditions that were searched.
    pub searches: usize,
    /// Steps of all searches; each evaluates the rules of one of them.
    pub steps: u64,
}

#[derive(Serialize)]
pub(crate) struct RulingAnswer {
    pub status: Status,
    pub permits: Vec<RuleAnswer>,
    pub forbids: Vec<RuleAnswer>,
    pub allowed: Option<Map<String, Json>>,
    pub denied: Option<Map<String, Json>>,
}

/// A rule that can decide, and what it still asks.
#[derive(Serialize)]
pub(crate) struct RuleAnswer {
    pub rule: String,
    pub conditions: Vec<ConditionAnswer>,
}

#[derive(Serialize)]
pub(crate) struct ConditionAnswer {
    /// `when` or `unless`.
    pub kind: &'static str,
    pub name: Option<String>,
    pub text: String,
}

/// What a rule asks of the circumstances, in its own words: clauses that entities don't settle.
pub(crate) fn told(index: &Index, rule: &Prepared, things: Things<'_>) -> RuleAnswer {
    let open = rule.clauses.iter().filter(|clause| {
        let left = super::partial::evaluate(&clause.expression, Some(things), &index.settled);
        left == super::partial::Outcome::Open
    });
    let conditions = open.map(|clause| ConditionAnswer {
        kind: if clause.is_unless { "unless" } else { "when" },
        name: clause.name.clone(),
        text: clause.text(),
    });
    let by_token = match rule.speaks_of_principal(things.principal) {
        Cover::ByGroups(groups) => Some(asserted(rule, &groups)),
        Cover::Always | Cover::Never => None,
    };
    RuleAnswer {
        rule: rule.id.clone(),
        conditions: by_token.into_iter().chain(conditions).collect(),
    }
}

/// That a token gives the role of which a rule speaks.
fn asserted(rule: &Prepared, groups: &BTreeSet<Arc<str>>) -> ConditionAnswer {
    let named: Vec<&str> = groups.iter().map(AsRef::as_ref).collect();
    let given = rule.principal.key().map_or("", |uid| &uid.id);
    ConditionAnswer {
        kind: "when",
        name: Some(format!(
            "a token gives role {given}: {}",
            named.join(" or ")
        )),
        text: rule.principal.text(),
    }
}

pub(crate) fn ruling_answer(
    index: &Index,
    applying: &Applying,
    verdict: &Verdict,
    things: Things<'_>,
) -> RulingAnswer {
    let answers = |places: &[usize], matter: &[bool]| {
        let places = places.iter().zip(matter).filter(|(_, matters)| **matters);
        places
            .map(|(place, _)| told(index, &index.rules[*place], things))
            .collect()
    };
    RulingAnswer {
        status: verdict.status,
        permits: answers(&applying.permits, &verdict.permits_matter),
        forbids: answers(&applying.forbids, &verdict.forbids_matter),
        allowed: verdict.allowed.clone(),
        denied: verdict.denied.clone(),
    }
}

impl Policy {
    /// Answer `{"principals", "actions", "resources"}`: every right that a rule permits, under
    /// which circumstances, and what may take it away.
    ///
    /// # Errors
    /// Where the question can't be read, or asks for too much at once.
    pub fn ask_json(&self, question: &[u8]) -> Result<Vec<u8>, PolicyError> {
        let question = Question::of_json(question)?;
        let (actions, resources) = (question.actions()?, question.resources()?);
        let index = self.index();
        let resources: Vec<Thing> = resources
            .into_iter()
            .map(|resource| self.thing_of_resource(resource))
            .collect();
        let mut principals = question.principals.unwrap_or_else(|| {
            let mut all: Vec<_> = index.principals.keys().cloned().collect();
            all.sort_unstable();
            all
        });
        principals.retain(|id| index.principals.contains_key(id));
        let mut verdicts = Verdicts::default();
        let mut rulings: Vec<RulingAnswer> = Vec::new();
        let mut places: HashMap<(Vec<usize>, Vec<usize>, Ruling), usize> = HashMap::new();
        let (mut rows, mut pairs) = (Vec::new(), 0);
        for (who, id) in principals.iter().enumerate() {
            let Some(principal) = index.principals.get(id) else {
                continue;
            };
            let rules = index.rules_of(principal);
            for (what, resource) in resources.iter().enumerate() {
                pairs += 1;
                let pair = Pair::new(index, &rules, principal, resource);
                for (how, action) in actions.iter().enumerate() {
                    let Some(applying) = pair.applying(*action) else {
                        continue;
                    };
                    let verdict = verdicts.of(&applying.ruling, self, None);
                    let key = (
                        applying.permits.clone(),
                        applying.forbids.clone(),
                        applying.ruling.clone(),
                    );
                    let place = *places.entry(key).or_insert_with(|| {
                        let things = Things {
                            principal,
                            action: index.action(*action),
                            resource,
                        };
                        rulings.push(ruling_answer(index, &applying, &verdict, things));
                        rulings.len() - 1
                    });
                    rows.push((who, what, how, place));
                }
            }
        }
        let answer = Answer {
            principals,
            rows,
            rulings,
            work: Work {
                pairs,
                searches: verdicts.count(),
                steps: verdicts.steps,
            },
        };
        serde_json::to_vec(&answer).map_err(|error| PolicyError::Request(error.to_string()))
    }
}
