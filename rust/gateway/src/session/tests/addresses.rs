//! No answer to anybody tells where a broker listens.

use streamward_wire::kafka::access::{self, Treatment};
use streamward_wire::kafka::{ApiKey, Direction, Schema, Struct, Value, schema};

use super::messages::{Names, naming};
use super::{Answer, NOW, Verdict, by, document, opened, response_frame};

const HOST: &str = "broker.upstream.internal";

/// An answer with one element in each array and the broker's address wherever there is a place for one.
fn telling(of: &'static Schema, path: &str) -> Struct {
    let mut made = Struct::new(of);
    tell(&mut made, of, path);
    made
}

fn tell(made: &mut Struct, of: &'static Schema, path: &str) {
    for field in of.all() {
        let path = format!("{path}.{}", field.name);
        let harmless = access::answer_fields()
            .iter()
            .any(|it| it.field == path && it.treatment == Treatment::Harmless);
        let value: Value = match (field.structure(), made.get(field.name)) {
            (Some(inner), value) if field.array || matches!(value, Value::Struct(_)) => {
                let mut element = made.element(field.name);
                tell(&mut element, inner, &path);
                if field.array {
                    vec![element].into()
                } else {
                    element.into()
                }
            }
            (None, _) if field.name == "Host" && !harmless => HOST.into(),
            (None, _) if field.name == "Port" && !harmless => 9092.into(),
            (None, _) if field.name == "ResourceType" => 4.into(),
            (None, _) if path.ends_with("Configs.Name") => "advertised.listeners".into(),
            (None, _) if path.ends_with("Configs.Value") || path.ends_with("Synonyms.Value") => {
                format!("PLAINTEXT://{HOST}:9092").into()
            }
            _ => continue,
        };
        made.set(field.name, value);
    }
}

fn ours(key: ApiKey, version: i16) -> Option<Vec<u8>> {
    let mut script = by("root", &document());
    let names = Names {
        topics: &["ok.a"],
        groups: &["ok.g"],
        transactional_id: "ok.t",
    };
    let mut request = naming(key, version, names).frame(1);
    let verdict = script.session.on_request(&mut request, NOW);
    if !matches!(verdict, Verdict::Forward | Verdict::Rewrite(_)) {
        return None;
    }
    let answer = telling(
        schema(key, version, Direction::Response).unwrap(),
        key.name(),
    );
    let mut frame = response_frame(key, version, 1, &answer);
    match script.session.on_response(&mut frame, NOW) {
        Answer::Forward => Some(frame),
        Answer::Rewrite(framed) => {
            opened(key, version, &framed);
            Some(framed)
        }
        Answer::RewriteParts(_) => panic!("nothing is sealed here"),
        // A further question to the broker tells the client nothing.
        Answer::Ask(_) | Answer::Wait(_) | Answer::Drop | Answer::Close(_) => None,
    }
}

#[test]
fn nobody_is_told_where_a_broker_listens_whatever_his_rights() {
    let mut told = 0;
    for row in access::served() {
        for version in row.versions.0..=row.versions.1 {
            let Some(answer) = ours(row.key, version) else {
                continue;
            };
            told += 1;
            let text = String::from_utf8_lossy(&answer);
            // What topics are set to is the topics' own; nothing of brokers stands there.
            let of_topics = row.key == ApiKey::CREATE_TOPICS;
            assert!(
                of_topics || !text.contains(HOST),
                "{} {version}: {text}",
                row.key.name()
            );
        }
    }
    assert!(told > 150, "{told}");
}
