import json

import msgspec
import pytest

from streamward.model.alert import Alert, Severity, alert_id
from streamward.model.entries import (
    Caller,
    alert_event,
    containment_event,
    control_event,
    erased_event,
    issuer_event,
    key_change_event,
    secret_event,
)
from streamward.model.event import CLASS_OF_KIND, Entry, Event, Kind, canonical
from tests.support.log import denied
from tests.support.ocsf import problems

ALERT = Alert(
    detection="burst",
    title="`mallory` was denied",
    severity=Severity.HIGH,
    entity_type="principal",
    entity_name="mallory",
    entries=(3, 2**60),
    time_milliseconds=1_700_000_000_123,
    techniques=("T1087",),
)


def contained(change: str = "opened", expires: int | None = 2**55) -> bytes:
    return containment_event(
        time_milliseconds=5,
        identifier="c-1",
        verb="revoke",
        target=("principal", "mallory"),
        owner="söc",
        reason="why",
        change=change,
        expires_milliseconds=expires,
        alert=ALERT.id,
    )


def controlled(allowed: bool = True, verb: str = "contain") -> bytes:
    return control_event(
        time_milliseconds=5,
        caller=Caller(principal="oncall", credential="oncall-unix"),
        verb=verb,
        arguments={"b": 1, "a": 2},
        action="Contain",
        resource=("Cluster", "main"),
        allowed=allowed,
        policy_version="sha256:00",
        rules=["grant:x#1"],
    )


def secret(reason: str | None = None, operation: str = "read") -> bytes:
    return secret_event(
        time_milliseconds=5,
        operation=operation,
        references=["vault:corporate/secret/kafka#password"],
        store="corporate",
        version=None if reason else "3",
        reason=reason,
    )


def key_changed(change: str, **facts: object) -> bytes:
    by = Caller("operator")
    return key_change_event(
        time_milliseconds=5, ring="cards", change=change, by=by, reason="why", **facts
    )


EVERY = [alert_event(ALERT), contained(), contained("lifted"), contained("expired", None)]
EVERY += [controlled(), controlled(False), controlled(verb="reload"), controlled(verb="odd")]
EVERY += [erased_event(time_milliseconds=5, principal="dpo", openings=[7, 2**60], reason="x")]
EVERY += [issuer_event(time_milliseconds=5, issuer="i", succeeded=ok, reason="x", environment="e")
          for ok in (True, False)]  # fmt: skip
EVERY += [key_changed("begun"), key_changed("revoked", kid="0a"), key_changed("destroyed")]
EVERY += [secret(), secret("the store is down"), secret(operation="renew")]


@pytest.mark.parametrize("leaf", EVERY)
def test_an_entry_that_python_writes_is_canonical_and_decodes(leaf: bytes) -> None:
    document = json.loads(leaf)
    event = Entry(0, leaf).event

    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert leaf == text.encode()
    assert event.type_uid == event.class_uid * 100 + event.activity_id
    assert event.category_uid == event.class_uid // 1000
    assert event.class_uid in CLASS_OF_KIND[event.kind]
    assert problems(document) == []
    assert 1 <= event.severity_id <= 5


def test_an_alert_comes_back_with_every_field_and_big_numbers_as_text() -> None:
    event = Entry(0, alert_event(ALERT)).event

    body = event.streaming.alert
    assert body is not None
    assert (body.id, body.detection, body.severity) == (ALERT.id, "burst", "high")
    assert (body.entity.type, body.entity.name) == ("principal", "mallory")
    assert body.entries == ("3", str(2**60))
    assert (event.time, event.severity_id) == (ALERT.time_milliseconds, 4)


def test_a_containment_comes_back_and_closes_as_an_incident() -> None:
    opened, lifted = Entry(0, contained()).event, Entry(1, contained("lifted")).event

    assert opened.streaming.containment is not None
    assert opened.streaming.containment.expires == str(2**55)
    assert (opened.type_uid, lifted.type_uid) == (200501, 200503)
    assert json.loads(contained("expired", None))["streaming"]["containment"]["expires"] is None


def test_a_denied_verb_is_a_failure_and_an_allowed_one_a_success() -> None:
    allowed, denied_verb = Entry(0, controlled()).event, Entry(0, controlled(False)).event

    assert allowed.succeeded
    assert not denied_verb.succeeded
    assert (allowed.streaming.decision, denied_verb.streaming.decision) == ("allow", "deny")
    assert allowed.streaming.control is not None
    assert allowed.streaming.control.arguments == {"a": 2, "b": 1}


def test_fields_of_a_later_version_do_not_keep_an_entry_from_being_read() -> None:
    document = json.loads(denied(1, "m", "s"))
    document["new"] = document["streaming"]["new"] = {"a": 1}

    assert Entry(0, canonical(document)).event == Entry(0, denied(1, "m", "s")).event


def test_what_is_not_an_event_raises() -> None:
    with pytest.raises(msgspec.DecodeError):
        _ = Entry(0, b'{"streaming":{}}').event
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(b"[]", type=Event)


def test_an_entry_that_may_not_be_of_a_kind_never_is() -> None:
    assert not Entry(0, denied(1, "m", "s")).may_be(Kind.ALERT)
    assert Entry(0, alert_event(ALERT)).may_be(Kind.ALERT)


def test_no_two_findings_share_an_id() -> None:
    findings = [("a", "b", "c", 1), ("ab", "", "c", 1), ("a", "bc", "", 1), ("a", "b", "c", 2)]

    assert len({alert_id(*one) for one in findings}) == len(findings)
