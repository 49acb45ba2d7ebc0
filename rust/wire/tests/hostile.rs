//! Bytes that a peer made up: each is refused with a reason, before memory is asked for.
#![allow(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use streamward_wire::kafka::{
    ApiKey, Direction, Schema, Struct, request_header, response_body_at, schema,
};
use streamward_wire::{Limits, WireError, frame};

fn request(key: ApiKey, version: i16) -> &'static Schema {
    schema(key, version, Direction::Request).unwrap()
}

fn decode(schema: &'static Schema, body: &[u8]) -> Result<Struct, WireError> {
    Struct::decode(schema, &Bytes::copy_from_slice(body), &Limits::default())
}

#[test]
fn a_count_that_the_message_cannot_hold_is_refused() {
    let metadata = request(ApiKey::METADATA, 4);
    for count in [i32::MAX, 1_000_000, 3] {
        let body = [&count.to_be_bytes()[..], &[0, 0]].concat();
        assert!(matches!(
            decode(metadata, &body),
            Err(WireError::Truncated {
                field: "Topics",
                at: 0,
                ..
            })
        ));
    }
    // The compact form of the greatest count.
    let flexible = request(ApiKey::METADATA, 12);
    let body = [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];
    assert!(matches!(
        decode(flexible, &body),
        Err(WireError::InvalidLength { .. })
    ));
    let body = [0xff, 0xff, 0xff, 0xff, 0x07, 0, 0, 0];
    assert!(matches!(
        decode(flexible, &body),
        Err(WireError::Truncated { .. })
    ));
}

#[test]
fn a_negative_length_other_than_null_is_refused() {
    let metadata = request(ApiKey::METADATA, 4);
    let body = [0xff, 0xff, 0xff, 0xfe, 0];
    assert_eq!(
        decode(metadata, &body),
        Err(WireError::InvalidLength {
            field: "Topics",
            at: 0,
            length: -2
        })
    );
}

#[test]
fn null_is_refused_where_the_version_has_none() {
    let heartbeat = request(ApiKey::HEARTBEAT, 0);
    let body = [0xff, 0xff];
    assert_eq!(
        decode(heartbeat, &body),
        Err(WireError::UnexpectedNull {
            field: "GroupId",
            at: 0
        })
    );
}

#[test]
fn text_must_be_utf8() {
    let heartbeat = request(ApiKey::HEARTBEAT, 0);
    let body = [0, 2, 0xc3, 0x28, 0, 0, 0, 0, 0, 0];
    assert_eq!(
        decode(heartbeat, &body),
        Err(WireError::InvalidUtf8 {
            field: "GroupId",
            at: 0
        })
    );
}

#[test]
fn a_varint_has_at_most_32_bits() {
    let metadata = request(ApiKey::METADATA, 12);
    for body in [[0x80, 0x80, 0x80, 0x80, 0x10], [0xff; 5]] {
        let refused = decode(metadata, &body);
        assert_eq!(
            refused,
            Err(WireError::InvalidVarint {
                field: "Topics",
                at: 0
            })
        );
    }
}

/// `ApiVersions` v3: two empty compact strings, then tagged fields.
fn tagged(tagged: &[u8]) -> Result<Struct, WireError> {
    decode(
        request(ApiKey::API_VERSIONS, 3),
        &[&[1, 1][..], tagged].concat(),
    )
}

#[test]
fn unknown_tagged_fields_are_kept_in_order() {
    let body = [1, 1, 2, 5, 1, 0xaa, 9, 2, 0xbb, 0xcc];
    let read = decode(request(ApiKey::API_VERSIONS, 3), &body).unwrap();
    let mut written = Vec::new();
    read.encode(&mut written).unwrap();
    assert_eq!(written, body);
}

#[test]
fn tags_must_ascend() {
    let twice = tagged(&[2, 5, 0, 5, 0]);
    assert_eq!(
        twice,
        Err(WireError::TagOrder {
            at: 5,
            tag: 5,
            previous: 5
        })
    );
    let descending = tagged(&[2, 5, 0, 4, 0]);
    assert_eq!(
        descending,
        Err(WireError::TagOrder {
            at: 5,
            tag: 4,
            previous: 5
        })
    );
}

#[test]
fn tagged_fields_are_bounded() {
    assert!(matches!(
        tagged(&[0xff, 0xff, 0x03]),
        Err(WireError::Truncated { .. })
    ));
    assert!(matches!(
        tagged(&[1, 0, 9, 0]),
        Err(WireError::Truncated { .. })
    ));
    let limits = Limits {
        tagged_fields_max: 1,
        ..Limits::default()
    };
    let body = Bytes::from_static(&[1, 1, 2, 5, 0, 6, 0]);
    assert!(matches!(
        Struct::decode(request(ApiKey::API_VERSIONS, 3), &body, &limits),
        Err(WireError::OverLimit {
            limit: "tagged_fields_max",
            value: 2,
            max: 1,
            ..
        })
    ));
}

#[test]
fn a_known_tagged_field_must_take_the_size_that_it_says() {
    // Fetch v12: tag 0 is the cluster id, here the empty string (1 byte) in a field of two bytes.
    let mut fetch = Vec::new();
    Struct::new(request(ApiKey::FETCH, 12))
        .encode(&mut fetch)
        .unwrap();
    assert_eq!(fetch.pop(), Some(0));
    let at = fetch.len() + 4;
    fetch.extend([1, 0, 2, 1, 0]);
    assert_eq!(
        decode(request(ApiKey::FETCH, 12), &fetch),
        Err(WireError::TagSize {
            field: "ClusterId",
            at,
            expected: at + 1
        })
    );
    // And a value that reaches beyond its size is cut off, even if the message has more bytes.
    let start = fetch.len() - 5;
    fetch.truncate(start);
    fetch.extend([1, 0, 1, 5, b'a', b'b', b'c', b'd']);
    let refused = decode(request(ApiKey::FETCH, 12), &fetch);
    assert!(matches!(
        refused,
        Err(WireError::Truncated {
            field: "ClusterId",
            ..
        })
    ));
}

#[test]
fn every_limit_of_a_message_holds() {
    let metadata = request(ApiKey::METADATA, 4);
    let body = Bytes::from_static(&[0, 0, 0, 2, 0, 1, b'a', 0, 2, b'b', b'b', 0]);
    let limit = |limits: Limits| match Struct::decode(metadata, &body, &limits) {
        Err(WireError::OverLimit { limit, .. }) => limit,
        _ => "none",
    };
    let all = Limits::default();
    assert_eq!(limit(all.clone()), "none");
    assert_eq!(
        limit(Limits {
            array_elements_max: 1,
            ..all.clone()
        }),
        "array_elements_max"
    );
    assert_eq!(
        limit(Limits {
            string_bytes_max: 1,
            ..all.clone()
        }),
        "string_bytes_max"
    );
    assert_eq!(
        limit(Limits {
            depth_max: 1,
            ..all.clone()
        }),
        "depth_max"
    );
    assert_eq!(
        limit(Limits {
            values_max: 4,
            ..all.clone()
        }),
        "values_max"
    );
    assert_eq!(
        limit(Limits {
            values_max: 7,
            ..all
        }),
        "none"
    );
}

#[test]
fn array_elements_are_counted_over_the_whole_message() {
    let fetch = request(ApiKey::FETCH, 4);
    let mut body = Struct::new(fetch);
    let mut topic = body.element("Topics");
    topic.set(
        "Partitions",
        vec![topic.element("Partitions"), topic.element("Partitions")],
    );
    body.set("Topics", vec![topic.clone(), topic]);
    let mut bytes = Vec::new();
    body.encode(&mut bytes).unwrap();
    let limits = |array_elements_max| Limits {
        array_elements_max,
        ..Limits::default()
    };
    assert!(Struct::decode(fetch, &Bytes::from(bytes.clone()), &limits(6)).is_ok());
    assert!(Struct::decode(fetch, &Bytes::from(bytes), &limits(5)).is_err());
}

#[test]
fn a_frame_has_a_length_that_makes_sense() {
    let limits = Limits {
        frame_bytes_max: 3,
        ..Limits::default()
    };
    assert_eq!(frame::complete(&[0, 0, 0], &limits), Ok(None));
    assert_eq!(frame::complete(&[0, 0, 0, 3, 1, 2], &limits), Ok(None));
    assert_eq!(
        frame::complete(&[0, 0, 0, 3, 1, 2, 3, 9], &limits),
        Ok(Some(7))
    );
    assert!(matches!(
        frame::complete(&[0, 0, 0, 4], &limits),
        Err(WireError::OverLimit {
            limit: "frame_bytes_max",
            value: 4,
            max: 3,
            ..
        })
    ));
    assert!(matches!(
        frame::complete(&[0xff; 4], &limits),
        Err(WireError::InvalidLength { length: -1, .. })
    ));
}

#[test]
fn a_header_is_bounded_like_a_body() {
    let limits = Limits::default();
    // Metadata v12, client id null, one tagged field that is longer than the frame.
    let frame = [0, 3, 0, 12, 0, 0, 0, 1, 0xff, 0xff, 1, 0, 0x7f];
    assert!(matches!(
        request_header(&frame, &limits),
        Err(WireError::Truncated { .. })
    ));
    assert!(matches!(
        request_header(&frame[..9], &limits),
        Err(WireError::Truncated { .. })
    ));
    let response = [0, 0, 0, 1, 1, 0, 0x7f];
    assert!(matches!(
        response_body_at(ApiKey::METADATA, 12, &response, &limits),
        Err(WireError::Truncated { .. })
    ));
}
