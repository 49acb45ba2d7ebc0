//! What is asked: whose rights, to do what, to which resources.

use serde::Deserialize;

use crate::error::PolicyError;
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
