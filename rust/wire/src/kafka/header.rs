//! The headers of requests and responses.

use super::api::{self, ApiKey, Direction};
use super::parts::{Out, Parts};
use super::read::Reader;
use super::value::Struct;
use crate::{Limits, WireError};

/// What stands before the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHeader<'a> {
    /// The API that is asked.
    pub key: ApiKey,
    /// The version of the request, and so of the response.
    pub version: i16,
    /// What the response must repeat.
    pub correlation_id: i32,
    /// What the client calls itself; a claim, not an identity.
    pub client_id: Option<&'a str>,
    /// Where the body begins in the frame, in bytes.
    pub body_at: usize,
}

/// Reads the header of a request. `frame` is without its four length bytes.
///
/// Of an unknown API or version only what all headers share is read; `body_at` is then behind the
/// client id. The caller refuses it, or answers `ApiVersions` in version 0.
pub fn request_header<'a>(
    frame: &'a [u8],
    limits: &Limits,
) -> Result<RequestHeader<'a>, WireError> {
    let mut reader = Reader::new(frame, 0, limits);
    let key = ApiKey(i16::from_be_bytes(reader.fixed("RequestApiKey")?));
    let version = i16::from_be_bytes(reader.fixed("RequestApiVersion")?);
    let correlation_id = i32::from_be_bytes(reader.fixed("CorrelationId")?);
    // The client id is never compact, so that a broker can read it in versions it does not know.
    let client_id = reader.string("ClientId", false)?;
    if flexible(key, version, Direction::Request) == Some(true) {
        skip_tagged(&mut reader)?;
    }
    Ok(RequestHeader {
        key,
        version,
        correlation_id,
        client_id,
        body_at: reader.at(),
    })
}

/// Where the body of a response begins in its frame, in bytes. `frame` is without its four length
/// bytes.
pub fn response_body_at(
    key: ApiKey,
    version: i16,
    frame: &[u8],
    limits: &Limits,
) -> Result<usize, WireError> {
    let mut reader = Reader::new(frame, 0, limits);
    let _correlation_id: [u8; 4] = reader.fixed("CorrelationId")?;
    if response_tagged(key, version)? {
        skip_tagged(&mut reader)?;
    }
    Ok(reader.at())
}

/// Appends a response as one frame: length, header, body. On an error `out` is as it was.
pub fn write_response(
    out: &mut Vec<u8>,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    body: &Struct,
) -> Result<(), WireError> {
    let mut out = Out::whole(out);
    response(&mut out, key, version, correlation_id, body)
}

/// The same into parts: large fields are left where they lie.
pub fn write_response_in_parts(
    out: &mut Parts,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    body: &Struct,
) -> Result<(), WireError> {
    response(&mut out.out(), key, version, correlation_id, body)
}

fn response(
    out: &mut Out<'_>,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    body: &Struct,
) -> Result<(), WireError> {
    let tagged = response_tagged(key, version)?;
    frame(out, (key, version, Direction::Response), body, |out| {
        out.extend(correlation_id.to_be_bytes());
        out.extend(tagged.then_some(0));
        Ok(())
    })
}

/// Appends a request as one frame: length, header, body. On an error `out` is as it was.
pub fn write_request(
    out: &mut Vec<u8>,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    body: &Struct,
) -> Result<(), WireError> {
    let mut out = Out::whole(out);
    request(&mut out, key, version, correlation_id, client_id, body)
}

/// The same into parts: large fields are left where they lie.
pub fn write_request_in_parts(
    out: &mut Parts,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    body: &Struct,
) -> Result<(), WireError> {
    let mut out = out.out();
    request(&mut out, key, version, correlation_id, client_id, body)
}

fn request(
    out: &mut Out<'_>,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    body: &Struct,
) -> Result<(), WireError> {
    let unknown = WireError::UnknownApi {
        key: key.0,
        version,
    };
    let tagged = flexible(key, version, Direction::Request).ok_or(unknown)?;
    frame(out, (key, version, Direction::Request), body, |out| {
        out.extend(key.0.to_be_bytes());
        out.extend(version.to_be_bytes());
        out.extend(correlation_id.to_be_bytes());
        let length = client_id.map_or(Ok(-1), |id| i16::try_from(id.len()));
        let too_long = WireError::Unwritable {
            field: "ClientId",
            reason: "it is too long",
        };
        out.extend(length.map_err(|_| too_long)?.to_be_bytes());
        out.extend_from_slice(client_id.unwrap_or_default().as_bytes());
        out.extend(tagged.then_some(0));
        Ok(())
    })
}

fn frame(
    out: &mut Out<'_>,
    message: (ApiKey, i16, Direction),
    body: &Struct,
    header: impl FnOnce(&mut Out<'_>) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let schema = body.schema();
    if message != (schema.key, schema.version, schema.direction) {
        let reason = "it is of another api, version or direction";
        return Err(WireError::Unwritable {
            field: "body",
            reason,
        });
    }
    let start = out.mark();
    let written = framed(out, body, header);
    if written.is_err() {
        out.rewind(start);
    }
    written
}

fn framed(
    out: &mut Out<'_>,
    body: &Struct,
    header: impl FnOnce(&mut Out<'_>) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let (start, before) = (out.len(), out.bytes());
    out.extend([0; 4]);
    header(out)?;
    body.encode_to(out)?;
    let too_long = WireError::Unwritable {
        field: "frame",
        reason: "it is too long",
    };
    let length = i32::try_from(out.bytes() - before - 4).map_err(|_| too_long)?;
    if let Some(prefix) = out.get_mut(start..start + 4) {
        prefix.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// Whether a message is of a flexible version; `None` if it is not served.
fn flexible(key: ApiKey, version: i16, direction: Direction) -> Option<bool> {
    let api = api::api(key)?;
    let message = match direction {
        Direction::Request => &api.request,
        Direction::Response => &api.response,
    };
    let served = api.versions.0 <= version && version <= api.versions.1;
    served.then(|| message.flexible.contains(version))
}

/// Whether the header of a response has tagged fields. That of `ApiVersions` never has, since the
/// client cannot know yet which version the broker answers in.
fn response_tagged(key: ApiKey, version: i16) -> Result<bool, WireError> {
    let unknown = WireError::UnknownApi {
        key: key.0,
        version,
    };
    let tagged = flexible(key, version, Direction::Response).ok_or(unknown)?;
    Ok(tagged && key != ApiKey::API_VERSIONS)
}

fn skip_tagged(reader: &mut Reader<'_, '_>) -> Result<(), WireError> {
    let mut previous = None;
    for _ in 0..reader.tagged_count()? {
        let (tag, size) = reader.tag(previous)?;
        previous = Some(tag);
        reader.take("tagged field of the header", size)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::kafka::spec::{Kind, Message};
    use crate::kafka::table::{REQUEST_HEADER, RESPONSE_HEADER};

    /// Name, type and compactness of each field in a version of a header.
    fn shape(header: &'static Message, version: i16) -> (Vec<(&'static str, Kind, bool)>, bool) {
        let flexible = header.flexible.contains(version);
        let fields = header
            .fields
            .iter()
            .filter(|row| row.versions.contains(version))
            .map(|row| {
                let compact = row
                    .flexible
                    .map_or(flexible, |range| range.contains(version));
                (row.name, row.kind, compact)
            });
        (fields.collect(), flexible)
    }

    #[test]
    fn the_headers_are_those_of_kafkas_table() {
        let request = |tagged| {
            let fields = vec![
                ("RequestApiKey", Kind::Int16, tagged),
                ("RequestApiVersion", Kind::Int16, tagged),
                ("CorrelationId", Kind::Int32, tagged),
                ("ClientId", Kind::Str, false),
            ];
            (fields, tagged)
        };
        assert_eq!(shape(&REQUEST_HEADER, 1), request(false));
        assert_eq!(shape(&REQUEST_HEADER, 2), request(true));
        let response = |tagged| (vec![("CorrelationId", Kind::Int32, tagged)], tagged);
        assert_eq!(shape(&RESPONSE_HEADER, 0), response(false));
        assert_eq!(shape(&RESPONSE_HEADER, 1), response(true));
    }
}
