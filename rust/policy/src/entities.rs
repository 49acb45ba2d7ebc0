//! The Cedar entities of a request: its principal, its action and its resource.
//!
//! Every entity carries all of its ancestors, so a request needs these three and nothing else.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema};

use crate::error::{PolicyError, one_line};
use crate::request::{Action, Resource, ResourceKind};
use crate::section::{PolicySection, PrincipalFacts, PrincipalKind};
use crate::streams::StreamFacts;

/// Names of the entity types, parsed once.
#[derive(Debug)]
pub(crate) struct Types {
    role: EntityTypeName,
    tenant: EntityTypeName,
    namespace: EntityTypeName,
    class: EntityTypeName,
    user: EntityTypeName,
    service: EntityTypeName,
    /// In the order of [`ResourceKind::ALL`].
    resources: [EntityTypeName; 4],
}

impl Types {
    pub fn new() -> Result<Self, PolicyError> {
        let resource = |kind: ResourceKind| type_name(kind.name());
        Ok(Self {
            role: type_name("Role")?,
            tenant: type_name("Tenant")?,
            namespace: type_name("Namespace")?,
            class: type_name("DataClass")?,
            user: type_name(PrincipalKind::User.name())?,
            service: type_name(PrincipalKind::Service.name())?,
            resources: [
                resource(ResourceKind::Cluster)?,
                resource(ResourceKind::Stream)?,
                resource(ResourceKind::Group)?,
                resource(ResourceKind::Transaction)?,
            ],
        })
    }

    fn resource(&self, kind: ResourceKind) -> &EntityTypeName {
        &self.resources[kind as usize]
    }

    /// The entity of a resource in its namespaces.
    pub fn resource_entity<'a>(
        &self,
        resource: Resource<'_>,
        namespaces: impl Iterator<Item = &'a str>,
        stream: &StreamFacts,
    ) -> Result<Entity, String> {
        let uid = uid(self.resource(resource.kind), resource.name);
        if resource.kind == ResourceKind::Cluster {
            return Ok(Entity::new_no_attrs(uid, HashSet::new()));
        }
        let mut parents: HashSet<_> = namespaces
            .map(|it| self::uid(&self.namespace, it))
            .collect();
        let name = RestrictedExpression::new_string(resource.name.to_owned());
        let mut attributes = HashMap::from([("name".to_owned(), name)]);
        if resource.kind == ResourceKind::Stream {
            let classes = stream.classes.iter();
            parents.extend(classes.clone().map(|class| self::uid(&self.class, class)));
            let classes = classes.cloned().map(RestrictedExpression::new_string);
            attributes.insert("classes".to_owned(), RestrictedExpression::new_set(classes));
            let level = RestrictedExpression::new_long(stream.level as i64);
            attributes.insert("level".to_owned(), level);
        }
        Entity::new(uid, attributes, parents).map_err(|error| one_line(&error))
    }
}

fn type_name(name: &str) -> Result<EntityTypeName, PolicyError> {
    format!("Streamward::{name}")
        .parse()
        .map_err(|error| PolicyError::Schema(one_line(&error)))
}

fn uid(type_name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(id))
}

/// The entities of all actions that the schema knows, by their place in [`Action::ALL`].
pub(crate) fn actions(schema: &Schema) -> Result<Vec<Entity>, PolicyError> {
    let known = schema
        .action_entities()
        .map_err(|error| PolicyError::Schema(one_line(&error)))?;
    let type_name = type_name("Action")?;
    let entity = |action: &Action| {
        let found = known.get(&uid(&type_name, action.name())).cloned();
        found.ok_or_else(|| PolicyError::Schema(format!("it lacks action `{}`", action.name())))
    };
    Action::ALL.iter().map(entity).collect()
}

/// A principal with everything that it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct KnownPrincipal {
    pub entity: Entity,
    /// The principal and everything that it belongs to.
    pub lineage: HashSet<EntityUid>,
    pub tenant: Option<String>,
    pub mfa: bool,
    pub device_posture: Option<String>,
}

/// What a proof may assert of its holder: declared roles with all that they include, and tenants.
#[derive(Debug, Default)]
pub(crate) struct Assertable {
    roles: HashMap<String, HashSet<EntityUid>>,
    tenants: HashMap<String, EntityUid>,
}

impl Assertable {
    fn new(roles: &HashMap<&str, HashSet<&str>>, tenants: &HashSet<&str>, types: &Types) -> Self {
        let role = |(name, closure): (&&str, &HashSet<&str>)| {
            let closure = closure.iter().map(|role| uid(&types.role, role));
            ((*name).to_owned(), closure.collect())
        };
        let tenant = |name: &&str| ((*name).to_owned(), uid(&types.tenant, name));
        Self {
            roles: roles.iter().map(role).collect(),
            tenants: tenants.iter().map(tenant).collect(),
        }
    }

    /// The principal with what its proof asserts beside what is declared.
    pub fn holder<'a>(
        &self,
        principal: &'a KnownPrincipal,
        roles: &[String],
        tenant: Option<&str>,
    ) -> Cow<'a, KnownPrincipal> {
        let roles = roles.iter().filter_map(|role| self.roles.get(role));
        let mut more: HashSet<EntityUid> = roles.flatten().cloned().collect();
        // SECURITY: a declared tenant is never widened by a second one.
        let tenant = tenant.filter(|_| principal.tenant.is_none());
        more.extend(tenant.and_then(|name| self.tenants.get(name)).cloned());
        if more.is_subset(&principal.lineage) {
            return Cow::Borrowed(principal);
        }
        let itself = principal.entity.uid();
        let mut lineage = principal.lineage.clone();
        lineage.extend(more);
        let parents = lineage.iter().filter(|uid| **uid != itself).cloned();
        Cow::Owned(KnownPrincipal {
            entity: Entity::new_no_attrs(itself.clone(), parents.collect()),
            lineage,
            ..principal.clone()
        })
    }
}

/// All principals by their ids, and what may be asserted of them. What does not fit is added to
/// `problems`.
pub(crate) fn principals(
    section: &PolicySection,
    principals: &[PrincipalFacts],
    types: &Types,
    problems: &mut Vec<String>,
) -> (HashMap<String, KnownPrincipal>, Assertable) {
    let roles = roles(section, problems);
    let tenants: HashSet<&str> = section.tenants.iter().map(String::as_str).collect();
    let mut known = HashMap::with_capacity(principals.len());
    for facts in principals {
        let id = &facts.id;
        if let Some(tenant) = facts.tenant.as_deref().filter(|it| !tenants.contains(it)) {
            problems.push(format!(
                "tenant `{tenant}` of principal `{id}` is not declared"
            ));
        }
        let mut parents: HashSet<_> = facts
            .tenant
            .iter()
            .map(|it| uid(&types.tenant, it))
            .collect();
        for role in &facts.roles {
            let Some(closure) = roles.get(role.as_str()) else {
                problems.push(format!("role `{role}` of principal `{id}` is not declared"));
                continue;
            };
            parents.extend(closure.iter().map(|role| uid(&types.role, role)));
        }
        let type_name = match facts.kind {
            PrincipalKind::User => &types.user,
            PrincipalKind::Service => &types.service,
        };
        let itself = uid(type_name, id);
        let mut lineage = parents.clone();
        lineage.insert(itself.clone());
        let principal = KnownPrincipal {
            entity: Entity::new_no_attrs(itself, parents),
            lineage,
            tenant: facts.tenant.clone(),
            mfa: facts.mfa,
            device_posture: facts.device_posture.clone(),
        };
        if known.insert(id.clone(), principal).is_some() {
            problems.push(format!("principal `{id}` is declared twice"));
        }
    }
    (known, Assertable::new(&roles, &tenants, types))
}

/// Every role with itself and all that it includes, however far.
fn roles<'a>(
    section: &'a PolicySection,
    problems: &mut Vec<String>,
) -> HashMap<&'a str, HashSet<&'a str>> {
    let mut includes: HashMap<&str, &[String]> = HashMap::new();
    for role in &section.roles {
        if includes.insert(&role.name, &role.includes).is_some() {
            problems.push(format!("role `{}` is declared twice", role.name));
        }
    }
    let mut closures = HashMap::with_capacity(includes.len());
    for role in &section.roles {
        let mut closure = HashSet::from([role.name.as_str()]);
        let mut next: Vec<&str> = role.includes.iter().map(String::as_str).collect();
        while let Some(included) = next.pop() {
            if included == role.name {
                problems.push(format!("role `{included}` includes itself"));
            }
            match includes.get(included) {
                Some(further) if closure.insert(included) => {
                    next.extend(further.iter().map(String::as_str));
                }
                Some(_) => {}
                None => {
                    let name = &role.name;
                    problems.push(format!(
                        "role `{name}` includes `{included}`, which is not declared"
                    ));
                }
            }
        }
        closures.insert(role.name.as_str(), closure);
    }
    closures
}
