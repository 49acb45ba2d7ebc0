//! ApiVersions: what the gateway decides, cut to what the brokers serve. Answered here, so that a client
//! never tries what would be refused.

use streamward_wire::kafka::{ApiKey, Struct, Value, access, error};

use super::{Close, Head, Session, Verdict};
use crate::caller::Software;

/// As much of what a client calls itself is kept.
const SOFTWARE_CHARACTERS_MAX: usize = 64;

impl Session {
    /// A client says what it is, at any time and as often as it likes.
    fn learn_software(&mut self, name: &str, version: &str) {
        let kept = |text: &str| {
            let text: String = text.chars().take(SOFTWARE_CHARACTERS_MAX).collect();
            (!text.is_empty()).then(|| text.into())
        };
        let software = Software {
            name: kept(name),
            version: kept(version),
        };
        if software != self.software {
            self.software = software;
            self.epoch += 1;
            self.decisions.clear();
        }
    }

    pub(super) fn api_versions(&mut self, head: &Head, frame: &[u8]) -> Verdict {
        self.answer_api_versions(head, frame)
            .unwrap_or_else(Verdict::Close)
    }

    fn answer_api_versions(&mut self, head: &Head, frame: &[u8]) -> Result<Verdict, Close> {
        let Some((lowest, highest)) = access::versions(ApiKey::API_VERSIONS) else {
            return Ok(Verdict::Close(Close::NotServed {
                key: head.key.0,
                version: head.version,
            }));
        };
        if head.version < lowest || head.version > highest {
            // KIP-511: a client that is newer than we are gets a version 0 body, and tries again.
            let zero = Head {
                version: 0,
                ..*head
            };
            let mut answer = zero.response()?;
            let mut own = answer.element("ApiKeys");
            own.set("ApiKey", i64::from(ApiKey::API_VERSIONS.0))
                .set("MinVersion", lowest)
                .set("MaxVersion", highest);
            answer
                .set("ErrorCode", error::UNSUPPORTED_VERSION)
                .set("ApiKeys", vec![Value::Struct(own)]);
            return Ok(Verdict::Reply(zero.reply(&answer)?));
        }
        let request = self.decode_request(head, frame)?;
        if !is_software(&request, "ClientSoftwareName")
            || !is_software(&request, "ClientSoftwareVersion")
        {
            let mut answer = head.response()?;
            answer.set("ErrorCode", error::INVALID_REQUEST);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        if let Some(name) = request.str("ClientSoftwareName") {
            let version = request.str("ClientSoftwareVersion").unwrap_or_default();
            self.learn_software(name, version);
        }
        let Some(brokers) = self.cluster.versions() else {
            return Ok(Verdict::Close(Close::Unreachable {
                what: "no broker has answered yet".into(),
            }));
        };
        let mut answer = head.response()?;
        let mut keys = Vec::new();
        let mut last = None;
        for row in access::served() {
            if last.replace(row.key) == Some(row.key) {
                continue;
            }
            let local = matches!(row.access, access::Access::Local(_));
            let Some(ours) = access::versions(row.key) else {
                continue;
            };
            let theirs = if local {
                Some(ours)
            } else {
                brokers.get(&row.key).copied()
            };
            let Some(theirs) = theirs else { continue };
            let (mut from, to) = (ours.0.max(theirs.0), ours.1.min(theirs.1));
            if from > to {
                continue;
            }
            if row.key == ApiKey::PRODUCE && theirs.0 == 0 {
                // As Kafka does: librdkafka takes its compression codecs from Produce 0 (KAFKA-18659).
                from = 0;
            }
            keys.push(entry(&answer, row.key, from, to));
        }
        answer.set("ApiKeys", keys);
        copy_features(self.cluster.features().as_ref(), &mut answer);
        Ok(Verdict::Reply(head.reply(&answer)?))
    }
}

/// Is it a name of a client's software, as Kafka takes it? Letters and digits, with `-` and `.` between them.
fn is_software(request: &Struct, field: &str) -> bool {
    if !request.has(field) {
        return true;
    }
    let name = request.str(field).unwrap_or_default();
    let ends = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
    ends(name.chars().next())
        && ends(name.chars().last())
        && name
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '.')
}

fn entry(answer: &Struct, key: ApiKey, from: i16, to: i16) -> Value {
    let mut entry = answer.element("ApiKeys");
    entry
        .set("ApiKey", i64::from(key.0))
        .set("MinVersion", from)
        .set("MaxVersion", to);
    Value::Struct(entry)
}

/// The first version whose clients read a feature that begins at level 0 (KIP-584).
const LEVEL_ZERO: i16 = 4;

/// Clients choose between generations of transactions by the brokers' features.
fn copy_features(brokers: Option<&Struct>, answer: &mut Struct) {
    let Some(brokers) = brokers else { return };
    copy_list(
        brokers,
        answer,
        "SupportedFeatures",
        &["MinVersion", "MaxVersion"],
    );
    copy_list(
        brokers,
        answer,
        "FinalizedFeatures",
        &["MaxVersionLevel", "MinVersionLevel"],
    );
    answer.set(
        "FinalizedFeaturesEpoch",
        brokers.int("FinalizedFeaturesEpoch"),
    );
}

/// The brokers answered in another version, so each element is made anew in the client's.
fn copy_list(brokers: &Struct, answer: &mut Struct, list: &str, levels: &[&str]) {
    if !answer.has(list) {
        return;
    }
    let old = answer.schema().version < LEVEL_ZERO;
    let copies = brokers
        .array(list)
        .iter()
        .filter_map(Value::as_struct)
        .filter(|feature| !(old && feature.has("MinVersion") && feature.int("MinVersion") == 0))
        .map(|feature| {
            let mut copy = answer.element(list);
            copy.set("Name", feature.str("Name").unwrap_or_default());
            for level in levels {
                copy.set(level, feature.int(level));
            }
            Value::Struct(copy)
        });
    let copies: Vec<Value> = copies.collect();
    answer.set(list, copies);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_api_stand_together() {
        let keys: Vec<i16> = access::rows().map(|row| row.key.0).collect();
        let sorted = {
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            sorted
        };
        assert_eq!(keys, sorted);
    }
}
