"""librdkafka, by confluent-kafka: each scenario at the broker and through the gateway."""

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from tests.support.confluent import consume, consumer, create_topics, produce, read
from tests.support.endpoints import Endpoint

VALUES = [f"value {index} ".encode() * 20 for index in range(50)]


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_what_is_produced_is_consumed(endpoint: Endpoint, topic: str, compression: str) -> None:
    offsets = produce(endpoint, topic, VALUES, compression_type=compression)
    assert offsets == list(range(len(VALUES)))
    assert consume(endpoint, topic, len(VALUES), f"{topic}-group") == VALUES


def test_an_idempotent_producer_works(endpoint: Endpoint, topic: str) -> None:
    offsets = produce(endpoint, topic, VALUES, enable_idempotence=True)
    assert offsets == list(range(len(VALUES)))


def test_a_record_without_acknowledgement_arrives(endpoint: Endpoint, topic: str) -> None:
    produce(endpoint, topic, VALUES, acks="0")
    assert consume(endpoint, topic, len(VALUES), f"{topic}-group") == VALUES


def test_a_committed_transaction_is_seen_and_an_aborted_one_is_not(
    endpoint: Endpoint, topic: str
) -> None:
    producer = Producer(endpoint.librdkafka(transactional_id=f"{topic}-transaction"))
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, b"aborted")
    producer.flush(10)
    producer.abort_transaction(30)
    producer.begin_transaction()
    producer.produce(topic, b"committed")
    producer.commit_transaction(30)
    values = consume(endpoint, topic, 1, f"{topic}-group", isolation_level="read_committed")
    assert values == [b"committed"]


def test_offsets_are_committed_inside_a_transaction(endpoint: Endpoint, topic: str) -> None:
    produce(endpoint, topic, VALUES)
    group = f"{topic}-group"
    reader = consumer(endpoint, group)
    producer = Producer(endpoint.librdkafka(transactional_id=f"{topic}-transaction"))
    try:
        reader.subscribe([topic])
        read(reader, len(VALUES))
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.send_offsets_to_transaction(
            [TopicPartition(topic, 0, 30)], reader.consumer_group_metadata(), 30
        )
        producer.commit_transaction(30)
        committed = reader.committed([TopicPartition(topic, 0)], timeout=10)
    finally:
        reader.close()
    assert committed[0].offset == 30


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_group_goes_on_where_it_was(endpoint: Endpoint, topic: str, protocol: str) -> None:
    group = f"{topic}-group"
    produce(endpoint, topic, VALUES[:20])
    first = consume(endpoint, topic, 20, group, group_protocol=protocol)
    produce(endpoint, topic, VALUES[20:])
    second = consume(endpoint, topic, 30, group, group_protocol=protocol)
    assert first + second == VALUES


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_two_members_share_the_partitions(endpoint: Endpoint, unique: str, protocol: str) -> None:
    create_topics(endpoint, unique, partitions=4)
    members: list[Consumer] = []
    try:
        for _ in range(2):
            member = consumer(endpoint, f"{unique}-group", group_protocol=protocol)
            member.subscribe([unique])
            members.append(member)
        for _ in range(100):
            for member in members:
                member.poll(0.1)
            if all(len(member.assignment()) == 2 for member in members):
                break
        owned = [{part.partition for part in member.assignment()} for member in members]
    finally:
        for member in members:
            member.close()
    assert sorted(map(len, owned)) == [2, 2]
    assert set.union(*owned) == {0, 1, 2, 3}


def test_a_topic_is_created_described_listed_and_deleted(endpoint: Endpoint, unique: str) -> None:
    admin = AdminClient(endpoint.librdkafka())
    new = NewTopic(unique, 3, 1, config={"retention.ms": "60000"})
    admin.create_topics([new])[unique].result(30)
    metadata = admin.list_topics(unique, timeout=10).topics[unique]
    assert metadata.error is None
    assert len(metadata.partitions) == 3
    assert unique in admin.list_topics(timeout=10).topics
    resource = ConfigResource(ConfigResource.Type.TOPIC, unique)
    configs = admin.describe_configs([resource])[resource].result(30)
    assert configs["retention.ms"].value == "60000"
    admin.delete_topics([unique])[unique].result(30)


def test_groups_and_their_offsets_are_seen(endpoint: Endpoint, topic: str) -> None:
    produce(endpoint, topic, VALUES)
    consume(endpoint, topic, len(VALUES), f"{topic}-group")
    admin = AdminClient(endpoint.librdkafka())
    groups = admin.list_consumer_groups().result(30).valid
    assert f"{topic}-group" in [group.group_id for group in groups]
    described = admin.describe_consumer_groups([f"{topic}-group"])[f"{topic}-group"].result(30)
    assert described.group_id == f"{topic}-group"


def test_watermarks_and_times_are_found(endpoint: Endpoint, topic: str) -> None:
    produce(endpoint, topic, VALUES)
    reader = consumer(endpoint, f"{topic}-group")
    try:
        assert reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=10) == (0, 50)
        found = reader.offsets_for_times([TopicPartition(topic, 0, 1)], timeout=10)
    finally:
        reader.close()
    assert found[0].offset == 0
