//! Answers leave in the order of their requests, whoever gives them.

use streamward_wire::kafka::ApiKey;

use super::messages::{Names, naming};
use super::{Close, Verdict, ask, codes, opened, script};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};
const NO: Names<'_> = Names {
    groups: &["no.g"],
    ..OK
};

#[test]
fn a_refusal_waits_for_the_answers_before_it() {
    let mut script = script();
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    for _ in 0..2 {
        script
            .request(&naming(ApiKey::HEARTBEAT, 4, NO))
            .forwards_nothing();
    }
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    assert_eq!(script.session.in_flight(), 4);
    assert!(script.session.next_local().is_none());
    script
        .broker_answers(ApiKey::HEARTBEAT, 4, 1, |_| ())
        .passes();
    for expected in [2, 3] {
        let framed = script.session.next_local().unwrap();
        let (correlation_id, answer) = opened(ApiKey::HEARTBEAT, 4, &framed);
        assert_eq!(correlation_id, expected);
        assert_eq!(codes(&answer), [":30"]);
    }
    assert!(script.session.next_local().is_none());
    script
        .broker_answers(ApiKey::HEARTBEAT, 4, 4, |_| ())
        .passes();
    assert_eq!(script.session.in_flight(), 0);
}

#[test]
fn an_end_with_an_answer_does_not_overtake_the_answers_before_it() {
    let mut script = script();
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    let handshake = ask(ApiKey::SASL_HANDSHAKE, 1, |it| {
        it.set("Mechanism", "PLAIN");
    });
    let mut frame = handshake.frame(9);
    let verdict = script.session.on_request(&mut frame, script.now);
    assert!(
        matches!(verdict, Verdict::Close(Close::AuthenticationFailed)),
        "{verdict:?}"
    );
}

#[test]
fn a_client_may_owe_only_so_many_answers() {
    let mut script = script();
    for _ in 0..8 {
        assert!(script.session.has_room());
        script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    }
    assert!(!script.session.has_room());
}

#[test]
fn an_answer_to_no_request_ends_the_connection() {
    let mut script = script();
    script.broker_answers(ApiKey::HEARTBEAT, 4, 1, |_| ());
    assert!(matches!(script.closes(), Close::BrokerConfused { .. }));
    let mut script = self::script();
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    script.broker_answers(ApiKey::HEARTBEAT, 4, 2, |_| ());
    assert!(matches!(script.closes(), Close::BrokerConfused { .. }));
    let mut script = self::script();
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    script.raw_answer(vec![0, 0]);
    assert!(matches!(script.closes(), Close::BrokerConfused { .. }));
}

#[test]
fn an_answer_that_cannot_be_read_ends_the_connection() {
    for key in [
        ApiKey::METADATA,
        ApiKey::FETCH,
        ApiKey::PRODUCE,
        ApiKey::LIST_GROUPS,
    ] {
        let mut script = script();
        script.request(&naming(key, 4, OK)).forwards();
        script.raw_answer(vec![0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 1, 2]);
        assert!(
            matches!(script.closes(), Close::Malformed { .. }),
            "{}",
            key.name()
        );
    }
}
