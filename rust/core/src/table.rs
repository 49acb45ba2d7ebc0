//! The access table, for people: which APIs are served, and what each asks for.

use serde::Serialize;
use streamward_wire::kafka::access::{self, Access, Governed, Resource};
use streamward_wire::kafka::{Api, apis};

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

/// Every API that a broker's listener serves: those that the gateway decides, and those that it refuses.
pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = access::rows().iter().map(served).collect();
    let refused = apis().iter().filter(|api| api.broker_listener);
    rows.extend(
        refused
            .filter(|api| access::versions(api.key).is_none())
            .map(refused_row),
    );
    rows.sort_by_key(|row| (row.key, row.versions));
    rows
}

fn served(row: &access::Row) -> Row {
    let (decision, denial) = match &row.access {
        Access::Exempt(why) => ((*why).to_owned(), "never denied".to_owned()),
        Access::Local(why) => (
            format!("answered by the gateway: {why}"),
            "connection closed".into(),
        ),
        Access::Special(what) => (
            (*what).to_owned(),
            "as Kafka's authorizer shows it".to_owned(),
        ),
        Access::Governed(governed) => (checks(governed), denials(governed)),
    };
    Row {
        key: row.key.0,
        name: row.key.name(),
        versions: [row.versions.0, row.versions.1],
        served: true,
        decision,
        denial,
    }
}

fn refused_row(api: &Api) -> Row {
    Row {
        key: api.key.0,
        name: api.name,
        versions: [api.versions.0, api.versions.1],
        served: false,
        decision: "refused, and not advertised".into(),
        denial: "connection closed".into(),
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
    whole
        .chain(topics)
        .chain(groups)
        .collect::<Vec<_>>()
        .join(", ")
}

fn denials(governed: &Governed) -> String {
    let whole = governed
        .whole
        .iter()
        .map(|it| format!("{} {:?}", it.resource.denial_code(), it.shape));
    let topics = governed
        .topics
        .iter()
        .map(|_| format!("{} per topic", Resource::Topic.denial_code()));
    let groups = governed
        .groups
        .iter()
        .map(|_| format!("{} per group", Resource::Group.denial_code()));
    whole
        .chain(topics)
        .chain(groups)
        .collect::<Vec<_>>()
        .join(", ")
}
