"""What is refused of a sealed stream is copied by the gateway to its stream of dead letters."""

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaException, Message, Producer

from streamward.dev.kafka import KafkaServer
from tests.support.confluent import create_topics, error_code, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import moved, of_kind, settled
from tests.support.gateway import GatewayProcess
from tests.support.protected import (
    ENVELOPE,
    INVALID_RECORD,
    KEYS,
    SECRET,
    messages,
    protecting,
    ring,
    values,
)

SOURCE = "conformance.letters.in"
TARGET = "conformance.letters.dead"
NO_COPY = "conformance.letters.unheard"
KEPT = "conformance.letters.kept"
HEADERS = "streamward.dead_letter."

_BUNDLE = f"""\
{KEYS}{ring("letters")}---
kind: Stream
name: {SOURCE}
classes: [test-data]
seal: {{ring: letters, on_violation: dead-letter, dead_letter: {TARGET}}}
---
kind: Stream
name: {TARGET}
classes: [test-data]
seal: {{ring: letters}}
---
kind: Stream
name: {NO_COPY}
classes: [test-data]
seal: {{ring: letters, on_violation: dead-letter, dead_letter: {KEPT}}}
---
kind: Stream
name: {KEPT}
classes: [test-data]
seal: {{ring: letters}}
---
kind: Grant
id: nobody-writes-here
to: ["role:tester"]
deny: [write]
on: ["stream:{KEPT}"]
"""


@pytest.fixture(scope="module")
def letters(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway whose sealed streams have dead letters."""
    with protecting(kafka, tmp_path_factory.mktemp("letters"), _BUNDLE) as process:
        yield process


def envelope(direct: Endpoint, tester: Endpoint) -> bytes:
    """One of the stream of dead letters, which nobody may bring along to another stream."""
    produce(tester, TARGET, [SECRET])
    return values(direct, TARGET, 1)[0]


def refuse(endpoint: Endpoint, topic: str, batch: list[bytes], **more: object) -> int:
    """Write one batch that is refused; gives the error."""
    with pytest.raises(KafkaException) as raised:
        produce(endpoint, topic, batch, linger_ms=200, **more)
    return error_code(raised.value)


def told(message: Message) -> dict[str, str]:
    """The headers that the gateway gave to a copy."""
    found = message.headers() or []
    return {
        name.removeprefix(HEADERS): value.decode()
        for name, value in found
        if name.startswith(HEADERS) and isinstance(value, bytes)
    }


def test_a_refused_batch_is_copied_sealed_with_its_reason(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    create_topics(direct, SOURCE, partitions=1)
    create_topics(direct, TARGET, partitions=1)
    foreign = envelope(direct, tester)
    batch = [b"first " + SECRET, foreign, b"last " + SECRET]

    assert refuse(tester, SOURCE, batch, compression_type="lz4") == INVALID_RECORD

    copies = messages(tester, TARGET, 4)[1:]
    assert [it.value() for it in copies] == batch
    assert [told(it) for it in copies] == [
        {
            "stream": SOURCE,
            "partition": "0",
            "reason": "sealing:already_sealed: an envelope where plaintext was expected",
            "record": "1",
            "principal": "tester",
        }
    ] * 3
    # At the broker the copies are sealed as any record of that stream, the envelope once more.
    for it in messages(direct, TARGET, 4):
        assert (it.value() or b"").startswith(ENVELOPE)
        assert SECRET not in (it.value() or b"")
    assert messages(direct, TARGET, 3)[2].value() != foreign
    # What the log says to have been written there is the envelope and its three copies.
    assert settled(letters, TARGET, "Write", {0, 1, 2, 3}).all == {0, 1, 2, 3}


def test_an_idempotent_producer_is_copied_as_one_that_is_not(
    letters: GatewayProcess, direct: Endpoint, unique: str
) -> None:
    tester = letters.bundle.endpoint("tester")
    foreign = values(direct, TARGET, 1)[0]
    producer = Producer(tester.librdkafka(enable_idempotence=True, linger_ms=100))
    forged = [(f"{HEADERS}reason", b"of my own"), ("trace", b"1")]
    failed: list[int] = []
    producer.produce(
        SOURCE, foreign, unique, headers=forged, on_delivery=lambda error, _: failed.append(error)
    )
    producer.flush(20)

    assert len(failed) == 1
    copy = messages(tester, TARGET, 5)[4]
    assert (copy.key(), copy.value()) == (unique.encode(), foreign)
    assert ("trace", b"1") in (copy.headers() or [])
    assert told(copy)["reason"].startswith("sealing:already_sealed")
    assert sum(name == f"{HEADERS}reason" for name, _ in copy.headers() or []) == 1


def test_who_may_not_write_there_is_not_copied(letters: GatewayProcess, direct: Endpoint) -> None:
    tester = letters.bundle.endpoint("tester")
    create_topics(direct, NO_COPY, partitions=1)
    create_topics(direct, KEPT, partitions=1)
    foreign = values(direct, TARGET, 1)[0]

    assert refuse(tester, NO_COPY, [foreign]) == INVALID_RECORD

    denied = of_kind(letters, "denied", resource={"type": "Stream", "name": KEPT})
    assert {rule for each in denied for rule in each["rules"]} == {"grant:nobody-writes-here#1"}
    assert moved(letters, KEPT, "Write") == {}
