"""What is refused of a sealed stream is copied by the gateway to its stream of dead letters."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from cryptography.hazmat.primitives.asymmetric import ed25519

from streamward.app.replaying import recorded_accesses
from streamward.dev.kafka import KafkaServer
from streamward.model.event import GATEWAY
from tests.conformance.test_signing import write_key
from tests.support.confluent import SECONDS_MAX, create_topics, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import Moved, eventually, moved, of_kind, settled
from tests.support.gateway import GatewayProcess
from tests.support.letters import HEADERS, refuse, told, until_refused
from tests.support.protected import (
    ENVELOPE,
    INVALID_RECORD,
    KEYS,
    SECRET,
    messages,
    protecting_bundle,
    reasons,
    ring,
    values,
)

SOURCE = "conformance.letters.in"
TARGET = "conformance.letters.dead"
NO_COPY = "conformance.letters.unheard"
KEPT = "conformance.letters.kept"
READ = "conformance.letters.read.in"
READ_TARGET = "conformance.letters.read.dead"
SIGNED = "conformance.letters.signed.in"
SIGNED_TARGET = "conformance.letters.signed.dead"
NO_TOPIC = "conformance.letters.nowhere.in"
NOWHERE = "conformance.letters.nowhere.dead"

_BUNDLE = f"""\
{KEYS}{ring("letters")}---
kind: Stream
name: {SOURCE}
classes: [test-data]
seal: {{ring: letters}}
dead_letter: {TARGET}
---
kind: Stream
name: {TARGET}
classes: [test-data]
seal: {{ring: letters}}
---
kind: Stream
name: {NO_COPY}
classes: [test-data]
seal: {{ring: letters}}
dead_letter: {KEPT}
---
kind: Stream
name: {KEPT}
classes: [test-data]
seal: {{ring: letters}}
---
kind: Stream
name: {READ}
classes: [test-data]
seal: {{ring: letters}}
dead_letter: {READ_TARGET}
---
kind: Stream
name: {READ_TARGET}
classes: [test-data]
seal: {{ring: letters}}
---
{{kind: SigningKey, name: key, key: "file:key.pem"}}
---
kind: Stream
name: {SIGNED}
classes: [test-data]
seal: {{ring: letters}}
dead_letter: {SIGNED_TARGET}
sign: {{key: key}}
---
kind: Stream
name: {SIGNED_TARGET}
classes: [test-data]
seal: {{ring: letters}}
---
kind: Stream
name: {NO_TOPIC}
classes: [test-data]
seal: {{ring: letters}}
dead_letter: {NOWHERE}
---
kind: Stream
name: {NOWHERE}
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
    bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("letters"), _BUNDLE)
    write_key(bundle.folder / "key.pem", ed25519.Ed25519PrivateKey.generate())
    with GatewayProcess(bundle) as process:
        yield process


def envelope(direct: Endpoint, tester: Endpoint) -> bytes:
    """One of the stream of dead letters, which nobody may bring along to another stream."""
    produce(tester, TARGET, [SECRET])
    return values(direct, TARGET, 1)[0]


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


def test_what_is_refused_on_read_is_copied_once_and_all_before_it_is_read(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    create_topics(direct, READ, READ_TARGET, partitions=1)
    produce(tester, READ, [b"one", b"two"])
    injected = [b"injected", b"by the broker's operator"]
    produce(direct, READ, injected, compression_type="zstd", linger_ms=200)
    produce(tester, READ, [b"behind"])

    # Who comes again, from the start or where it stopped, is refused again: nothing more is copied.
    for start, expected in ((0, [b"one", b"two"]), (0, [b"one", b"two"]), (2, []), (3, [])):
        assert until_refused(tester, READ, start) == expected
    # Whoever seeks past it, as an operator may who has seen the copy, gets what is right behind it.
    reader = Consumer(tester.librdkafka(group_id=f"{READ}-behind"))
    reader.assign([TopicPartition(READ, 0, 4)])
    behind = reader.consume(1, SECONDS_MAX)
    reader.close()
    assert [it.value() for it in behind] == [b"behind"]
    copies = messages(tester, READ_TARGET, 2)
    assert [it.value() for it in copies] == injected
    told_of = {"stream": READ, "partition": "0", "record": "0"}
    told_of["reason"] = "sealing:plaintext: plaintext in a sealed stream"
    assert [told(it) for it in copies] == [told_of | {"offset": offset} for offset in ("2", "3")]
    for it in messages(direct, READ_TARGET, 2):
        assert (it.value() or b"").startswith(ENVELOPE)
    # Another batch is copied behind them: they lie there once.
    produce(direct, READ, [b"later"])
    assert until_refused(tester, READ, 5) == []
    assert [it.value() for it in messages(tester, READ_TARGET, 3)] == [*injected, b"later"]
    # The log says of what the copies are, and that nobody but the gateway wrote them.
    written = {0, 1, 2}
    assert eventually(
        lambda: moved(letters, READ_TARGET, "Write", GATEWAY).get(0, Moved()).all == written
    )
    assert moved(letters, READ_TARGET, "Write") == {}
    assert reasons(letters, READ) == {"sealing:plaintext"}
    # No rule of a policy let it: nothing that another policy would decide otherwise.
    replayed = recorded_accesses(letters.state / "audit", 0)
    assert {each.principal for each in replayed} == {"tester"}


def test_a_record_whose_signature_does_not_verify_is_copied(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    create_topics(direct, SIGNED, SIGNED_TARGET, partitions=1)
    produce(tester, SIGNED, [b"signed"])
    lies = messages(direct, SIGNED, 1)[0].value() or b""
    produce(direct, SIGNED, [lies])

    assert until_refused(tester, SIGNED) == [b"signed"]

    copy = told(messages(tester, SIGNED_TARGET, 1)[0])
    assert (copy["stream"], copy["offset"]) == (SIGNED, "1")
    assert copy["reason"].startswith("signing:unsigned: ")


def test_without_a_stream_of_dead_letters_the_refusal_stays_and_the_log_says_so(
    letters: GatewayProcess, direct: Endpoint
) -> None:
    tester = letters.bundle.endpoint("tester")
    create_topics(direct, NO_TOPIC, partitions=1)
    produce(direct, NO_TOPIC, [b"injected"])

    for _ in range(3):
        assert until_refused(tester, NO_TOPIC) == []

    def lost() -> list[str]:
        denied = of_kind(letters, "denied", resource={"type": "Stream", "name": NOWHERE})
        return [each["reason"] for each in denied]

    expected = ["refused records are not copied: there is no such topic"]
    assert eventually(lambda: lost() == expected), lost()
    assert moved(letters, NOWHERE, "Write", GATEWAY) == {}
