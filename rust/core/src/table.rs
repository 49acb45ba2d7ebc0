//! The access table, for people: which APIs are served, and what each asks for.

use serde::Serialize;
use streamward_wire::kafka::access::{
    self, Access, Governed, OfCaller, Resource, Shape, Treatment,
};

/// How one API is decided in a range of versions.
#[derive(Serialize)]
pub struct Row {
    key: i16,
    name: &'static str,
    versions: [i16; 2],
    served: bool,
    decision: String,
    denial: String,
}

/// Every API and version that Kafka has: what the gateway decides, and what it refuses.
pub fn rows() -> Vec<Row> {
    access::rows().map(row).collect()
}

/// Fields that no row decides.
#[derive(Serialize)]
pub struct Fields {
    /// Of requests: they name nothing that anybody is granted.
    requests: Vec<Note>,
    /// Of answers: they could tell of a broker.
    answers: Vec<Note>,
}

/// One field, what becomes of it, and why that is enough.
#[derive(Serialize)]
struct Note {
    field: &'static str,
    treatment: &'static str,
    reason: &'static str,
}

/// Every field that is exempt, and every field of an answer that could tell of a broker.
pub fn fields() -> Fields {
    let exempt = access::exemptions().iter().map(|it| Note {
        field: it.field,
        treatment: "not decided",
        reason: it.reason,
    });
    let told = access::answer_fields().iter().map(|it| Note {
        field: it.field,
        treatment: match it.treatment {
            Treatment::Rewritten => "rewritten",
            Treatment::Withheld => "withheld",
            Treatment::Harmless => "harmless",
        },
        reason: it.reason,
    });
    Fields {
        requests: exempt.collect(),
        answers: told.collect(),
    }
}

fn row(row: &access::Row) -> Row {
    let (decision, denial) = match &row.access {
        Access::Exempt(why) => ((*why).to_owned(), "never denied".to_owned()),
        Access::Local(why) => (
            format!("answered by the gateway: {why}"),
            "connection closed".into(),
        ),
        Access::Special(special) => (special.asks.to_owned(), special.denial.to_owned()),
        Access::OfCaller(of) => (callers(of), of.denial.to_owned()),
        Access::Governed(governed) => (checks(governed), denials(governed)),
        Access::Refused(why) => (format!("refused: {why}"), "connection closed".into()),
    };
    Row {
        key: row.key.0,
        name: row.key.name(),
        versions: [row.versions.0, row.versions.1],
        served: row.served(),
        decision,
        denial,
    }
}

fn callers(of: &OfCaller) -> String {
    let own = format!(
        "where brokers know only the gateway {}; where they know the client forwarded",
        of.own
    );
    match of.asks {
        Some(operation) => format!("{operation:?} Cluster; {own}"),
        None => own,
    }
}

fn checks(governed: &Governed) -> String {
    let whole = governed
        .whole
        .iter()
        .map(|it| format!("{:?} {:?}", it.operation, it.resource));
    let topics = governed
        .topics
        .iter()
        .map(|it| format!("{:?} each Topic", it.operation));
    let groups = governed
        .groups
        .iter()
        .map(|it| format!("{:?} each Group", it.operation));
    let all: Vec<String> = whole.chain(topics).chain(groups).collect();
    all.join(", ")
}

fn denials(governed: &Governed) -> String {
    let whole = governed.whole.iter().map(|it| {
        let place = match it.shape {
            Shape::Top => "at the top",
            Shape::EveryTopic => "on every partition",
            Shape::TopAndEvery(_) => "at the top and on every partition",
        };
        format!("{} {place}", it.resource.denial_code())
    });
    let topics = governed.topics.iter().map(|it| {
        let place = it.partitions.as_ref().map_or("topic", |_| "partition");
        format!("{} per {place}", Resource::Topic.denial_code())
    });
    let groups = governed
        .groups
        .iter()
        .map(|_| format!("{} per group", Resource::Group.denial_code()));
    let all: Vec<String> = whole.chain(topics).chain(groups).collect();
    all.join(", ")
}
