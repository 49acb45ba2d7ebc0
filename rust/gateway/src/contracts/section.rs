//! The `contracts` section of a snapshot.

use serde::Deserialize;

/// Contracts by the name of their stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractsSection {
    /// The streams that are held to one.
    #[serde(default)]
    pub streams: Vec<ContractSection>,
}

/// The contract of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractSection {
    /// The topic.
    pub name: String,
    /// What values are held to; `None`: to nothing.
    pub value: Option<SchemaSection>,
    /// What keys are held to.
    pub key: Option<SchemaSection>,
    /// Are records held to it when they are written?
    pub on_write: OnWrite,
    /// And when they are read?
    pub on_read: OnRead,
}

/// What becomes of a record that is not as its contract says when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnWrite {
    /// Its batch is refused.
    Refuse,
    /// It isn't looked at.
    Off,
}

/// And when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnRead {
    /// Its partition is refused.
    Refuse,
    /// It is delivered with a header that says so.
    Mark,
    /// It isn't looked at.
    Off,
}

/// A schema, its text and those that it refers to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaSection {
    /// `avro`, `protobuf` or `json`.
    pub format: String,
    /// The schema; empty where a registry has it.
    pub text: String,
    /// What it refers to.
    pub references: Vec<ReferenceSection>,
    /// The registry that knows schemas by the ids in front of values.
    #[serde(default)]
    pub registry: Option<RegistrySection>,
    /// Of Protobuf, the full name of the message; `None`: the first.
    pub message: Option<String>,
    /// Are fields of Protobuf messages taken that are not declared?
    pub admit_undeclared: bool,
    /// Ids of which one stands in front of each value (Confluent's wire format); none: values begin at once.
    pub schema_ids: Vec<u32>,
    /// Patterns of injections that no text may hold.
    pub refused_patterns: Vec<String>,
}

/// Where records have the ids of their schemas (Confluent's wire formats).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdsIn {
    /// In front of the value or key.
    Prefix,
    /// In a header of the record.
    Header,
    /// In the header, or in front where there is no header.
    Either,
}

/// Where schemas come from that stand in no bundle.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrySection {
    /// By which it is asked for.
    pub name: String,
    /// Of the document that declares it: another digest is another registry, whatever its name.
    pub digest: String,
    /// Where records have the ids of their schemas.
    pub ids: IdsIn,
    /// The subjects under one of which a schema must be registered.
    pub subjects: Vec<String>,
    /// For how long an id that is known is not asked for again.
    pub cache_milliseconds: i64,
    /// And one that isn't.
    pub unknown_milliseconds: i64,
    /// For how much longer a known id serves while the registry gives no answer.
    pub stale_milliseconds: i64,
}

/// A schema that another one refers to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSection {
    /// By which it is referred to.
    pub name: String,
    /// The schema.
    pub text: String,
}
