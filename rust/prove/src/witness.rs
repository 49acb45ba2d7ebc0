//! From what the solver found to a request that the evaluator can be asked.

use std::collections::BTreeSet;

use cedar_policy::{EntityTypeName, EntityUid, EvalResult};
use cedar_policy_symcc::Env;
use serde_json::{Map, Value, json};
use streamward_policy::{Action, ResourceKind, context_attributes};

use crate::addresses::Origin;
use crate::error::ProveError;
use crate::principals::{ASSERTED, Side};

/// The request that contradicts a claim, in the form of the boundary.
pub(crate) fn request(
    found: &Env,
    sides: &[Side<'_>],
    action: Action,
    kind: ResourceKind,
    origins: &[Origin],
    groups: &BTreeSet<String>,
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
    let named = named(found, principal, groups);
    let roles = sides.first().map(|side| side.version.groups());
    let roles: BTreeSet<&str> = named
        .iter()
        .filter_map(|group| roles.as_ref()?.get(group.as_str()))
        .flatten()
        .copied()
        .collect();
    if !roles.is_empty() {
        context.insert("roles".to_owned(), json!(roles));
    }
    Ok(json!({
        "principal": principal.id().unescaped(),
        "action": action.name(),
        "resource": {"type": kind.name(), "name": name},
        "context": context,
        "groups": named,
    }))
}

fn context_of(found: &Env, sides: &[Side<'_>], origins: &[Origin]) -> Option<Map<String, Value>> {
    let given = found.request.context()?;
    let mut context = Map::new();
    // A source gives its networks; it is an address, which a solver writes in words of its own.
    let carried = context_attributes().filter(|it| !matches!(*it, "source" | "networks"));
    for name in carried {
        if !sides.iter().any(|side| side.mentions.reads(name)) {
            continue;
        }
        let value = match given.get(name) {
            Some(EvalResult::Bool(value)) => json!(value),
            Some(EvalResult::Long(value)) => json!(value),
            Some(EvalResult::String(value)) => json!(value),
            // Left out, it would be what is declared of the principal.
            _ if name == "device_posture" => Value::Null,
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

/// Groups that the caller's proof must name.
fn named(found: &Env, principal: &EntityUid, groups: &BTreeSet<String>) -> Vec<String> {
    let Ok(role_type) = "Streamward::Role".parse::<EntityTypeName>() else {
        return Vec::new();
    };
    let names = |group: &&String| {
        let id = cedar_policy::EntityId::new(format!("{ASSERTED}{group}"));
        let uid = EntityUid::from_type_name_and_id(role_type.clone(), id);
        found.entities.is_ancestor_of(&uid, principal)
    };
    groups.iter().filter(names).cloned().collect()
}
