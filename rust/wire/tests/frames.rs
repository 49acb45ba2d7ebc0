//! Frames and headers.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use streamward_wire::kafka::{
    ApiKey, Direction, RequestHeader, Struct, apis, request_header, response_body_at, schema,
    write_request, write_response,
};
use streamward_wire::{Limits, WireError, frame};

fn defaults(key: ApiKey, version: i16, direction: Direction) -> Struct {
    Struct::new(schema(key, version, direction).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_split_of_the_bytes_gives_the_same_frames(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..8),
        splits in proptest::collection::vec(1_usize..50, 1..40),
    ) {
        let stream: Vec<u8> = bodies
            .iter()
            .flat_map(|body| {
                let length = i32::try_from(body.len()).unwrap().to_be_bytes();
                [&length[..], body].concat()
            })
            .collect();
        let (mut buffer, mut found) = (Vec::new(), Vec::new());
        let (mut rest, mut splits) = (&stream[..], splits.iter().cycle());
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at((*splits.next().unwrap()).min(rest.len()));
            buffer.extend_from_slice(chunk);
            rest = after;
            while let Some(whole) = frame::complete(&buffer, &Limits::default()).unwrap() {
                found.push(buffer.drain(..whole).skip(frame::LENGTH_BYTES).collect::<Vec<_>>());
            }
        }
        prop_assert!(buffer.is_empty());
        prop_assert_eq!(found, bodies);
    }
}

#[test]
fn what_is_written_as_a_frame_is_read_as_one() {
    let limits = Limits::default();
    for api in apis() {
        for version in api.versions.0..=api.versions.1 {
            let mut out = b"kept".to_vec();
            let request = defaults(api.key, version, Direction::Request);
            let mut body = Vec::new();
            request.encode(&mut body).unwrap();
            write_request(&mut out, api.key, version, 7, Some("client"), &request).unwrap();
            let frame = &out[4..];
            assert_eq!(frame::complete(frame, &limits), Ok(Some(frame.len())));
            let header = request_header(&frame[4..], &limits).unwrap();
            assert_eq!((header.key, header.version), (api.key, version));
            assert_eq!(
                (header.correlation_id, header.client_id),
                (7, Some("client"))
            );
            assert_eq!(&frame[4 + header.body_at..], body);

            let mut out = Vec::new();
            let response = defaults(api.key, version, Direction::Response);
            let mut body = Vec::new();
            response.encode(&mut body).unwrap();
            write_response(&mut out, api.key, version, 7, &response).unwrap();
            let at = response_body_at(api.key, version, &out[4..], &limits).unwrap();
            assert_eq!(&out[4 + at..], body);
        }
    }
}

#[test]
fn the_header_of_an_api_versions_response_has_no_tagged_fields() {
    let limits = Limits::default();
    assert_eq!(
        response_body_at(ApiKey::API_VERSIONS, 4, &[0, 0, 0, 1, 9], &limits),
        Ok(4)
    );
    assert_eq!(
        response_body_at(ApiKey::METADATA, 12, &[0, 0, 0, 1, 0, 9], &limits),
        Ok(5)
    );
    assert_eq!(
        response_body_at(ApiKey::METADATA, 8, &[0, 0, 0, 1, 9], &limits),
        Ok(4)
    );
    assert_eq!(
        response_body_at(ApiKey(999), 0, &[0, 0, 0, 1], &limits),
        Err(WireError::UnknownApi {
            key: 999,
            version: 0
        })
    );
}

#[test]
fn an_unknown_version_still_has_what_all_headers_share() {
    let frame = [0, 18, 0, 99, 0, 0, 0, 5, 0, 1, b'c', 0, 1, 2];
    assert_eq!(
        request_header(&frame, &Limits::default()),
        Ok(RequestHeader {
            key: ApiKey::API_VERSIONS,
            version: 99,
            correlation_id: 5,
            client_id: Some("c"),
            body_at: 11,
        })
    );
}

#[test]
fn a_body_is_only_written_as_what_it_is() {
    let body = defaults(ApiKey::METADATA, 12, Direction::Response);
    let mut out = vec![1];
    for (key, version) in [(ApiKey::METADATA, 11), (ApiKey::FETCH, 12)] {
        let refused = write_response(&mut out, key, version, 1, &body);
        assert!(matches!(
            refused,
            Err(WireError::Unwritable { field: "body", .. })
        ));
    }
    assert!(write_request(&mut out, ApiKey::METADATA, 12, 1, None, &body).is_err());
    let request = defaults(ApiKey::METADATA, 12, Direction::Request);
    let long = "c".repeat(40_000);
    assert!(write_request(&mut out, ApiKey::METADATA, 12, 1, Some(&long), &request).is_err());
    assert_eq!(out, [1]);
}
