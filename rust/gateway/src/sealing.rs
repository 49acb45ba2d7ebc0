//! What is sealed, under which ring, and who may open it: the `sealing` section of a snapshot.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::contracts::{ContractsSection, OnRead, OnWrite, SchemaSection};
use crate::masking::MaskingSection;

/// What is sealed, and how. A topic is sealed as the stream of its name says, or else that of its longest prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealingSection {
    /// The rings that streams name.
    #[serde(default)]
    pub rings: Vec<RingSection>,
    /// The streams that are sealed.
    #[serde(default)]
    pub streams: Vec<SealedStream>,
}

/// A key ring. Its keys are asked for, never in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingSection {
    /// Its name, by which its keys are asked for.
    pub name: String,
    /// The class of data that it seals.
    pub data_class: String,
    /// The name of the set of readers.
    pub access_class: String,
    /// Who may open what it sealed.
    pub readers: Readers,
}

/// Who may open: holders of these roles (those that include one are among them), and these principals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    /// Names of roles.
    pub roles: Vec<String>,
    /// Ids of principals.
    pub principals: Vec<String>,
}

/// A stream, or all that start with a prefix, and how their records are sealed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedStream {
    /// Exactly one of this and `prefix`.
    pub name: Option<String>,
    /// Every topic that starts with it, unless another entry says more.
    pub prefix: Option<String>,
    /// The ring, by name.
    pub ring: String,
    /// The tenant that owns the stream.
    pub tenant: Option<String>,
    /// The cluster where the stream was written first; `None`: the listener's.
    pub home_cluster: Option<String>,
    /// Are values sealed?
    pub value: bool,
    /// Which fields of values are sealed, where values as a whole are not.
    #[serde(default)]
    pub fields: Option<SealedFields>,
    /// How keys are sealed.
    pub key: KeySealing,
    /// Headers whose values are sealed.
    pub headers: Vec<String>,
    /// Does an envelope open only in its partition?
    pub partition_bound: bool,
    /// What a reader gets who is none of the ring's.
    pub unreadable: Unreadable,
    /// Who seals what is written.
    #[serde(default)]
    pub sealed_by: SealedBy,
    /// Who opens what is read.
    #[serde(default)]
    pub opened_by: OpenedBy,
    /// What becomes of what is not sealed as it must be.
    pub on_violation: OnViolation,
    /// Streams whose envelopes may lie here too.
    pub accepts_from: Vec<String>,
}

/// Fields of values that are sealed by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFields {
    /// Names of each, outermost first; `*` stands for the keys of a map.
    pub paths: Vec<Vec<String>>,
    /// What the values are of.
    pub schema: SchemaSection,
}

/// How the keys of records are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySealing {
    /// Not at all.
    Plain,
    /// Equal keys to equal bytes.
    Deterministic,
}

/// Who seals what is written to a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SealedBy {
    /// The gateway.
    #[default]
    Gateway,
    /// Whoever writes it; the gateway looks at the envelopes and opens none.
    Producer,
}

/// Who opens what is read of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenedBy {
    /// The gateway, for readers of the ring.
    #[default]
    Gateway,
    /// Whoever reads it; the gateway hands on what lies at the broker.
    Consumer,
}

/// What a reader gets who may read the stream and open nothing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unreadable {
    /// A refusal.
    Refuse,
    /// The records as they lie at the broker.
    Ciphertext,
    /// Values that tell less.
    Mask,
}

/// What becomes of plaintext, or of an envelope from elsewhere, in a sealed stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnViolation {
    /// The batch is refused.
    Refuse,
    /// The record is marked by a header.
    Mark,
}

impl SealingSection {
    /// What contradicts itself in it, for whoever wrote the snapshot.
    pub fn problem(&self) -> Option<String> {
        let mut rings = HashSet::new();
        for ring in &self.rings {
            if !rings.insert(ring.name.as_str()) {
                return Some(format!("key ring `{}` stands twice", ring.name));
            }
        }
        let mut places = HashSet::new();
        for stream in &self.streams {
            let Some(text) = stream.name.as_ref().xor(stream.prefix.as_ref()) else {
                return Some("a sealed stream needs one of `name` and `prefix`".to_owned());
            };
            if !places.insert((stream.name.is_some(), text)) {
                return Some(format!("sealed stream `{text}` stands twice"));
            }
            if !rings.contains(stream.ring.as_str()) {
                return Some(format!(
                    "sealed stream `{text}` is of the ring `{}`, which is not declared",
                    stream.ring
                ));
            }
            let elsewhere =
                stream.sealed_by != SealedBy::Gateway || stream.opened_by != OpenedBy::Gateway;
            if stream.fields.is_some() && elsewhere {
                return Some(format!(
                    "fields of `{text}` are sealed or opened by programs"
                ));
            }
            if stream.fields.is_some() && (stream.value || stream.name.is_none()) {
                return Some(format!(
                    "fields of `{text}` are sealed, and whole values too or those of a prefix"
                ));
            }
        }
        None
    }

    /// What is asked of the gateway about records that it does not open, for whoever wrote the snapshot.
    pub fn unseen(&self, contracts: &ContractsSection, masking: &MaskingSection) -> Option<String> {
        let by_consumers =
            |topic: &str| matches!(self.of(topic), Some(it) if it.opened_by == OpenedBy::Consumer);
        for contract in &contracts.streams {
            let name = &contract.name;
            if contract.on_read != OnRead::Off && by_consumers(name) {
                return Some(format!(
                    "`{name}` is opened by its consumers, and validated when it is read"
                ));
            }
            let keys_are_sealed = self.of(name).is_some_and(|it| {
                it.sealed_by == SealedBy::Producer && it.key == KeySealing::Deterministic
            });
            let validates = contract.on_write != OnWrite::Off && contract.key.is_some();
            if validates && keys_are_sealed {
                return Some(format!(
                    "keys of `{name}` are sealed by its producers, and validated when they are written"
                ));
            }
        }
        let masked = masking.streams.iter().find(|it| by_consumers(&it.name));
        masked.map(|it| format!("`{}` is opened by its consumers, and masked", it.name))
    }

    /// How a topic is sealed; `None`: it is not.
    pub fn of(&self, topic: &str) -> Option<&SealedStream> {
        let exact = |it: &&SealedStream| it.name.as_deref() == Some(topic);
        let prefixed = self.streams.iter().filter_map(|it| {
            let prefix = it.prefix.as_deref()?;
            topic.starts_with(prefix).then_some((prefix.len(), it))
        });
        let longest = || prefixed.max_by_key(|(length, _)| *length).map(|(_, it)| it);
        self.streams.iter().find(exact).or_else(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> SealingSection {
        let text = include_str!("../../../tests/golden/snapshot.json");
        let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(document["sealing"].take()).unwrap()
    }

    #[test]
    fn a_topic_is_sealed_as_its_name_or_its_longest_prefix_says() {
        let mut section = golden();
        let mut inner = section.streams[0].clone();
        inner.prefix = Some("payments.health.inner.".into());
        inner.partition_bound = false;
        section.streams.push(inner);

        let mirror = section.of("payments.health.mirror").unwrap();
        assert_eq!(mirror.unreadable, Unreadable::Ciphertext);
        assert!(section.of("payments.health.x").unwrap().partition_bound);
        assert!(
            !section
                .of("payments.health.inner.x")
                .unwrap()
                .partition_bound
        );
        assert_eq!(section.of("payments.transactions"), None);
    }

    #[test]
    fn what_the_gateway_does_not_open_it_is_not_asked_to_look_at() {
        let mut section = golden();
        let stream = &mut section.streams[1];
        (stream.name, stream.prefix) = (Some("s".into()), None);
        (stream.opened_by, stream.key) = (OpenedBy::Consumer, KeySealing::Deterministic);
        let contracts = |on_read: &str, on_write: &str| -> ContractsSection {
            let key = serde_json::json!({"format": "json", "references": [], "message": null, "text": "{}",
                "registry": null, "admit_undeclared": false, "schema_ids": [], "refused_patterns": []});
            let stream = serde_json::json!({"name": "s", "value": null, "key": key,
                "on_write": on_write, "on_read": on_read});
            serde_json::from_value(serde_json::json!({"streams": [stream]})).unwrap()
        };
        let none = MaskingSection::default();
        assert!(section.unseen(&contracts("mark", "off"), &none).is_some());
        assert_eq!(section.unseen(&contracts("off", "refuse"), &none), None);
        let masked = serde_json::json!({"streams": [{"name": "s", "schema": null, "fields": [], "key": "withhold",
            "unmasked": {"roles": [], "principals": []}, "masked": {"roles": [], "principals": []},
            "headers": [], "secret": null, "on_invalid": "refuse"}]});
        let masked: MaskingSection = serde_json::from_value(masked).unwrap();
        assert!(section.unseen(&contracts("off", "off"), &masked).is_some());
        section.streams[1].opened_by = OpenedBy::Gateway;
        assert_eq!(section.unseen(&contracts("mark", "off"), &masked), None);
        section.streams[1].sealed_by = SealedBy::Producer;
        assert!(section.unseen(&contracts("off", "refuse"), &none).is_some());
        assert_eq!(section.unseen(&contracts("off", "off"), &none), None);
    }

    #[test]
    fn a_section_that_contradicts_itself_is_refused() {
        assert_eq!(golden().problem(), None);
        let broken: [fn(&mut SealingSection); 5] = [
            |it| it.streams[0].ring = "other".into(),
            |it| it.streams[0].name = Some("both".into()),
            |it| it.streams[0].prefix = None,
            |it| it.rings.push(it.rings[0].clone()),
            |it| it.streams.push(it.streams[0].clone()),
        ];
        for break_it in broken {
            let mut section = golden();
            break_it(&mut section);
            assert!(section.problem().is_some());
        }
    }
}
