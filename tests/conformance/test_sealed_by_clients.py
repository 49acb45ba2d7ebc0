"""Streams that programs seal or open by themselves: the gateway looks, and does not open."""

import asyncio
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as AIOTopicPartition
from confluent_kafka import KafkaException, TopicPartition

from streamward.app import open_sealer
from streamward.dev.kafka import KafkaServer
from streamward.sdk import Parts, RecordRefused, Sealer
from streamward.sdk.aio import AIOOpeningConsumer
from streamward.sdk.confluent import OpeningConsumer, SealingProducer
from tests.support.confluent import create_topics, error_code, produce
from tests.support.doors import declare_door, sealer_of
from tests.support.endpoints import Endpoint
from tests.support.entries import of_kind
from tests.support.gateway import GatewayProcess
from tests.support.protected import (
    ENVELOPE,
    INVALID_RECORD,
    KEYS,
    SECRET,
    protecting_bundle,
    reasons,
    ring,
    values,
)

SECONDS = 30.0
END_TO_END = "conformance.clients.end-to-end"
IN = "conformance.clients.in"
OUT = "conformance.clients.out"
OTHER = "conformance.clients.other"
DOOR = "conformance.clients.door"

_BUNDLE = f"""\
{KEYS}{ring("clients")}{ring("others")}---
kind: Grant
id: keys-door
to: ["principal:operator"]
allow: [manage_keys]
on: [cluster]
---
kind: Stream
name: {END_TO_END}
classes: [test-data]
seal:
  ring: clients
  key: deterministic
  headers: [card]
  sealed_by: producer
  opened_by: consumer
---
kind: Stream
name: {DOOR}
classes: [test-data]
seal: {{ring: clients, key: deterministic, sealed_by: producer, opened_by: consumer}}
---
kind: Stream
name: {IN}
classes: [test-data]
seal: {{ring: clients, sealed_by: producer}}
---
kind: Stream
name: {OUT}
classes: [test-data]
seal: {{ring: clients, opened_by: consumer}}
---
kind: Stream
name: {OTHER}
classes: [test-data]
seal: {{ring: others}}
"""


@pytest.fixture(scope="module")
def clients(
    kafka: KafkaServer, direct: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway with streams that programs seal and open."""
    create_topics(direct, END_TO_END, IN, OUT, OTHER, DOOR, partitions=1)
    bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("clients"), _BUNDLE)
    declare_door(bundle)
    with GatewayProcess(bundle) as process:
        yield process


@pytest.fixture(scope="module")
def sealer(clients: GatewayProcess) -> Iterator[Sealer]:
    """A program that takes its keys from the gateway's own store."""
    with open_sealer(clients.bundle.folder, state_dir=clients.state) as opened:
        yield opened


def seal(endpoint: Endpoint, sealer: Sealer, topic: str, value: bytes) -> None:
    producer = SealingProducer(endpoint.librdkafka(linger_ms=0), sealer)
    failed: list[object] = []
    producer.produce(
        topic,
        value,
        b"card-1",
        headers={"card": SECRET},
        on_delivery=lambda error, _: failed.append(error) if error else None,
    )
    assert producer.flush(SECONDS) == 0
    assert failed == []


def opened(endpoint: Endpoint, sealer: Sealer, topic: str) -> tuple[bytes | None, bytes | None]:
    """Key and value of the first record."""
    reader = OpeningConsumer(endpoint.librdkafka(group_id=f"{topic}-group"), sealer)
    try:
        reader.assign([TopicPartition(topic, 0, 0)])
        message = reader.poll(SECONDS)
    finally:
        reader.close()
    assert message is not None
    assert message.error() is None
    return message.key(), message.value()


def test_sealed_and_opened_by_programs_the_gateway_and_the_broker_see_ciphertext(
    clients: GatewayProcess, direct: Endpoint, sealer: Sealer
) -> None:
    tester = clients.bundle.endpoint("tester")
    seal(tester, sealer, END_TO_END, SECRET)

    assert opened(tester, sealer, END_TO_END) == (b"card-1", SECRET)
    for endpoint in (direct, tester):
        (value,) = values(endpoint, END_TO_END, 1)
        assert value.startswith(ENVELOPE)
        assert SECRET not in value


async def awaited(endpoint: Endpoint, sealer: Sealer) -> tuple[bytes | None, bytes | None]:
    """The same of the first record, with aiokafka."""
    consumer = AIOKafkaConsumer(**endpoint.aiokafka(), auto_offset_reset="earliest")
    async with asyncio.timeout(SECONDS), AIOOpeningConsumer(consumer, sealer) as reader:
        place = AIOTopicPartition(DOOR, 0)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        record = await reader.getone()
    return record.key, record.value


def test_two_programs_with_nothing_but_certificates_seal_and_open(
    clients: GatewayProcess, direct: Endpoint
) -> None:
    writer, reader = "tester", "administrator"
    seal(clients.bundle.endpoint(writer), sealer_of(clients.bundle, writer), DOOR, SECRET)

    opener = sealer_of(clients.bundle, reader)
    assert opened(clients.bundle.endpoint(reader), opener, DOOR) == (b"card-1", SECRET)
    assert asyncio.run(awaited(clients.bundle.endpoint(reader), opener)) == (b"card-1", SECRET)
    for endpoint in (direct, clients.bundle.endpoint(writer)):
        (value,) = values(endpoint, DOOR, 1)
        assert value.startswith(ENVELOPE)
        assert SECRET not in value
    granted = of_kind(clients, "key_granted")
    given = {
        (each["principal"], each["action"])
        for each in granted
        if each["resource"]["name"] == DOOR and each["key"]["granted"]
    }
    assert given == {(writer, "Write"), (reader, "Read")}
    with pytest.raises(KafkaException):
        produce(clients.bundle.endpoint(writer), DOOR, [SECRET])
    assert "sealing:plaintext" in reasons(clients, DOOR)


def test_sealed_by_a_program_and_opened_by_the_gateway(
    clients: GatewayProcess, direct: Endpoint, sealer: Sealer
) -> None:
    tester = clients.bundle.endpoint("tester")
    seal(tester, sealer, IN, SECRET)

    assert values(tester, IN, 1) == [SECRET]
    assert values(direct, IN, 1)[0].startswith(ENVELOPE)


def test_sealed_by_the_gateway_and_opened_by_a_program(
    clients: GatewayProcess, direct: Endpoint, sealer: Sealer
) -> None:
    tester = clients.bundle.endpoint("tester")
    produce(tester, OUT, [SECRET])

    assert opened(tester, sealer, OUT)[1] == SECRET
    assert values(tester, OUT, 1) == values(direct, OUT, 1)


def test_who_is_not_in_the_access_class_gets_not_even_ciphertext(
    clients: GatewayProcess, sealer: Sealer
) -> None:
    seal(clients.bundle.endpoint("tester"), sealer, END_TO_END, SECRET)
    with pytest.raises(KafkaException):
        values(clients.bundle.endpoint("reader"), END_TO_END, 1)


def test_what_is_no_envelope_of_a_living_key_of_the_ring_is_refused(
    clients: GatewayProcess, direct: Endpoint, sealer: Sealer
) -> None:
    tester = clients.bundle.endpoint("tester")
    seal(tester, sealer, IN, SECRET)
    produce(tester, OTHER, [SECRET])
    good, foreign = values(direct, IN, 1)[0], values(direct, OTHER, 1)[0]
    assert good[:9] == foreign[:9]
    for value, rule in (
        (SECRET, "plaintext"),
        (foreign, "foreign_ring"),
        (good[:9] + bytes(16) + good[25:], "unknown_key"),
        (good[:-1], "truncated"),
        (good + b"x", "trailing"),
        (good[:6] + b"\x01" + good[7:], "algorithm"),
    ):
        with pytest.raises(KafkaException) as raised:
            produce(tester, IN, [value])
        assert error_code(raised.value) == INVALID_RECORD, rule
        assert f"sealing:{rule}" in reasons(clients, IN), rule
    assert all(each.startswith(ENVELOPE) for each in values(direct, IN, 1))


def test_an_envelope_that_was_moved_shows_where_it_is_opened(
    clients: GatewayProcess, direct: Endpoint, sealer: Sealer
) -> None:
    """Of the same ring, so the gateway, which opens nothing, can't tell; whoever opens it can."""
    tester = clients.bundle.endpoint("tester")
    sealed = sealer.seal(IN, Parts(b"card-1", b"moved"))
    moved = sealer.seal(END_TO_END, Parts(b"card-1", b"moved"))
    assert sealed.value != moved.value
    with pytest.raises(RecordRefused, match="moved"):
        sealer.open(IN, moved)
    assert opened(tester, sealer, END_TO_END)[1] == SECRET


def test_a_ring_that_is_revoked_takes_no_more_envelopes(
    clients: GatewayProcess, sealer: Sealer
) -> None:
    tester = clients.bundle.endpoint("tester")
    seal(tester, sealer, IN, SECRET)
    with clients.door() as door:
        door.change_keys("clients", "revoke", reason="test")
        try:
            producer = SealingProducer(tester.librdkafka(), sealer)
            failed: list[object] = []
            producer.produce(IN, SECRET, on_delivery=lambda error, _: failed.append(error))
            producer.flush(SECONDS)
            assert [error.code() for error in failed] == [INVALID_RECORD]  # type: ignore[attr-defined]
        finally:
            door.change_keys("clients", "restore", reason="test")
    assert "sealing:unknown_key" in reasons(clients, IN)


def test_the_log_says_that_ciphertext_left(clients: GatewayProcess) -> None:
    clients.stop()
    rolled = of_kind(clients, "access_rollup", resource={"type": "Stream", "name": END_TO_END})
    assert {each["state"] for each in rolled if each["action"] == "Read"} == {"ciphertext"}
