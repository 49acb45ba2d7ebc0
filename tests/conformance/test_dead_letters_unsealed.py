"""Dead letters of streams that are not sealed: held to a contract or content rules, or signed."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, ShareConsumer
from cryptography.hazmat.primitives.asymmetric import ed25519

from streamward.dev.kafka import KafkaServer
from streamward.model.event import GATEWAY
from tests.conformance.test_signing import write_key
from tests.support.confluent import SECONDS_MAX, create_topics, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import Moved, eventually, moved, of_kind, settled
from tests.support.gateway import GatewayProcess
from tests.support.letters import refuse, told, until_refused
from tests.support.messages import Api
from tests.support.protected import (
    ENVELOPE,
    INVALID_RECORD,
    KEYS,
    messages,
    protecting_bundle,
    reasons,
    ring,
    values,
)
from tests.support.raw import RawClient

HELD = "conformance.unsealed.held"
INJECTED = "conformance.unsealed.injected"
READ = "conformance.unsealed.read"
SHARED = "conformance.unsealed.shared"
SIGNED = "conformance.unsealed.signed"
UNHEARD = "conformance.unsealed.unheard"
NOWHERE = "conformance.unsealed.nowhere"

_GROUP_RESOURCE = 32
"""`ConfigResource.Type.GROUP` of Kafka."""
GOOD = b'{"card": "4111"}'
BAD = b'{"card": 4111}'


def dead(topic: str) -> str:
    """The stream that takes what is refused of a topic."""
    return f"{topic}.dead"


def _stream(topic: str, said: str = "", target: str = "") -> str:
    return f"""\
---
{{kind: Stream, name: {topic}, classes: [test-data], {said}dead_letter: {dead(topic)}}}
---
{{kind: Stream, name: {dead(topic)}, classes: [test-data]{target}}}
"""


def _held(topic: str, validate: str, target: str = "") -> str:
    contract = f"""\
---
apiVersion: v3.1.0
kind: DataContract
id: {topic}
version: 1.0.0
status: active
team: {{name: tests}}
schema:
  - name: {topic}
    customProperties:
      - property: streamward.schema
        value: {{format: json, file: card.schema.json}}
      - property: streamward.content
        value: [jndi]
      - property: streamward.validate
        value: {validate}
"""
    return _stream(topic, target=target) + contract


_ON_READ = "{write: 'off', read: refuse}"
_BUNDLE = (
    KEYS
    + ring("unsealed")
    + _held(HELD, "{write: refuse}")
    + _held(INJECTED, "{write: refuse}", ", seal: {ring: unsealed}")
    + _held(READ, _ON_READ)
    + _held(SHARED, _ON_READ)
    + _stream(SIGNED, "sign: {key: key}, ")
    + _held(UNHEARD, "{write: refuse}")
    + _held(NOWHERE, _ON_READ)
    + f"""\
---
{{kind: SigningKey, name: key, key: "file:key.pem"}}
---
kind: Grant
id: nobody-writes-here
to: ["role:tester"]
deny: [write]
on: ["stream:{dead(UNHEARD)}"]
"""
)


@pytest.fixture(scope="module")
def letters(
    kafka: KafkaServer, direct: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway whose streams are not sealed, and have dead letters."""
    bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("unsealed"), _BUNDLE)
    _write(bundle.folder)
    topics = (HELD, INJECTED, READ, SHARED, SIGNED, UNHEARD)
    create_topics(direct, *topics, *map(dead, topics), NOWHERE)
    with GatewayProcess(bundle) as process:
        yield process


def _write(folder: Path) -> None:
    schema = '{"properties": {"card": {"type": "string"}}, "required": ["card"]}'
    (folder / "card.schema.json").write_text(schema)
    write_key(folder / "key.pem", ed25519.Ed25519PrivateKey.generate())


def test_a_batch_that_is_not_of_its_contract_is_copied_whole_with_the_reason(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    batch = [GOOD, BAD, GOOD]

    assert refuse(tester, HELD, batch, compression_type="zstd") == INVALID_RECORD

    copies = messages(tester, dead(HELD), 3)
    assert [it.value() for it in copies] == batch
    said = told(copies[0])
    assert said.pop("reason").startswith("contract:invalid: ")
    assert said == {"stream": HELD, "partition": "0", "record": "1", "principal": "tester"}
    # What the log says to have been written there is what lies there, by whoever wrote it.
    assert settled(letters, dead(HELD), "Write", {0, 1, 2}).all == {0, 1, 2}
    assert moved(letters, HELD, "Write") == {}
    assert reasons(letters, HELD) == {"contract:invalid"}
    assert values(direct, dead(HELD), 3) == batch


def test_a_transaction_that_is_refused_a_batch_aborts_and_its_copy_is_of_none(
    letters: GatewayProcess,
) -> None:
    tester = letters.bundle.endpoint("tester")
    settings = tester.librdkafka(transactional_id=f"{HELD}-{uuid.uuid4().hex}", linger_ms=100)
    producer = Producer(settings)
    producer.init_transactions(SECONDS_MAX)
    producer.begin_transaction()
    producer.produce(HELD, b"in a transaction", "key")
    with pytest.raises(KafkaException):
        producer.commit_transaction(SECONDS_MAX)
    producer.abort_transaction(SECONDS_MAX)
    # As after any refusal, librdkafka does not count its batches anew: another one of this id does.
    again = Producer(settings)
    again.init_transactions(SECONDS_MAX)
    again.begin_transaction()
    again.produce(HELD, GOOD, "key")
    again.commit_transaction(SECONDS_MAX)

    # Of the first nothing lies there but its end, and what was aborted can be read in its copy.
    (taken,) = messages(tester, HELD, 1)
    assert taken.value() == GOOD
    copy = messages(tester, dead(HELD), 4)[3]
    assert (copy.key(), copy.value()) == (b"key", b"in a transaction")


def test_what_a_content_rule_refuses_lies_sealed_where_the_copies_are(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    injected = b'{"card": "${jndi:ldap://canary/a}"}'

    assert refuse(tester, INJECTED, [injected]) == INVALID_RECORD

    (copy,) = messages(tester, dead(INJECTED), 1)
    assert copy.value() == injected
    assert told(copy)["reason"].startswith("contract:invalid: ")
    assert "canary" not in told(copy)["reason"]
    (lies,) = values(direct, dead(INJECTED), 1)
    assert lies.startswith(ENVELOPE)
    assert b"canary" not in lies


def test_what_a_contract_refuses_on_read_is_copied_once_by_the_gateway(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    produce(direct, READ, [GOOD])
    produce(direct, READ, [BAD, GOOD], linger_ms=200)

    for start, expected in ((0, [GOOD]), (0, [GOOD]), (1, [])):
        assert until_refused(tester, READ, start) == expected
    # A group stands at what is wrong, and commits no more than it got.
    group = Consumer(tester.librdkafka(group_id=f"{READ}-group", auto_offset_reset="earliest"))
    group.subscribe([READ])
    first = group.poll(SECONDS_MAX)
    assert first is not None
    assert first.value() == GOOD
    refused = group.poll(SECONDS_MAX)
    group.close()
    assert refused is not None
    assert refused.error() is not None

    copies = messages(tester, dead(READ), 2)
    assert [it.value() for it in copies] == [BAD, GOOD]
    assert [told(it)["offset"] for it in copies] == ["1", "2"]
    assert told(copies[0])["reason"].startswith("contract:invalid: ")
    # Another batch lies behind them: they are there once.
    produce(direct, READ, [BAD])
    assert until_refused(tester, READ, 3) == []
    assert [told(it)["offset"] for it in messages(tester, dead(READ), 3)] == ["1", "2", "3"]
    assert eventually(
        lambda: moved(letters, dead(READ), "Write", GATEWAY).get(0, Moved()).all == {0, 1, 2}
    )
    assert moved(letters, dead(READ), "Write") == {}


def test_a_share_group_gets_what_is_right_and_what_is_wrong_is_copied_once(
    letters: GatewayProcess, direct: Endpoint, apis: dict[str, Api]
) -> None:
    tester = letters.bundle.endpoint("tester")
    group = f"{SHARED}-share"
    earliest = {"Name": "share.auto.offset.reset", "ConfigOperation": 0, "Value": "earliest"}
    resource = {"ResourceType": _GROUP_RESOURCE, "ResourceName": group, "Configs": [earliest]}
    with RawClient(direct) as client:
        request = {"Resources": [resource], "ValidateOnly": False}
        answer = client.request(apis["IncrementalAlterConfigs"], 1, request)
        assert [it["ErrorCode"] for it in answer["Responses"]] == [0]
    produce(direct, SHARED, [GOOD])
    produce(direct, SHARED, [BAD])

    with ShareConsumer(tester.librdkafka(group_id=group)) as member:
        member.subscribe([SHARED])
        (first,) = member.poll(SECONDS_MAX)
        assert first.error() is None
        assert first.value() == GOOD
    # Another reader is refused the same batch.
    assert until_refused(tester, SHARED) == [GOOD]

    (copy,) = messages(tester, dead(SHARED), 1)
    assert copy.value() == BAD
    assert told(copy)["offset"] == "1"
    assert settled(letters, SHARED, "Read", {0}).all == {0}
    produce(direct, SHARED, [BAD + b" "])
    assert until_refused(tester, SHARED, 2) == []
    assert [it.value() for it in messages(tester, dead(SHARED), 2)] == [BAD, BAD + b" "]


def test_a_stream_that_is_only_signed_has_dead_letters(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    produce(tester, SIGNED, [b"signed"])
    produce(direct, SIGNED, [b"by nobody"])

    assert until_refused(tester, SIGNED) == [b"signed"]

    (copy,) = messages(tester, dead(SIGNED), 1)
    assert copy.value() == b"by nobody"
    assert told(copy)["offset"] == "1"
    assert told(copy)["reason"].startswith("signing:unsigned: ")


def test_who_may_not_write_there_is_refused_and_not_copied(letters: GatewayProcess) -> None:
    tester = letters.bundle.endpoint("tester")

    assert refuse(tester, UNHEARD, [BAD]) == INVALID_RECORD

    assert reasons(letters, dead(UNHEARD)) == {"grant:nobody-writes-here#1"}
    assert moved(letters, dead(UNHEARD), "Write") == {}


def test_without_the_topic_readers_are_refused_all_the_same_and_the_log_says_why(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    produce(direct, NOWHERE, [BAD])

    for _ in range(2):
        assert until_refused(tester, NOWHERE) == []

    def lost() -> list[str]:
        denied = of_kind(letters, "denied", resource={"type": "Stream", "name": dead(NOWHERE)})
        return [each["reason"] for each in denied]

    expected = ["refused records are not copied: there is no such topic"]
    assert eventually(lambda: lost() == expected), lost()
    assert moved(letters, dead(NOWHERE), "Write", GATEWAY) == {}
    assert reasons(letters, NOWHERE) == {"contract:invalid"}
