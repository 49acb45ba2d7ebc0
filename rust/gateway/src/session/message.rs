//! Messages as the stages handle them: heads of requests, schemas, bodies read and written.

use streamward_policy::ResourceKind;
use streamward_wire::kafka::{self, ApiKey, Parts, RequestHeader, Struct, Value, access};
use streamward_wire::{Limits, WireError};

use super::Close;

/// What is needed of a request's header after the frame is borrowed again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) key: ApiKey,
    pub(super) version: i16,
    pub(super) correlation_id: i32,
    pub(super) body_at: usize,
}

impl Head {
    pub(super) fn of(header: &RequestHeader<'_>) -> Self {
        Self {
            key: header.key,
            version: header.version,
            correlation_id: header.correlation_id,
            body_at: header.body_at,
        }
    }

    pub(super) fn response(&self) -> Result<Struct, Close> {
        new_response(self.key, self.version)
    }

    pub(super) fn reply(&self, answer: &Struct) -> Result<Vec<u8>, Close> {
        encode_response(self.key, self.version, self.correlation_id, answer)
    }

    pub(super) fn rewrite(
        &self,
        frame: &[u8],
        request: &Struct,
        limits: &Limits,
    ) -> Result<Vec<u8>, Close> {
        let malformed = |source| Close::Malformed {
            what: "request",
            source,
        };
        let header = kafka::request_header(frame, limits).map_err(malformed)?;
        let mut out = Vec::new();
        kafka::write_request(
            &mut out,
            self.key,
            self.version,
            self.correlation_id,
            header.client_id,
            request,
        )
        .map_err(malformed)?;
        Ok(out)
    }

    /// The request as it leaves for the broker, its records where they lie.
    pub(super) fn rewrite_in_parts(
        &self,
        frame: &[u8],
        request: &Struct,
        limits: &Limits,
    ) -> Result<Parts, Close> {
        let malformed = |source| Close::Malformed {
            what: "request",
            source,
        };
        let header = kafka::request_header(frame, limits).map_err(malformed)?;
        let (version, client_id) = (self.version, header.client_id);
        let mut parts = Parts::taken_from(frame.len());
        kafka::write_request_in_parts(
            &mut parts,
            self.key,
            version,
            self.correlation_id,
            client_id,
            request,
        )
        .map_err(malformed)?;
        Ok(parts)
    }
}

pub(super) fn decode(
    direction: kafka::Direction,
    key: ApiKey,
    version: i16,
    body: &bytes::Bytes,
    limits: &Limits,
) -> Result<Struct, WireError> {
    let schema = schema(key, version, direction)?;
    Struct::decode(schema, body, limits)
}

pub(super) fn schema(
    key: ApiKey,
    version: i16,
    direction: kafka::Direction,
) -> Result<&'static kafka::Schema, WireError> {
    kafka::schema(key, version, direction).ok_or(WireError::UnknownApi {
        key: key.0,
        version,
    })
}

pub(super) fn new_response(key: ApiKey, version: i16) -> Result<Struct, Close> {
    schema(key, version, kafka::Direction::Response)
        .map(Struct::new)
        .map_err(|source| Close::Malformed {
            what: "response",
            source,
        })
}

pub(super) fn encode_response(
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    answer: &Struct,
) -> Result<Vec<u8>, Close> {
    let malformed = |source| Close::Malformed {
        what: "response",
        source,
    };
    let mut out = Vec::new();
    kafka::write_response(&mut out, key, version, correlation_id, answer).map_err(malformed)?;
    Ok(out)
}

/// An answer as it leaves for the client, its records where they lie. It came as `bytes` bytes.
pub(super) fn encode_response_in_parts(
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    answer: &Struct,
    bytes: usize,
) -> Result<Parts, Close> {
    let malformed = |source| Close::Malformed {
        what: "response",
        source,
    };
    let mut parts = Parts::taken_from(bytes);
    kafka::write_response_in_parts(&mut parts, key, version, correlation_id, answer)
        .map_err(malformed)?;
    Ok(parts)
}

/// Copies what both versions of a message have; the rest keeps its defaults.
pub(super) fn copy_fields(from: &Struct, to: &mut Struct) {
    for field in to.schema().all() {
        if !from.has(field.name) {
            continue;
        }
        let copied = match from.get(field.name) {
            Value::Array(elements) => {
                let copies = elements
                    .iter()
                    .map(|element| copied(element, to, field.name));
                copies.collect::<Vec<Value>>().into()
            }
            value => copied(value, to, field.name),
        };
        to.set(field.name, copied);
    }
}

fn copied(value: &Value, to: &Struct, field: &str) -> Value {
    let Value::Struct(from) = value else {
        return value.clone();
    };
    let mut copy = to.element(field);
    copy_fields(from, &mut copy);
    Value::Struct(copy)
}

pub(super) fn correlation_id(frame: &[u8]) -> Option<i32> {
    let bytes = frame.get(..4)?;
    Some(i32::from_be_bytes(bytes.try_into().ok()?))
}

pub(super) const fn resource_kind(resource: access::Resource) -> ResourceKind {
    match resource {
        access::Resource::Topic => ResourceKind::Stream,
        access::Resource::Group => ResourceKind::Group,
        access::Resource::TransactionalId => ResourceKind::Transaction,
        access::Resource::Cluster => ResourceKind::Cluster,
    }
}
