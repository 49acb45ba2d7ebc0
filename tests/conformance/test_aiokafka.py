"""aiokafka, a client that shares no code with librdkafka or Java."""

import asyncio
import importlib.util

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.endpoints import Endpoint

VALUES = [f"value {index} ".encode() * 20 for index in range(50)]
needs_cramjam = pytest.mark.skipif(
    importlib.util.find_spec("cramjam") is None, reason="`cramjam` is not installed"
)


async def produce(endpoint: Endpoint, topic: str, **settings: object) -> None:
    async with AIOKafkaProducer(**endpoint.aiokafka(), **settings) as producer:
        for value in VALUES:
            await producer.send(topic, value)
        await producer.flush()


async def consume(endpoint: Endpoint, topic: str, count: int, **settings: object) -> list[bytes]:
    arguments = {"group_id": f"{topic}-group", "auto_offset_reset": "earliest"} | settings
    async with AIOKafkaConsumer(topic, **endpoint.aiokafka(), **arguments) as reader:
        return [(await reader.getone()).value for _ in range(count)]


def within(coroutine: object) -> object:
    async def limited() -> object:
        async with asyncio.timeout(60):
            return await coroutine

    return asyncio.run(limited())


@pytest.mark.parametrize(
    "compression",
    [
        None,
        "gzip",
        pytest.param("snappy", marks=needs_cramjam),
        pytest.param("lz4", marks=needs_cramjam),
        pytest.param("zstd", marks=needs_cramjam),
    ],
)
def test_what_is_produced_is_consumed(
    endpoint: Endpoint, topic: str, compression: str | None
) -> None:
    async def scenario() -> list[bytes]:
        await produce(endpoint, topic, compression_type=compression)
        return await consume(endpoint, topic, len(VALUES))

    assert within(scenario()) == VALUES


def test_an_idempotent_producer_works(endpoint: Endpoint, topic: str) -> None:
    async def scenario() -> list[bytes]:
        await produce(endpoint, topic, enable_idempotence=True)
        return await consume(endpoint, topic, len(VALUES))

    assert within(scenario()) == VALUES


def test_a_record_without_acknowledgement_arrives(endpoint: Endpoint, topic: str) -> None:
    async def scenario() -> list[bytes]:
        await produce(endpoint, topic, acks=0)
        return await consume(endpoint, topic, len(VALUES))

    assert within(scenario()) == VALUES


def test_a_committed_transaction_is_seen_and_an_aborted_one_is_not(
    endpoint: Endpoint, topic: str
) -> None:
    async def scenario() -> list[bytes]:
        settings = endpoint.aiokafka() | {"transactional_id": f"{topic}-transaction"}
        async with AIOKafkaProducer(**settings) as producer:
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"aborted")
            await producer.abort_transaction()
            async with producer.transaction():
                await producer.send_and_wait(topic, b"committed")
        return await consume(endpoint, topic, 1, isolation_level="read_committed")

    assert within(scenario()) == [b"committed"]


def test_a_group_goes_on_where_it_was(endpoint: Endpoint, topic: str) -> None:
    async def scenario() -> tuple[list[bytes], list[bytes]]:
        await produce(endpoint, topic)
        first = await consume(endpoint, topic, 50, enable_auto_commit=True)
        await produce(endpoint, topic)
        return first, await consume(endpoint, topic, 50, enable_auto_commit=True)

    assert within(scenario()) == (VALUES, VALUES)


def test_a_topic_is_created_listed_and_described(endpoint: Endpoint, unique: str) -> None:
    async def scenario() -> tuple[list[str], list[dict]]:
        admin = AIOKafkaAdminClient(**endpoint.aiokafka())
        await admin.start()
        try:
            await admin.create_topics([NewTopic(unique, 2, 1)])
            return await admin.list_topics(), await admin.describe_topics([unique])
        finally:
            await admin.close()

    listed, described = within(scenario())
    assert unique in listed
    assert len(described[0]["partitions"]) == 2


def test_offsets_are_found(endpoint: Endpoint, topic: str) -> None:
    async def scenario() -> dict[TopicPartition, int]:
        await produce(endpoint, topic)
        async with AIOKafkaConsumer(**endpoint.aiokafka()) as reader:
            return await reader.end_offsets([TopicPartition(topic, 0)])

    assert list(within(scenario()).values()) == [len(VALUES)]
