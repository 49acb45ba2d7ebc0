//! What each request asks for: one row for every API and range of versions that Kafka has.
//!
//! A row says which operation on which resource each named field of the request needs, and how a
//! denial shows in the answer, as Kafka's own authorizer shows it (`KafkaApis`, `AuthHelper`). What a row
//! refuses, and what has no row, is closed and not advertised.

mod answers;
mod build;
mod exempt;
mod table;

use std::sync::LazyLock;

use super::{ApiKey, apis};

pub use answers::{AnswerField, Treatment, answer_fields};
pub use exempt::{Exemption, exemptions};

/// Kafka's operations (`org.apache.kafka.common.acl.AclOperation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Consume, join, commit.
    Read,
    /// Produce.
    Write,
    /// Make a topic.
    Create,
    /// Remove a topic, records, a group.
    Delete,
    /// Change partitions.
    Alter,
    /// See that it is there.
    Describe,
    /// See its settings.
    DescribeConfigs,
    /// Change its settings.
    AlterConfigs,
    /// Get a producer id without a transactional id.
    IdempotentWrite,
    /// What brokers ask of each other.
    ClusterAction,
    /// Prepare a transaction that someone else decides on.
    TwoPhaseCommit,
}

/// What a field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A topic.
    Topic,
    /// A group of consumers.
    Group,
    /// A transactional id.
    TransactionalId,
    /// The cluster as a whole.
    Cluster,
}

impl Resource {
    /// The error with which Kafka answers a denial on this kind of resource.
    pub const fn denial_code(self) -> i16 {
        match self {
            Self::Topic => 29,
            Self::Group => 30,
            Self::Cluster => 31,
            Self::TransactionalId => 53,
        }
    }
}

/// How a request is decided.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a few rows in a static table; a box can't stand in one"
)]
pub enum Access {
    /// Nothing is asked of anybody's resource; the reason says why.
    Exempt(&'static str),
    /// The gateway answers; a broker never sees it.
    Local(&'static str),
    /// Each check must hold.
    Governed(Governed),
    /// Decided by code of its own in the gateway.
    Special(Special),
    /// Its meaning is the caller.
    OfCaller(OfCaller),
    /// Nobody gets it through a gateway, and it is not advertised; the reason says why.
    Refused(&'static str),
}

/// A request whose meaning is the caller: a broker that takes every client for the gateway would do it to the
/// gateway. There the gateway answers; where brokers know the client itself, they do, once the check holds.
#[derive(Debug)]
pub struct OfCaller {
    /// What is asked of the cluster first; `None`: Kafka asks for no right.
    pub asks: Option<Operation>,
    /// How a denial shows, for people.
    pub denial: &'static str,
    /// What the gateway does where brokers take every client for the gateway, for people.
    pub own: &'static str,
}

/// A request that code of its own decides; the tests of that code are those of the gateway's sessions.
#[derive(Debug)]
pub struct Special {
    /// What is asked, for people.
    pub asks: &'static str,
    /// How a denial shows, for people.
    pub denial: &'static str,
    /// The paths of the fields that name what is decided, e.g. `Topics.Name`.
    pub fields: &'static [&'static str],
}

/// The checks of a governed request, in Kafka's order.
#[derive(Debug)]
pub struct Governed {
    /// Resources that the whole request stands on.
    pub whole: &'static [Whole],
    /// Topics, decided one by one.
    pub topics: Option<Topics>,
    /// Groups, decided one by one.
    pub groups: Option<Entities>,
}

/// One resource on which the whole request stands.
#[derive(Debug)]
pub struct Whole {
    /// What is asked.
    pub operation: Operation,
    /// Of what.
    pub resource: Resource,
    /// The field that names it; empty for the cluster. A null name is not checked.
    pub field: &'static str,
    /// Where the denial shows.
    pub shape: Shape,
}

/// Where the denial of a whole request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// In the error code at the top of the answer.
    Top,
    /// In every partition that the request names.
    EveryTopic,
    /// At the top, and in every partition that the request names.
    TopAndEvery(&'static Topics),
}

/// Topics that a request names, each decided for itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Topics {
    /// What is asked.
    pub operation: Operation,
    /// The request's array of topics (structures, or plain names).
    pub list: &'static str,
    /// The field of an element that holds the name.
    pub name: &'static str,
    /// The partitions of an element, if it has any.
    pub partitions: Option<Partitions>,
    /// The answer's array.
    pub answer: &'static str,
    /// The field of an answer's element that holds the name.
    pub answer_name: &'static str,
}

/// Partitions inside a topic of a request and of its answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Partitions {
    /// The request's array (structures, or plain numbers).
    pub list: &'static str,
    /// The field that holds the number.
    pub index: &'static str,
    /// The answer's array.
    pub answer: &'static str,
    /// The field of the answer that holds the number.
    pub answer_index: &'static str,
    /// The field of the answer that holds the error.
    pub error: &'static str,
}

/// Names in a plain array, each decided for itself.
#[derive(Debug)]
pub struct Entities {
    /// What is asked.
    pub operation: Operation,
    /// The request's array of names.
    pub list: &'static str,
    /// The answer's array.
    pub answer: &'static str,
    /// The field of an answer's element that holds the name.
    pub answer_name: &'static str,
}

/// One row: an API in a range of versions.
#[derive(Debug)]
pub struct Row {
    /// Which API.
    pub key: ApiKey,
    /// From and to, inclusive.
    pub versions: (i16, i16),
    /// How it is decided.
    pub access: Access,
}

/// The row that decides this API and version; `None`: refuse.
pub fn row(key: ApiKey, version: i16) -> Option<&'static Row> {
    rows_of(key)
        .iter()
        .find(|row| row.versions.0 <= version && version <= row.versions.1)
        .copied()
        .filter(|row| row.served())
}

/// The versions of an API that any row decides, as `(lowest, highest)`; `None`: it is refused.
pub fn versions(key: ApiKey) -> Option<(i16, i16)> {
    let mut rows = rows_of(key)
        .iter()
        .filter(|row| row.served())
        .map(|row| row.versions);
    let first = rows.next()?;
    Some(rows.fold(first, |all, next| (all.0.min(next.0), all.1.max(next.1))))
}

/// Every row, those that refuse included, by API key and version.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    INDEX.iter().flatten().copied()
}

/// Every row that decides, by API key and version.
pub fn served() -> impl Iterator<Item = &'static Row> {
    rows().filter(|row| row.served())
}

impl Row {
    /// Is a request of this row ever answered?
    pub const fn served(&self) -> bool {
        !matches!(self.access, Access::Refused(_))
    }
}

/// The rows of each API, at the place of its key.
static INDEX: LazyLock<Vec<Vec<&'static Row>>> = LazyLock::new(|| {
    let last = apis().last().map_or(0, |api| place(api.key));
    let mut index = vec![Vec::new(); last + 1];
    for row in table::all() {
        if let Some(rows) = index.get_mut(place(row.key)) {
            rows.push(row);
        }
    }
    for rows in &mut index {
        rows.sort_by_key(|row| row.versions);
    }
    index
});

fn place(key: ApiKey) -> usize {
    usize::try_from(key.0).unwrap_or(usize::MAX)
}

fn rows_of(key: ApiKey) -> &'static [&'static Row] {
    INDEX.get(place(key)).map_or(&[], Vec::as_slice)
}
