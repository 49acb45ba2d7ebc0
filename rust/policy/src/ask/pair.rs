//! The rules that speak of a principal and a resource, and what they ask.

use std::sync::Arc;

use crate::ask::circumstances::Circumstances;
use crate::ask::index::Index;
use crate::ask::partial::{Thing, Things};
use crate::ask::rule::Reading;
use crate::ask::search::{Condition, Ruling};
use crate::request::Action;

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
