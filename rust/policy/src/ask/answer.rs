//! Who may do what to which resources, and what decides it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::ask::circumstances::Circumstances;
use crate::ask::index::Index;
use crate::ask::partial::{Thing, Things};
use crate::ask::rule::{Prepared, Reading};
use crate::ask::search::{Condition, Found, Ruling, Search};
use crate::error::PolicyError;
use crate::policy::Policy;
use crate::request::{Action, Resource, ResourceKind};

/// Principals × resources × actions of one question.
const ASKED_MAX: usize = 200_000_000;

/// The JSON form of a question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// Ids; `null` means all.
    pub principals: Option<Vec<String>>,
    pub actions: Vec<String>,
    pub resources: Vec<ResourceQuestion>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceQuestion {
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
}

impl Question {
    pub fn of_json(bytes: &[u8]) -> Result<Self, PolicyError> {
        let question: Self = serde_json::from_slice(bytes)
            .map_err(|error| PolicyError::Request(error.to_string()))?;
        let principals = question.principals.as_ref().map_or(1, Vec::len);
        let asked = principals
            .checked_mul(question.resources.len())
            .and_then(|it| it.checked_mul(question.actions.len()));
        if asked.is_none_or(|asked| asked > ASKED_MAX) {
            let most = format!("it asks for more than {ASKED_MAX} rights at once");
            return Err(PolicyError::Request(most));
        }
        Ok(question)
    }

    pub fn actions(&self) -> Result<Vec<Action>, PolicyError> {
        let actions = self.actions.iter().map(|name| name.parse());
        actions
            .collect::<Result<_, String>>()
            .map_err(PolicyError::Request)
    }

    pub fn resources(&self) -> Result<Vec<Resource<'_>>, PolicyError> {
        let resource = |it: &'_ ResourceQuestion| -> Result<ResourceKind, PolicyError> {
            it.kind.parse().map_err(PolicyError::Request)
        };
        self.resources
            .iter()
            .map(|it| {
                let kind = resource(it)?;
                Ok(Resource {
                    kind,
                    name: &it.name,
                })
            })
            .collect()
    }
}

/// Whether something is allowed, over all circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Never,
    Sometimes,
    Always,
    /// It could not be told; take it for `sometimes`.
    Unknown,
}

/// What the circumstances do to a ruling.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub status: Status,
    /// Circumstances that allow it, and such that don't.
    pub allowed: Option<Map<String, Json>>,
    pub denied: Option<Map<String, Json>>,
    /// For each rule of the ruling, whether it can decide it: a permit can hold at all, a forbid
    /// can take away what a permit allows.
    pub permits_matter: Vec<bool>,
    pub forbids_matter: Vec<bool>,
}

/// Verdicts by what rules ask, so that principals with like rights cost one search.
#[derive(Default)]
pub(crate) struct Verdicts {
    known: HashMap<Ruling, Arc<Verdict>>,
    pub steps: u64,
}

impl Verdicts {
    pub fn of(&mut self, ruling: &Ruling, policy: &Policy) -> Arc<Verdict> {
        if let Some(verdict) = self.known.get(ruling) {
            return Arc::clone(verdict);
        }
        let verdict = Arc::new(self.search(ruling, policy));
        self.known.insert(ruling.clone(), Arc::clone(&verdict));
        verdict
    }

    pub fn count(&self) -> usize {
        self.known.len()
    }

    fn search(&mut self, ruling: &Ruling, policy: &Policy) -> Verdict {
        let settled = || policy.index().settled.clone();
        let networks = [policy.networks()];
        let mut search = Search::new(vec![(ruling, settled())], &networks);
        let allowed = search.find(&|decided| decided[0]);
        let denied = search.find(&|decided| decided[0].map(|it| !it));
        self.steps += search.steps;
        let status = match (&allowed, &denied) {
            (Found::No, _) => Status::Never,
            (Found::Yes(_), Found::No) => Status::Always,
            (Found::Yes(_), Found::Yes(_)) => Status::Sometimes,
            _ => Status::Unknown,
        };
        let unforbidden = Ruling {
            permits: ruling.permits.clone(),
            forbids: Vec::new(),
        };
        let mut can = |condition: &Arc<Condition>, beside: Option<&Ruling>| {
            let alone = Ruling {
                permits: vec![Arc::clone(condition)],
                forbids: Vec::new(),
            };
            let sides: Vec<_> = std::iter::once(&alone).chain(beside).collect();
            let networks = vec![policy.networks(); sides.len()];
            let sides = sides.into_iter().map(|it| (it, settled())).collect();
            let mut search = Search::new(sides, &networks);
            let found = search.find(&|decided| all(decided));
            self.steps += search.steps;
            !matches!(found, Found::No)
        };
        let permits_matter = ruling.permits.iter().map(|it| can(it, None)).collect();
        let forbids_matter = ruling.forbids.iter().map(|it| {
            // A rule that may fail takes away as well.
            can(it, Some(&unforbidden)) || it.may_fail()
        });
        let forbids_matter = forbids_matter.collect();
        let shown = |found: &Found| match found {
            Found::Yes(known) => known.first().map(Circumstances::to_json),
            _ => None,
        };
        let without_environment = |found: &Found| {
            let mut fields = shown(found)?;
            fields.remove("environment");
            Some(fields)
        };
        Verdict {
            status,
            allowed: without_environment(&allowed),
            denied: without_environment(&denied),
            permits_matter,
            forbids_matter,
        }
    }
}

fn all(decided: &[Option<bool>]) -> Option<bool> {
    if decided.contains(&Some(false)) {
        return Some(false);
    }
    decided.iter().all(Option::is_some).then_some(true)
}

/// The rules that speak of one principal, resource and action, beside what they ask.
pub(crate) struct Applying {
    pub ruling: Ruling,
    /// Places of the rules, in the order of the conditions of the ruling.
    pub permits: Vec<usize>,
    pub forbids: Vec<usize>,
}

/// The rules of a principal and a resource, for every action.
pub(crate) struct Pair<'a> {
    index: &'a Index,
    settled: &'a Circumstances,
    rules: Vec<(usize, Option<Arc<Condition>>)>,
    principal: &'a Thing,
    resource: &'a Thing,
}

impl<'a> Pair<'a> {
    /// With what the policy settles: its environment.
    pub fn new(
        index: &'a Index,
        rules_of_principal: &[usize],
        principal: &'a Thing,
        resource: &'a Thing,
    ) -> Self {
        Self::with(
            index,
            &index.settled,
            rules_of_principal,
            principal,
            resource,
        )
    }

    pub fn with(
        index: &'a Index,
        settled: &'a Circumstances,
        rules_of_principal: &[usize],
        principal: &'a Thing,
        resource: &'a Thing,
    ) -> Self {
        let any = index.action(Action::Read);
        let things = Things {
            principal,
            action: any,
            resource,
        };
        let rules = rules_of_principal
            .iter()
            .filter(|place| index.rules[**place].speaks_of_resource(resource))
            .map(|place| {
                let rule = &index.rules[*place];
                let shared = (!rule.reads.contains(Reading::ACTION))
                    .then(|| index.condition(*place, things, settled));
                (*place, shared)
            })
            .filter(|(_, condition)| condition.as_ref().is_none_or(|it| !it.never_holds()))
            .collect();
        Self {
            index,
            settled,
            rules,
            principal,
            resource,
        }
    }

    /// `None`: no rule permits it.
    pub fn applying(&self, action: Action) -> Option<Applying> {
        let acts = |place: &usize| self.index.rules[*place].acts(action);
        let mut applying = Applying {
            ruling: Ruling::default(),
            permits: Vec::new(),
            forbids: Vec::new(),
        };
        for (place, condition) in self.rules.iter().filter(|(place, _)| acts(place)) {
            let condition = condition.clone().unwrap_or_else(|| {
                let things = Things {
                    principal: self.principal,
                    action: self.index.action(action),
                    resource: self.resource,
                };
                self.index.condition(*place, things, self.settled)
            });
            if condition.never_holds() {
                continue;
            }
            let (places, conditions) = if self.index.rules[*place].is_permit {
                (&mut applying.permits, &mut applying.ruling.permits)
            } else {
                (&mut applying.forbids, &mut applying.ruling.forbids)
            };
            places.push(*place);
            conditions.push(condition);
        }
        (!applying.permits.is_empty()).then_some(applying)
    }
}

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
    RuleAnswer {
        rule: rule.id.clone(),
        conditions: conditions.collect(),
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
                    let verdict = verdicts.of(&applying.ruling, self);
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
