//! One rule, taken apart for questions that leave the circumstances open.

use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::{ActionConstraint, Effect, PrincipalConstraint, ResourceConstraint};
use serde_json::{Value as Json, json};

use crate::ask::circumstances::Attribute;
use crate::ask::expression::{Expression, Operator, Part, Piece};
use crate::ask::partial::Thing;
use crate::ask::value::{Uid, Value};
use crate::conditions::{ANNOTATION, reads_context_alone};
use crate::request::Action;
use crate::rules::CompiledRule;

/// One head of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Head {
    Any,
    Is(Arc<str>),
    /// The entity itself.
    Equal(Uid),
    /// What is in one of these; with a type, only of this type.
    In(Vec<Uid>, Option<Arc<str>>),
}

/// Whether a head covers an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cover {
    Never,
    Always,
    /// Where the token of the caller names one of these groups.
    ByGroups(BTreeSet<Arc<str>>),
}

impl Head {
    fn covers(&self, thing: &Thing) -> bool {
        self.cover(thing) == Cover::Always
    }

    fn cover(&self, thing: &Thing) -> Cover {
        let covers = match self {
            Self::Any => true,
            Self::Is(kind) => thing.uid.kind == *kind,
            Self::Equal(uid) => thing.uid == *uid,
            Self::In(_, Some(kind)) if thing.uid.kind != *kind => false,
            Self::In(uids, _) => {
                let is_in = |uid: &Uid| thing.uid == *uid || thing.ancestors.contains(uid);
                if !uids.iter().any(is_in) {
                    let groups = uids.iter().filter_map(|uid| thing.by_groups.get(uid));
                    let groups: BTreeSet<_> = groups.flatten().cloned().collect();
                    return if groups.is_empty() {
                        Cover::Never
                    } else {
                        Cover::ByGroups(groups)
                    };
                }
                true
            }
        };
        if covers { Cover::Always } else { Cover::Never }
    }

    /// As a condition in Cedar, of a principal.
    pub fn text(&self) -> String {
        match self {
            Self::Any => "true".to_owned(),
            Self::Is(kind) => format!("principal is {kind}"),
            Self::Equal(uid) => format!("principal == {}::{:?}", uid.kind, uid.id),
            Self::In(uids, _) => {
                let ways = uids.iter();
                let ways = ways.map(|uid| format!("principal in {}::{:?}", uid.kind, uid.id));
                ways.collect::<Vec<_>>().join(" || ")
            }
        }
    }

    /// The only entity by which it covers anything.
    pub fn key(&self) -> Option<&Uid> {
        match self {
            Self::Equal(uid) => Some(uid),
            Self::In(uids, _) if uids.len() == 1 => uids.first(),
            _ => None,
        }
    }
}

/// One clause of a rule: what it asks, in its own words.
#[derive(Debug)]
pub(crate) struct Clause {
    pub is_unless: bool,
    /// How a grant or a class calls it.
    pub name: Option<String>,
    tree: Json,
    pub expression: Expression,
}

impl Clause {
    /// The text in Cedar, on one line.
    pub fn text(&self) -> String {
        let policy = json!({"effect": "permit", "principal": {"op": "All"},
            "action": {"op": "All"}, "resource": {"op": "All"},
            "conditions": [{"kind": "when", "body": self.tree}]});
        let policy = cedar_policy::Policy::from_json(None, policy).ok();
        let text = policy.and_then(|it| it.to_cedar()).unwrap_or_default();
        let inner = text.split_once('{').and_then(|(_, it)| it.rsplit_once('}'));
        let words = inner.map_or("", |it| it.0).split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A rule, prepared.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub id: String,
    pub is_permit: bool,
    pub principal: Head,
    actions: u32,
    resource: Head,
    slices: Vec<Uid>,
    pub clauses: Vec<Clause>,
    pub condition: Expression,
    pub reads: Reading,
    /// The last day on which it holds, in days since 1970.
    pub last_day: Option<i64>,
    tree: Arc<Json>,
}

impl Prepared {
    pub fn acts(&self, action: Action) -> bool {
        self.actions & (1 << action as u32) != 0
    }

    pub fn speaks_of_principal(&self, principal: &Thing) -> Cover {
        self.principal.cover(principal)
    }

    /// The condition that it still holds on the day; `None`: it has no end.
    pub fn lasts(&self) -> Option<Expression> {
        let last = Expression::Literal(Value::Long(self.last_day?));
        let sides = [Expression::Context(Attribute::DAY), last];
        Some(Expression::Binary(Operator::LessOrEqual, Box::new(sides)))
    }

    pub fn speaks_of_resource(&self, resource: &Thing) -> bool {
        self.resource.covers(resource) && self.is_in_slice(resource)
    }

    fn is_in_slice(&self, resource: &Thing) -> bool {
        let mut slices = self.slices.iter();
        self.slices.is_empty() || slices.any(|slice| resource.ancestors.contains(slice))
    }

    /// Whether both mean the same, as far as their texts say.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.tree == other.tree && self.slices == other.slices && self.last_day == other.last_day
    }

    pub fn tree(&self) -> &Json {
        &self.tree
    }

    /// Whether it may speak of resources of a type, by the name of the type.
    pub fn speaks_of_type(&self, name: &str) -> bool {
        let is_it = |kind: &str| kind.strip_prefix("Streamward::") == Some(name);
        match &self.resource {
            Head::Any | Head::In(_, None) => true,
            Head::Is(kind) | Head::In(_, Some(kind)) => is_it(kind),
            Head::Equal(uid) => is_it(&uid.kind),
        }
    }

    /// What its condition compares the name of the resource with.
    pub fn name_tests(&self) -> Vec<NameTest<'_>> {
        let mut found = Vec::new();
        self.condition.walk(&mut |it| {
            if let Expression::Like(left, pieces) = it
                && !matches!(**left, Expression::Context(_))
            {
                found.push(NameTest::Pattern(pieces));
            }
            if let Expression::Binary(_, sides) = it
                && sides.iter().any(is_name)
            {
                sides.iter().for_each(|side| texts(side, &mut found));
            }
            true
        });
        found
    }
}

/// What a name is compared with.
pub(crate) enum NameTest<'a> {
    Pattern(&'a [Piece]),
    Text(&'a str),
}

fn is_name(expression: &Expression) -> bool {
    matches!(expression, Expression::Of(Part::Resource, name) if **name == *"name")
}

fn texts<'a>(expression: &'a Expression, found: &mut Vec<NameTest<'a>>) {
    expression.walk(&mut |it| {
        if let Expression::Literal(Value::Text(text)) = it {
            found.push(NameTest::Text(text));
        }
        true
    });
}

fn uids<'a>(uids: impl IntoIterator<Item = &'a cedar_policy::EntityUid>) -> Vec<Uid> {
    uids.into_iter().map(Uid::of).collect()
}

fn principal_head(constraint: &PrincipalConstraint) -> Head {
    match constraint {
        PrincipalConstraint::Any => Head::Any,
        PrincipalConstraint::Is(kind) => Head::Is(kind.to_string().into()),
        PrincipalConstraint::Eq(uid) => Head::Equal(Uid::of(uid)),
        PrincipalConstraint::In(uid) => Head::In(uids([uid]), None),
        PrincipalConstraint::IsIn(kind, uid) => {
            Head::In(uids([uid]), Some(kind.to_string().into()))
        }
    }
}

fn resource_head(constraint: &ResourceConstraint) -> Head {
    match constraint {
        ResourceConstraint::Any => Head::Any,
        ResourceConstraint::Is(kind) => Head::Is(kind.to_string().into()),
        ResourceConstraint::Eq(uid) => Head::Equal(Uid::of(uid)),
        ResourceConstraint::In(uid) => Head::In(uids([uid]), None),
        ResourceConstraint::IsIn(kind, uid) => Head::In(uids([uid]), Some(kind.to_string().into())),
    }
}

fn action_mask(constraint: &ActionConstraint) -> u32 {
    let named = |uids: &[Uid]| {
        let all = Action::ALL.iter();
        let named = all.filter(|action| uids.iter().any(|uid| *uid.id == *action.name()));
        named.fold(0, |mask, action| mask | (1 << *action as u32))
    };
    match constraint {
        ActionConstraint::Any => u32::MAX,
        ActionConstraint::Eq(uid) => named(&uids([uid])),
        ActionConstraint::In(of) => named(&uids(of)),
    }
}

/// The parts of a clause that must all hold. A look whether something is there stays with its use.
fn conjuncts<'a>(tree: &'a Json, found: &mut Vec<&'a Json>) {
    let both = tree.get("&&");
    let sides = both.and_then(|both| Some((both.get("left")?, both.get("right")?)));
    match sides {
        Some((left, right)) if !looks_for_presence(left) => {
            conjuncts(left, found);
            conjuncts(right, found);
        }
        _ => found.push(tree),
    }
}

fn looks_for_presence(tree: &Json) -> bool {
    let inner = tree.get("&&").and_then(|both| both.get("right"));
    tree.get("has").is_some() || inner.is_some_and(looks_for_presence)
}

fn clauses(policy: &cedar_policy::Policy, tree: &Json) -> Vec<Clause> {
    let all = tree.get("conditions").and_then(Json::as_array);
    let all = all.map(Vec::as_slice).unwrap_or_default();
    let names = policy.annotation(ANNOTATION);
    let names: Vec<&str> = names.map_or_else(Vec::new, |names| names.split("; ").collect());
    let is_named = names.len() == all.iter().filter(|it| reads_context_alone(it)).count();
    let mut names = names.into_iter().filter(|_| is_named);
    let mut found = Vec::new();
    for clause in all {
        let is_unless = clause.get("kind").and_then(Json::as_str) == Some("unless");
        let body = clause.get("body").unwrap_or(&Json::Null);
        let name = Some(()).filter(|()| reads_context_alone(clause));
        let name = name.and_then(|()| names.next()).map(str::to_owned);
        let mut parts = Vec::new();
        if is_unless || name.is_some() {
            parts.push(body);
        } else {
            conjuncts(body, &mut parts);
        }
        found.extend(parts.into_iter().map(|part| {
            let expression = Expression::of_json(part);
            Clause {
                is_unless,
                name: name.clone(),
                tree: part.clone(),
                expression: if is_unless {
                    expression.negated()
                } else {
                    expression
                },
            }
        }));
    }
    found
}

pub(crate) fn prepared(rule: &CompiledRule, slices: Vec<Uid>, last_day: Option<i64>) -> Prepared {
    // It was read from this form when it was compiled.
    let tree = match &rule.tree {
        Some(tree) => Arc::clone(tree),
        None => Arc::new(rule.policy.to_json().unwrap_or(Json::Null)),
    };
    let clauses = clauses(&rule.policy, &tree);
    let condition = clauses.iter().map(|clause| clause.expression.clone());
    let condition = condition
        .reduce(|all, next| Expression::And(Box::new(all), Box::new(next)))
        .unwrap_or(Expression::Literal(Value::Bool(true)));
    Prepared {
        id: rule.id.clone(),
        is_permit: rule.policy.effect() == Effect::Permit,
        principal: principal_head(&rule.scope.principal),
        actions: action_mask(&rule.policy.action_constraint()),
        resource: resource_head(&rule.policy.resource_constraint()),
        slices,
        clauses,
        reads: Reading::of(&condition),
        condition,
        last_day,
        tree,
    }
}

/// What a condition reads, beside what circumstances decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reading(u8);

impl Reading {
    pub const ENTITIES: Self = Self(1);
    pub const ACTION: Self = Self(2);
    pub const NETWORKS: Self = Self(4);
    pub const ENVIRONMENT: Self = Self(8);
    const ALL: Self = Self(15);

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn of(condition: &Expression) -> Self {
        let mut reads = Self::default();
        condition.walk(&mut |it| {
            reads.0 |= Self::of_one(it).0;
            true
        });
        reads
    }

    fn of_one(expression: &Expression) -> Self {
        match expression {
            Expression::Entity(Part::Action) => Self(Self::ENTITIES.0 | Self::ACTION.0),
            Expression::Entity(_) | Expression::Of(..) | Expression::HasOf(..) => Self::ENTITIES,
            Expression::Context(Attribute::NETWORKS) => Self::NETWORKS,
            Expression::Context(Attribute::ENVIRONMENT) => Self::ENVIRONMENT,
            Expression::Opaque => Self::ALL,
            _ => Self::default(),
        }
    }
}
