//! One evaluation by Cedar, and what it means.

use std::net::IpAddr;

use cedar_policy::{Authorizer, Entities, Entity, RestrictedExpression, Schema};

use crate::attributes::{AGES, Ages, TEXTS, Texts};
use crate::conditions::{self, ANNOTATION};
use crate::error::one_line;
use crate::moment::Moment;
use crate::networks::{NetworkSet, Networks};
use crate::request::{Action, Decision, Mechanism, Resource, shortened};
use crate::rules::Selected;

/// The context of one decision, computed.
#[derive(Debug, Clone)]
pub(crate) struct Facts<'a> {
    pub source: IpAddr,
    pub networks: NetworkSet,
    pub tls: bool,
    pub mechanism: Mechanism,
    pub mfa: bool,
    pub environment: &'a str,
    pub moment: Moment,
    pub texts: Texts<'a>,
    pub ages: Ages,
    pub roles: &'a [String],
    pub tenant: Option<&'a str>,
}

impl Facts<'_> {
    pub fn to_cedar(&self, networks: &Networks) -> Result<cedar_policy::Context, String> {
        let text = |value: &str| RestrictedExpression::new_string(value.to_owned());
        let (bool, long) = (
            RestrictedExpression::new_bool,
            RestrictedExpression::new_long,
        );
        let held = networks.names_of(self.networks).map(text);
        let texts = TEXTS
            .iter()
            .zip(self.texts)
            .filter_map(|(name, value)| Some((*name, text(value?))));
        let ages = AGES
            .iter()
            .zip(self.ages)
            .filter_map(|(name, value)| Some((*name, long(value?))));
        let pairs = [
            (
                "source",
                RestrictedExpression::new_ip(self.source.to_string()),
            ),
            ("networks", RestrictedExpression::new_set(held)),
            ("tls", bool(self.tls)),
            ("mechanism", text(self.mechanism.name())),
            ("mfa", bool(self.mfa)),
            ("environment", text(self.environment)),
            ("hour", long(self.moment.hour)),
            ("minute", long(self.moment.minute)),
            ("weekday", long(self.moment.weekday)),
        ];
        let pairs = pairs.into_iter().chain(texts).chain(ages);
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value));
        cedar_policy::Context::from_pairs(pairs).map_err(|error| one_line(&error))
    }
}

/// What goes into one evaluation.
pub(crate) struct Question<'a> {
    pub rules: Selected<'a>,
    pub schema: &'a Schema,
    pub principal: &'a Entity,
    pub action: &'a Entity,
    pub resource: Entity,
    pub context: cedar_policy::Context,
}

/// What Cedar says, before anybody words it.
#[derive(Debug)]
pub(crate) enum Outcome {
    Allowed(Vec<String>),
    /// Rules that forbid, and what they say that they require.
    Forbidden(Vec<String>, Vec<String>),
    /// None allows; which would, under other circumstances.
    NoRule(String),
    /// Rules that failed, each with its error, and the forbidding rules that did not.
    Failed(Vec<(String, String)>, Vec<String>),
    /// The request does not fit the schema, so no rule can speak of it.
    Inapplicable(String),
}

/// Ask Cedar. Cedar alone would skip a rule that fails; here a failure outweighs every permission.
pub(crate) fn evaluate(authorizer: &Authorizer, question: Question<'_>) -> Outcome {
    let Question {
        rules: selected,
        schema,
        principal,
        action,
        resource,
        context,
    } = question;
    let request = cedar_policy::Request::new(
        principal.uid(),
        action.uid(),
        resource.uid(),
        context,
        Some(schema),
    );
    let request = match request {
        Ok(request) => request,
        Err(error) => return Outcome::Inapplicable(one_line(&error)),
    };
    let entities = [principal.clone(), action.clone(), resource];
    let entities = match Entities::from_entities(entities, None) {
        Ok(entities) => entities,
        Err(error) => return Outcome::Inapplicable(one_line(&error)),
    };
    let response = authorizer.is_authorized(&request, &selected.policies, &entities);
    let mut errors: Vec<(String, String)> = selected
        .failed
        .iter()
        .map(|id| (id.clone(), "it does not fit the others".to_owned()))
        .collect();
    for error in response.diagnostics().errors() {
        let cedar_policy::AuthorizationError::PolicyEvaluationError(failure) = error;
        errors.push((failure.policy_id().to_string(), one_line(failure.inner())));
    }
    errors.sort_unstable();
    let mut rules: Vec<_> = response
        .diagnostics()
        .reason()
        .map(ToString::to_string)
        .collect();
    rules.sort_unstable();
    match response.decision() {
        cedar_policy::Decision::Deny if !errors.is_empty() => Outcome::Failed(errors, rules),
        cedar_policy::Decision::Allow if !errors.is_empty() => Outcome::Failed(errors, Vec::new()),
        cedar_policy::Decision::Allow => Outcome::Allowed(rules),
        cedar_policy::Decision::Deny if rules.is_empty() => {
            let conditions = &selected.conditions;
            Outcome::NoRule(conditions::missed(
                authorizer, &request, &entities, conditions,
            ))
        }
        cedar_policy::Decision::Deny => {
            let ids = response.diagnostics().reason();
            let requires = ids.filter_map(|id| selected.policies.annotation(id, ANNOTATION));
            let mut requires: Vec<_> = requires.map(|text| format!("`{text}`")).collect();
            requires.sort_unstable();
            Outcome::Forbidden(rules, requires)
        }
    }
}

impl Outcome {
    /// The decision with a reason for a person.
    pub fn into_decision(
        self,
        action: Action,
        resource: Resource<'_>,
        valid_until_milliseconds: Option<i64>,
    ) -> Decision {
        let kind = resource.kind.name().to_lowercase();
        let asked = format!(
            "`{}` on {kind} `{}`",
            action.name(),
            shortened(resource.name)
        );
        let nothing = || vec!["default".to_owned()];
        let (allowed, rules, errors, reason) = match self {
            Self::Allowed(rules) => {
                let reason = format!("allowed by {}", quoted(&rules));
                (true, rules, Vec::new(), reason)
            }
            Self::Forbidden(rules, requires) if requires.is_empty() => {
                let reason = format!("denied by {}", quoted(&rules));
                (false, rules, Vec::new(), reason)
            }
            Self::Forbidden(rules, requires) => {
                let requires = requires.join(", ");
                let reason = format!("denied by {}, which requires {requires}", quoted(&rules));
                (false, rules, Vec::new(), reason)
            }
            Self::NoRule(missed) if missed.is_empty() => {
                let reason = format!("no rule allows {asked}");
                (false, nothing(), Vec::new(), reason)
            }
            Self::NoRule(missed) => {
                let reason = format!("no rule allows {asked} as things are: {missed}");
                (false, nothing(), Vec::new(), reason)
            }
            Self::Failed(failures, forbidding) => {
                let worded = failures
                    .iter()
                    .map(|(id, error)| format!("rule `{id}` could not be evaluated: {error}"));
                let reason = worded.collect::<Vec<_>>().join("; ");
                let errors: Vec<_> = failures.into_iter().map(|(id, _)| id).collect();
                let rules = if forbidding.is_empty() {
                    errors.clone()
                } else {
                    forbidding
                };
                (false, rules, errors, reason)
            }
            Self::Inapplicable(error) => (
                false,
                nothing(),
                Vec::new(),
                format!("no rule can allow {asked}: {error}"),
            ),
        };
        Decision {
            allowed,
            rules,
            errors,
            reason,
            valid_until_milliseconds,
        }
    }
}

fn quoted(rules: &[String]) -> String {
    rules
        .iter()
        .map(|rule| format!("`{rule}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
