//! From what the solver found to a request that the evaluator can be asked.

use std::collections::BTreeSet;

use cedar_policy::{EntityTypeName, EntityUid, EvalResult};
use cedar_policy_symcc::Env;
use serde_json::{Map, Value, json};
use streamward_policy::{Action, ResourceKind};

use crate::addresses::Origin;
use crate::error::ProveError;
use crate::principals::{ASSERTED, Side};

/// Attributes that a decision request may carry as they are.
const CARRIED: [&str; 16] = [
    "tls",
    "tls_version",
    "tls_cipher",
    "mechanism",
    "mfa",
    "mfa_age",
    "credential_age",
    "authentication_age",
    "environment",
    "hour",
    "minute",
    "weekday",
    "device_posture",
    "device_status",
    "client_software_name",
    "client_software_version",
];

/// The request that contradicts a claim, in the form of the boundary.
pub(crate) fn request(
    found: &Env,
    sides: &[Side<'_>],
    action: Action,
    kind: ResourceKind,
    origins: &[Origin],
    assertable: &BTreeSet<String>,
) -> Result<Value, ProveError> {
    let bad = |what: &str| ProveError::NotCovered(format!("the solver's model has no {what}"));
    let principal = found.request.principal().ok_or_else(|| bad("principal"))?;
    let resource = found.request.resource().ok_or_else(|| bad("resource"))?;
    let name = if kind == ResourceKind::Cluster {
        resource.id().unescaped().to_owned()
    } else {
        let entity = found.entities.get(resource);
        match entity.and_then(|it| it.attr("name")) {
            Some(Ok(EvalResult::String(name))) => name,
            _ => return Err(bad("name of the resource")),
        }
    };
    let mut context = context_of(found, sides, origins).ok_or_else(|| bad("context"))?;
    let roles = asserted(found, principal, assertable);
    if !roles.is_empty() {
        context.insert("roles".to_owned(), json!(roles));
    }
    Ok(json!({
        "principal": principal.id().unescaped(),
        "action": action.name(),
        "resource": {"type": kind.name(), "name": name},
        "context": context,
    }))
}

fn context_of(found: &Env, sides: &[Side<'_>], origins: &[Origin]) -> Option<Map<String, Value>> {
    let given = found.request.context()?;
    let mut context = Map::new();
    for name in CARRIED {
        if !sides.iter().any(|side| side.mentions.reads(name)) {
            continue;
        }
        let value = match given.get(name) {
            Some(EvalResult::Bool(value)) => json!(value),
            Some(EvalResult::Long(value)) => json!(value),
            Some(EvalResult::String(value)) => json!(value),
            _ => continue,
        };
        context.insert(name.to_owned(), value);
    }
    if let Some(EvalResult::ExtensionValue(text)) =
        given.get("source").filter(|_| !origins.is_empty())
    {
        let address = text.split('"').nth(1)?;
        let address = address.split('/').next()?;
        context.insert("source".to_owned(), json!(address));
    }
    Some(context)
}

/// Roles that the caller's proof must assert.
fn asserted(found: &Env, principal: &EntityUid, assertable: &BTreeSet<String>) -> Vec<String> {
    let Ok(role_type) = "Streamward::Role".parse::<EntityTypeName>() else {
        return Vec::new();
    };
    let asserts = |role: &&String| {
        let id = cedar_policy::EntityId::new(format!("{ASSERTED}{role}"));
        let uid = EntityUid::from_type_name_and_id(role_type.clone(), id);
        found.entities.is_ancestor_of(&uid, principal)
    };
    assertable.iter().filter(asserts).cloned().collect()
}
