//! One question for each kind of request that a claim is about.

use std::collections::HashSet;
use std::str::FromStr;

use cedar_policy::{EntityTypeName, Policy, PolicySet, RequestEnv, Schema, SchemaFragment};
use cedar_policy_symcc::err::Error as SymbolicError;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet, Env, ResetMode};
use serde_json::Value;
use streamward_policy::{Action, PrincipalKind, RULE_DEPTH_MAX, ResourceKind, depth};

use crate::batch::{Batch, batches};
use crate::claim::{Claim, Verdict};
use crate::document::Version;
use crate::error::{ProveError, one_line};
use crate::mentions::Mentions;
use crate::principals::{self, Side};
use crate::reach::Reach;
use crate::renaming::schema_of_both;
use crate::rule::{ReadyRule, require};
use crate::solver::{Gatherer, Solve, now};
use crate::{context, resources, witness};

/// A version of a policy about which claims can be proved, or two that are compared.
#[derive(Debug)]
pub struct Prover {
    schema: Schema,
    newer: Loaded,
    older: Option<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    version: Version,
    rules: Vec<ReadyRule>,
}

/// One kind of request.
#[derive(Debug, Clone, Copy)]
struct Kind {
    principal: PrincipalKind,
    action: Action,
    resource: ResourceKind,
}

/// The claim, read.
struct Asked<'a> {
    never: Value,
    environment: Option<&'a str>,
}

impl Loaded {
    fn new(version: Version, is_older: bool) -> Result<Self, ProveError> {
        let rules = version.policy.rules.iter();
        let rules: Result<Vec<_>, _> = rules.map(|it| ReadyRule::new(it, is_older)).collect();
        Ok(Self {
            rules: rules?,
            version,
        })
    }

    fn fitting(&self, kind: Kind) -> Vec<&ReadyRule> {
        let Kind {
            principal,
            action,
            resource,
        } = kind;
        let all = self.rules.iter();
        all.filter(|it| it.fits(principal, action, resource))
            .collect()
    }
}

impl Prover {
    /// Make ready to prove claims about `newer`. With `older`, a claim is about what `newer`
    /// allows and `older` does not.
    ///
    /// # Errors
    /// Where a version holds what symbolic analysis does not cover.
    pub fn new(newer: Version, older: Option<Version>) -> Result<Self, ProveError> {
        let bad = |error: &dyn std::error::Error| ProveError::NotCovered(one_line(error));
        let text = &newer.policy.schema;
        let schema = match &older {
            None => Schema::from_str(text).map_err(|it| bad(&it))?,
            Some(older) if older.policy.schema != *text => {
                let what = "the two versions were compiled for different schemas";
                return Err(ProveError::NotCovered(what.to_owned()));
            }
            Some(_) => {
                let (fragment, _) =
                    SchemaFragment::from_cedarschema_str(text).map_err(|it| bad(&it))?;
                let tree = fragment.to_json_value().map_err(|it| bad(&it))?;
                let what = "the schema has no streams or no context";
                let tree =
                    schema_of_both(tree).ok_or_else(|| ProveError::NotCovered(what.to_owned()))?;
                Schema::from_json_value(tree).map_err(|it| bad(&it))?
            }
        };
        Ok(Self {
            schema,
            newer: Loaded::new(newer, false)?,
            older: older.map(|it| Loaded::new(it, true)).transpose()?,
        })
    }

    /// Whether no request contradicts the claim; and how many scripts the solver was given.
    ///
    /// # Errors
    /// Where the claim cannot be read, or the policy holds what is not covered.
    pub fn prove(
        &self,
        claim: &Claim,
        solve: &mut dyn Solve,
    ) -> Result<(Verdict, usize), ProveError> {
        let asked = Asked {
            never: condition(&claim.never)?,
            environment: claim.environment.as_deref(),
        };
        let compiler = CedarSymCompiler::new(Gatherer::new(solve));
        let compiler = compiler.map_err(|error| not_covered(&error))?;
        let mut compiler = compiler.with_reset_mode(ResetMode::Comment);
        for kind in self.kinds(claim)? {
            match self.question(&asked, kind, &mut compiler)? {
                Verdict::Holds => {}
                other => return Ok((other, compiler.solver().asked)),
            }
        }
        Ok((Verdict::Holds, compiler.solver().asked))
    }

    /// Kinds of request that a claim is about. Actions that all rules treat alike are one.
    fn kinds(&self, claim: &Claim) -> Result<Vec<Kind>, ProveError> {
        let actions: Result<Vec<Action>, _> = claim.actions.iter().map(|it| it.parse()).collect();
        let actions = actions.map_err(ProveError::Claim)?;
        let resources: Result<Vec<ResourceKind>, _> =
            claim.resources.iter().map(|it| it.parse()).collect();
        let resources = resources.map_err(ProveError::Claim)?;
        let mut kinds = Vec::new();
        for principal in [PrincipalKind::User, PrincipalKind::Service] {
            if !claim.principals.is_empty()
                && !claim.principals.iter().any(|it| it == principal.name())
            {
                continue;
            }
            for resource in &resources {
                let mut seen = HashSet::new();
                for action in &actions {
                    let kind = Kind {
                        principal,
                        action: *action,
                        resource: *resource,
                    };
                    if self.applies(kind) && seen.insert(self.treatment(kind)) {
                        kinds.push(kind);
                    }
                }
            }
        }
        Ok(kinds)
    }

    /// The verbs of the control door are about clusters alone.
    fn applies(&self, kind: Kind) -> bool {
        let Ok(environment) = request_kind(kind) else {
            return false;
        };
        self.schema.request_envs().any(|it| it == environment)
    }

    fn treatment(&self, kind: Kind) -> (Option<Action>, Vec<(bool, &str)>) {
        let older = self.older.iter().flat_map(|it| it.fitting(kind));
        let rules: Vec<(bool, &ReadyRule)> = self
            .newer
            .fitting(kind)
            .into_iter()
            .map(|it| (false, it))
            .chain(older.map(|it| (true, it)))
            .collect();
        let told_apart = rules.iter().any(|(_, rule)| rule.mentions.action);
        let ids = rules
            .iter()
            .map(|(is_older, rule)| (*is_older, rule.id.as_str()));
        (told_apart.then_some(kind.action), ids.collect())
    }

    fn question(
        &self,
        asked: &Asked<'_>,
        kind: Kind,
        compiler: &mut Compiler<'_>,
    ) -> Result<Verdict, ProveError> {
        let newer = self.newer.fitting(kind);
        let older = self
            .older
            .as_ref()
            .map(|it| (&it.version, it.fitting(kind)));
        let before = older
            .as_ref()
            .map(|(version, rules)| (*version, rules.as_slice()));
        for batch in batches((&self.newer.version, &newer), before, kind.principal) {
            match self.batch(asked, kind, &batch, compiler)? {
                Verdict::Holds => {}
                other => return Ok(other),
            }
        }
        Ok(Verdict::Holds)
    }

    fn batch(
        &self,
        asked: &Asked<'_>,
        kind: Kind,
        batch: &Batch<'_>,
        compiler: &mut Compiler<'_>,
    ) -> Result<Verdict, ProveError> {
        let mut mentions = gathered(&batch.newer);
        mentions.add(&asked.never);
        let older_mentions = gathered(&batch.older);
        let permits = batch.newer.iter().copied().filter(|rule| rule.permits);
        let reach = Reach::of(&self.newer.version, permits);
        let mut sides = vec![Side {
            version: &self.newer.version,
            mentions: &mentions,
            reach: &reach,
            is_older: false,
        }];
        if let Some(loaded) = &self.older {
            sides.push(Side {
                version: &loaded.version,
                mentions: &older_mentions,
                reach: &reach,
                is_older: true,
            });
        }
        let mut given = principals::conditions(&sides, kind.principal, &batch.callers);
        given.extend(resources::conditions(&sides, kind.resource));
        let (of_context, origins) = context::conditions(&sides, asked.environment)?;
        given.extend(of_context);
        given.push(asked.never.clone());
        let environment = request_kind(kind)?;
        let all = batch.newer.iter().chain(&batch.older);
        if let Some(rule) = all.clone().find(|rule| rule.looks_elsewhere) {
            let why = "it looks into an entity that it names: the gateway knows none but those of \
                the request, so the rule fails, and a rule that fails denies";
            return Ok(Verdict::Unknown {
                why: why.to_owned(),
                rule: Some(rule.id.clone()),
            });
        }
        for rule in all.filter(|rule| rule.mentions.can_fail) {
            if let Some(verdict) = self.fails(rule, &given, &environment, compiler)? {
                return Ok(verdict);
            }
        }
        let newer = self.compiled(&batch.newer, &given, &environment)?;
        let older = match &self.older {
            None => None,
            Some(loaded) => {
                let known = principals::known(&loaded.version, kind.principal, &batch.callers);
                Some(self.compiled(&batch.older, &[known], &environment)?)
            }
        };
        let found = match &older {
            None => now(compiler.check_always_denies_with_counterexample_opt(&newer)),
            Some(older) => now(compiler.check_implies_with_counterexample_opt(&newer, older)),
        };
        match answer(found, compiler.solver())? {
            Found::Nothing => Ok(Verdict::Holds),
            Found::Unknown(why) => Ok(Verdict::Unknown { why, rule: None }),
            Found::Request(found) => {
                let groups = principals::groups(&sides);
                let Kind {
                    action, resource, ..
                } = kind;
                let request =
                    witness::request(&found, &sides, action, resource, &origins, &groups)?;
                Ok(Verdict::Fails { request })
            }
        }
    }

    /// A rule that can fail in a request of the claim denies it in the gateway, and Cedar's own
    /// semantics skips it: nothing can be said before it is mended.
    fn fails(
        &self,
        rule: &ReadyRule,
        given: &[Value],
        environment: &RequestEnv,
        compiler: &mut Compiler<'_>,
    ) -> Result<Option<Verdict>, ProveError> {
        let policy = rule.only_where(given)?;
        let ready = CompiledPolicy::compile(&policy, environment, &self.schema)
            .map_err(|error| not_covered(&error))?;
        let found = now(compiler.check_never_errors_with_counterexample_opt(&ready));
        let why = match answer(found, compiler.solver())? {
            Found::Nothing => return Ok(None),
            Found::Unknown(why) => why,
            Found::Request(_) => "it can fail: a calculation in it leaves the range of numbers, \
                and a rule that fails denies; compare the attribute with a number instead"
                .to_owned(),
        };
        Ok(Some(Verdict::Unknown {
            why,
            rule: Some(rule.id.clone()),
        }))
    }

    fn compiled(
        &self,
        rules: &[&ReadyRule],
        given: &[Value],
        environment: &RequestEnv,
    ) -> Result<CompiledPolicySet, ProveError> {
        let mut policies: Vec<Policy> = rules.iter().map(|rule| rule.policy.clone()).collect();
        for (place, condition) in given.iter().enumerate() {
            policies.push(require(&format!("\u{1}given:{place}"), condition)?);
        }
        let policies = PolicySet::from_policies(policies).map_err(|error| not_covered(&error))?;
        CompiledPolicySet::compile(&policies, environment, &self.schema)
            .map_err(|error| not_covered(&error))
    }
}

type Compiler<'a> = CedarSymCompiler<Gatherer<'a>>;

enum Found {
    Nothing,
    Request(Box<Env>),
    Unknown(String),
}

fn answer(
    found: Option<Result<Option<Env>, SymbolicError>>,
    gatherer: &Gatherer<'_>,
) -> Result<Found, ProveError> {
    match found {
        None => Err(ProveError::NotCovered(
            "the solver was waited for".to_owned(),
        )),
        Some(Ok(None)) => Ok(Found::Nothing),
        Some(Ok(Some(found))) => Ok(Found::Request(Box::new(found))),
        Some(Err(SymbolicError::SolverUnknown)) => {
            let why = gatherer.unknown.clone();
            Ok(Found::Unknown(
                why.unwrap_or_else(|| "the solver gave up".to_owned()),
            ))
        }
        Some(Err(error)) => Err(not_covered(&error)),
    }
}

fn not_covered(error: &dyn std::error::Error) -> ProveError {
    ProveError::NotCovered(one_line(error))
}

fn gathered(rules: &[&ReadyRule]) -> Mentions {
    let mut mentions = Mentions::default();
    for rule in rules {
        mentions.join(&rule.mentions);
    }
    mentions
}

/// The JSON form of a condition that is given as text.
fn condition(text: &str) -> Result<Value, ProveError> {
    let bad = |error: &dyn std::error::Error| ProveError::Claim(one_line(error));
    if depth(text) > RULE_DEPTH_MAX {
        let what = format!("it is nested deeper than {RULE_DEPTH_MAX} levels");
        return Err(ProveError::Claim(what));
    }
    let rule = format!("permit (principal, action, resource) when {{ {text} }};");
    let policy = Policy::parse(None, rule).map_err(|it| bad(&it))?;
    let tree = policy.to_json().map_err(|it| bad(&it))?;
    let body = tree.pointer("/conditions/0/body").cloned();
    body.ok_or_else(|| ProveError::Claim("there is no condition".to_owned()))
}

fn request_kind(kind: Kind) -> Result<RequestEnv, ProveError> {
    let type_name = |name: &str| {
        let parsed = format!("Streamward::{name}").parse::<EntityTypeName>();
        parsed.map_err(|error| not_covered(&error))
    };
    let action = format!("Streamward::Action::\"{}\"", kind.action.name());
    let action = action
        .parse()
        .map_err(|error: cedar_policy::ParseErrors| not_covered(&error))?;
    Ok(RequestEnv::new(
        type_name(kind.principal.name())?,
        action,
        type_name(kind.resource.name())?,
    ))
}
