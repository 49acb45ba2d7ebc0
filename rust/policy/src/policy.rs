//! A compiled policy.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use cedar_policy::{Authorizer, Entities, Entity, Schema};

use crate::acls::{self, ACLS_MAX, Acl, Member};
use crate::ask::{Beside, Index};
use crate::attributes::{AGES, TEXTS, ages_of, begins_of, texts_of};
use crate::compile::Effort;
use crate::entities::{self, Assertable, KnownPrincipal, Types};
use crate::error::{PolicyError, one_line};
use crate::evaluate::{Facts, Outcome, Question, evaluate};
use crate::memo::{Key, Memo, Values};
use crate::moment::Moment;
use crate::networks::Networks;
use crate::prefixes::Prefixes;
use crate::reads::Reads;
use crate::request::{
    Action, Context, Decision, Mechanism, Request, Resource, ResourceKind, shortened,
};
use crate::rules::{CompiledRule, Rules};
use crate::section::{PolicySection, PrincipalFacts};
use crate::span::span;
use crate::streams::{StreamFacts, Streams};

/// A compiled policy section: immutable, shared by all connections.
pub struct Policy {
    version: String,
    environment: String,
    schema: Schema,
    types: Types,
    /// By the place of each action in [`Action::ALL`].
    actions: Vec<Entity>,
    principals: HashMap<String, KnownPrincipal>,
    assertable: Assertable,
    namespaces: Prefixes,
    /// Tenants of the namespaces, by their places.
    owners: Vec<Option<String>>,
    streams: Streams,
    networks: Networks,
    rules: Rules,
    declared: Vec<crate::section::Stream>,
    acls: OnceLock<Vec<Acl>>,
    index: OnceLock<Index>,
    beside: Beside,
    /// Names and prefixes of streams and namespaces that are declared.
    declared_names: Box<[String]>,
    authorizer: Authorizer,
    memo: Memo,
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Policy {
    /// Compile a section for one environment; every rule is validated strictly against the schema.
    ///
    /// # Errors
    /// Names every rule that fails, or every name that does not fit.
    pub fn compile(
        section: &PolicySection,
        environment: &str,
        principals: &[PrincipalFacts],
    ) -> Result<Self, PolicyError> {
        Self::compile_with(section, environment, principals, Effort::default())
    }

    pub(crate) fn compile_with(
        section: &PolicySection,
        environment: &str,
        principals: &[PrincipalFacts],
        effort: Effort,
    ) -> Result<Self, PolicyError> {
        let types = Types::new()?;
        let schema = Schema::from_str(&section.schema)
            .map_err(|error| PolicyError::Schema(one_line(&error)))?;
        let actions = entities::actions(&schema)?;
        let mut problems = Vec::new();
        let (principals, assertable) =
            entities::principals(section, principals, &types, &mut problems);
        let (namespaces, owners) = namespaces(section, &mut problems);
        let streams = Streams::new(&section.streams, &section.classes);
        let streams = streams.map_err(|found| problems.extend(found)).ok();
        let networks = Networks::new(&section.networks);
        let networks = networks.map_err(|found| problems.extend(found)).ok();
        let (Some(namespaces), Some(streams), Some(networks), true) =
            (namespaces, streams, networks, problems.is_empty())
        else {
            return Err(PolicyError::Section(problems));
        };
        let rules = Rules::new(&section.rules, schema.clone(), &namespaces, effort)?;
        let policy = Self {
            version: section.version.clone(),
            environment: environment.to_owned(),
            schema,
            types,
            actions,
            principals,
            assertable,
            namespaces,
            owners,
            streams,
            networks,
            rules,
            declared: section.streams.clone(),
            acls: OnceLock::new(),
            index: OnceLock::new(),
            beside: Beside::default(),
            declared_names: declared_names(section),
            authorizer: Authorizer::new(),
            memo: Memo::new(),
        };
        if !effort.validated {
            policy.probe()?;
        }
        Ok(policy)
    }

    /// Hold our entities and our context against the schema of the snapshot: a difference must stop
    /// a snapshot from coming into force, not show itself as a denial later.
    fn probe(&self) -> Result<(), PolicyError> {
        let bad = PolicyError::Schema;
        let facts = Facts {
            source: std::net::Ipv4Addr::LOCALHOST.into(),
            networks: 0,
            tls: true,
            mechanism: Mechanism::Certificate,
            mfa: true,
            environment: &self.environment,
            moment: Moment::of(0),
            texts: [Some("probe"); TEXTS.len()],
            ages: [Some(0); AGES.len()],
            roles: &[],
            tenant: None,
        };
        let context = facts.to_cedar(&self.networks).map_err(bad)?;
        for action in &self.actions {
            context
                .validate(&self.schema, &action.uid())
                .map_err(|error| {
                    bad(format!("our context does not fit it: {}", one_line(&error)))
                })?;
        }
        for kind in ResourceKind::ALL {
            let resource = Resource {
                kind,
                name: "probe",
            };
            let stream = self.streams.get(resource.name);
            let namespaces = (0..self.namespaces.len()).map(|it| self.namespaces.get(it));
            let entity = self
                .types
                .resource_entity(resource, namespaces, stream)
                .map_err(bad)?;
            self.fits(entity)?;
        }
        self.principals
            .values()
            .try_for_each(|principal| self.fits(principal.entity.clone()))
    }

    fn fits(&self, entity: Entity) -> Result<(), PolicyError> {
        let fits = Entities::from_entities([entity], Some(&self.schema)).map(drop);
        fits.map_err(|error| {
            PolicyError::Schema(format!("our entities do not fit it: {}", one_line(&error)))
        })
    }

    /// Digest of the policy section.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Names with which to ask whether a principal may do something to any stream at all: those of
    /// the rules that allow it, a name in every prefix among them. None: it may not.
    pub fn stream_probes(&self, principal: &str, action: Action, context: &Context) -> Vec<String> {
        let Some(known) = self.principals.get(principal) else {
            return Vec::new();
        };
        let tenant = context.tenant.as_deref();
        let holder = self.assertable.holder(known, &context.roles, tenant);
        let action = &self.actions[action as usize];
        self.rules
            .probes(&holder.lineage, &action.uid(), &self.declared_names)
    }

    /// The rules in the words of Kafka's ACLs, where those can say the same; at most [`ACLS_MAX`].
    pub fn acls(&self) -> &[Acl] {
        self.acls.get_or_init(|| {
            let mut members: Vec<Member> = self.principals.values().map(Member::of).collect();
            members.sort_unstable_by(|one, other| one.uid.cmp(&other.uid));
            let mut all = Vec::new();
            for policy in self.rules.policies() {
                all.extend(acls::of(policy, &members, &self.declared));
                if all.len() >= ACLS_MAX {
                    all.truncate(ACLS_MAX);
                    break;
                }
            }
            all
        })
    }

    /// Decide one request. What was decided before, for the same values of everything that the
    /// rules of its slice read, is remembered; the memory is bounded.
    pub fn decide(&self, request: &Request<'_>) -> Arc<Decision> {
        let Request {
            principal,
            action,
            resource,
            context,
        } = *request;
        let now = context.now_milliseconds;
        let longest = self.longest_namespace(resource);
        let slice = self.rules.slice(&self.namespaces, longest);
        let key = self.key(request, slice.reads);
        let hash = self.memo.hash(&key);
        if let Some(decision) = self.memo.get(hash, &key, now) {
            return decision;
        }
        let span = span(slice.reads, &slice.turns, &begins_of(context), now);
        let facts = self.facts_of(context);
        let until = span.map(|span| span.1).filter(|until| *until < i64::MAX);
        let decision = Arc::new(self.decide_anew(principal, action, resource, &facts, until));
        // Whoever is unknown costs nothing to deny and has no claim on the memory.
        if self.principals.contains_key(principal) {
            self.memo.put(hash, &key, span, &decision);
        }
        decision
    }

    fn key<'a>(&self, request: &Request<'a>, reads: Reads) -> Key<'a> {
        let Request {
            principal,
            action,
            resource,
            context,
        } = *request;
        let reads_networks = reads.contain(Reads::NETWORKS);
        let mut texts = texts_of(context);
        for (place, text) in texts.iter_mut().enumerate() {
            *text = text.filter(|_| reads.contain(Reads::text(place)));
        }
        let mut begins = begins_of(context);
        for (place, begin) in begins.iter_mut().enumerate() {
            *begin = begin.filter(|_| reads.contain(Reads::age(place)));
        }
        Key {
            principal,
            name: resource.name,
            texts,
            roles: &context.roles,
            tenant: context.tenant.as_deref(),
            values: Values {
                action,
                kind: resource.kind,
                tls: reads.contain(Reads::TLS).then_some(context.tls),
                mechanism: reads.contain(Reads::MECHANISM).then_some(context.mechanism),
                mfa: reads.contain(Reads::MFA).then_some(context.mfa),
                source: reads
                    .contain(Reads::SOURCE)
                    .then(|| context.source.to_canonical()),
                networks: if reads_networks {
                    self.networks.of(context.source)
                } else {
                    0
                },
                begins,
            },
        }
    }

    fn facts_of<'a>(&'a self, context: &'a Context) -> Facts<'a> {
        Facts {
            source: context.source.to_canonical(),
            networks: self.networks.of(context.source),
            tls: context.tls,
            mechanism: context.mechanism,
            mfa: context.mfa,
            environment: &self.environment,
            moment: Moment::of(context.now_milliseconds),
            texts: texts_of(context),
            ages: ages_of(&begins_of(context), context.now_milliseconds),
            roles: &context.roles,
            tenant: context.tenant.as_deref(),
        }
    }

    /// Decide without looking at what was decided before.
    pub(crate) fn decide_anew(
        &self,
        principal: &str,
        action: Action,
        resource: Resource<'_>,
        facts: &Facts<'_>,
        valid_until_milliseconds: Option<i64>,
    ) -> Decision {
        let Some(known) = self.principals.get(principal) else {
            return Decision {
                allowed: false,
                rules: vec!["default".to_owned()],
                errors: Vec::new(),
                reason: format!("principal `{}` is not known", shortened(principal)),
                valid_until_milliseconds,
            };
        };
        let holder = self.assertable.holder(known, facts.roles, facts.tenant);
        let outcome = self.ask(&holder, action, resource, facts);
        let outcome = outcome.unwrap_or_else(Outcome::Inapplicable);
        outcome.into_decision(action, resource, valid_until_milliseconds)
    }

    fn ask(
        &self,
        principal: &KnownPrincipal,
        action: Action,
        resource: Resource<'_>,
        facts: &Facts<'_>,
    ) -> Result<Outcome, String> {
        let longest = self.longest_namespace(resource);
        let namespaces = self
            .namespaces
            .chain(longest)
            .map(|index| self.namespaces.get(index));
        let stream = self.streams.get(resource.name);
        let resource = self.types.resource_entity(resource, namespaces, stream)?;
        let slice = self.rules.slice(&self.namespaces, longest);
        let question = Question {
            rules: self
                .rules
                .select(slice, &principal.lineage, &resource.uid()),
            schema: &self.schema,
            principal: &principal.entity,
            action: &self.actions[action as usize],
            resource,
            context: facts.to_cedar(&self.networks)?,
        };
        Ok(evaluate(&self.authorizer, question))
    }

    /// A cluster is in no namespace, whatever its name: its rules are those that matter everywhere.
    fn longest_namespace(&self, resource: Resource<'_>) -> Option<usize> {
        match resource.kind {
            ResourceKind::Cluster => None,
            _ => self.namespaces.longest(resource.name),
        }
    }

    /// Data classes of a stream, in order of their names.
    pub fn classes_of(&self, stream: &str) -> Arc<[String]> {
        Arc::clone(&self.streams.get(stream).classes)
    }

    /// Level of a stream: 0 public to 3 restricted; 3 where nothing declares it.
    pub fn level_of(&self, stream: &str) -> u8 {
        self.streams.get(stream).level as u8
    }

    /// Tenant of a principal.
    pub fn tenant_of(&self, principal: &str) -> Option<&str> {
        self.principal(principal)?.tenant.as_deref()
    }

    /// Tenant that owns the longest namespace of a name, where it has an owner.
    pub fn owner_of(&self, name: &str) -> Option<&str> {
        self.owners[self.namespaces.longest(name)?].as_deref()
    }

    pub(crate) fn principal(&self, id: &str) -> Option<&KnownPrincipal> {
        self.principals.get(id)
    }

    /// A principal with what its proof asserts beside what is declared.
    pub(crate) fn holder<'a>(
        &self,
        principal: &'a KnownPrincipal,
        roles: &[String],
    ) -> Cow<'a, KnownPrincipal> {
        self.assertable.holder(principal, roles, None)
    }

    /// With what questions look at beside the rules. Decisions don't.
    pub(crate) fn with(mut self, beside: Beside) -> Self {
        self.beside = beside;
        self.index = OnceLock::new();
        self
    }

    pub(crate) fn beside(&self) -> &Beside {
        &self.beside
    }

    pub(crate) fn known_principals(&self) -> impl Iterator<Item = (&String, &KnownPrincipal)> {
        self.principals.iter()
    }

    /// Every rule, with the prefixes to whose names it is bound.
    pub(crate) fn compiled_rules(&self) -> impl Iterator<Item = (&CompiledRule, Vec<&str>)> {
        self.rules.compiled().map(|(rule, namespaces)| {
            let prefixes = namespaces.into_iter().map(|it| self.namespaces.get(it));
            (rule, prefixes.collect())
        })
    }

    /// Every namespace that holds a resource.
    pub(crate) fn namespaces_of(&self, resource: Resource<'_>) -> impl Iterator<Item = &str> {
        let longest = self.longest_namespace(resource);
        self.namespaces
            .chain(longest)
            .map(|it| self.namespaces.get(it))
    }

    pub(crate) fn namespace_prefixes(&self) -> impl Iterator<Item = &str> {
        (0..self.namespaces.len()).map(|it| self.namespaces.get(it))
    }

    pub(crate) fn declared_streams(&self) -> &[crate::section::Stream] {
        &self.declared
    }

    pub(crate) fn stream(&self, name: &str) -> &StreamFacts {
        self.streams.get(name)
    }

    /// The rules, prepared for questions that leave the circumstances open.
    pub(crate) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(self))
    }

    pub(crate) fn networks(&self) -> &Networks {
        &self.networks
    }

    pub(crate) fn environment(&self) -> &str {
        &self.environment
    }
}

/// The namespaces in order, with their owners.
fn namespaces(
    section: &PolicySection,
    problems: &mut Vec<String>,
) -> (Option<Prefixes>, Vec<Option<String>>) {
    let tenants: HashSet<&str> = section.tenants.iter().map(String::as_str).collect();
    let mut owners: Vec<_> = section.namespaces.iter().collect();
    owners.sort_by(|one, other| one.prefix.cmp(&other.prefix));
    for namespace in &owners {
        let prefix = &namespace.prefix;
        if let Some(tenant) = namespace
            .tenant
            .as_deref()
            .filter(|it| !tenants.contains(it))
        {
            problems.push(format!(
                "tenant `{tenant}` of namespace `{prefix}` is not declared"
            ));
        }
    }
    let prefixes = Prefixes::new(owners.iter().map(|namespace| namespace.prefix.clone()));
    let prefixes = prefixes
        .map_err(|it| problems.push(format!("namespace `{it}` is declared twice")))
        .ok();
    (
        prefixes,
        owners
            .into_iter()
            .map(|namespace| namespace.tenant.clone())
            .collect(),
    )
}

fn declared_names(section: &PolicySection) -> Box<[String]> {
    let mut names = BTreeSet::new();
    let streams = section.streams.iter();
    names.extend(streams.filter_map(|it| it.name.clone().or_else(|| it.prefix.clone())));
    names.extend(section.namespaces.iter().map(|it| it.prefix.clone()));
    names.into_iter().collect()
}
