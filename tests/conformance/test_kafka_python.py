"""kafka-python: a third client in Python, with fetch sessions and admin calls of its own."""

from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import TopicAuthorizationFailedError

from tests.support.bundles import GatewayBundle
from tests.support.endpoints import Endpoint

VALUES = [f"value {index} ".encode() * 20 for index in range(50)]


def settings(endpoint: Endpoint) -> dict[str, Any]:
    """The client's words for a place and a credential."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": endpoint.bootstrap,
        "security_protocol": "SASL_SSL" if endpoint.username else "SSL",
        "ssl_context": endpoint.tls_context(),
    }
    if endpoint.username:
        arguments["sasl_mechanism"] = endpoint.mechanism
        arguments["sasl_plain_username"] = endpoint.username
        arguments["sasl_plain_password"] = endpoint.password
    return arguments


def produce(endpoint: Endpoint, topic: str, **more: Any) -> None:
    producer = KafkaProducer(**settings(endpoint) | more)
    try:
        futures = [producer.send(topic, value) for value in VALUES]
        for future in futures:
            future.get(timeout=20.0)
    finally:
        producer.close()


def consume(endpoint: Endpoint, topic: str, count: int, **more: Any) -> list[bytes]:
    defaults = {
        "group_id": f"{topic}-group",
        "auto_offset_reset": "earliest",
        "consumer_timeout_ms": 30_000,
    }
    reader = KafkaConsumer(topic, **settings(endpoint) | defaults | more)
    try:
        values: list[bytes] = []
        for record in reader:
            values.append(record.value)
            if len(values) == count:
                break
        return values
    finally:
        reader.close()


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_what_is_produced_is_consumed(
    endpoint: Endpoint, topic: str, compression: str | None
) -> None:
    produce(endpoint, topic, compression_type=compression)
    assert consume(endpoint, topic, len(VALUES)) == VALUES


@pytest.mark.parametrize("sessions", [True, False])
def test_fetches_with_and_without_sessions(endpoint: Endpoint, topic: str, sessions: bool) -> None:
    produce(endpoint, topic)
    values = consume(
        endpoint,
        topic,
        len(VALUES),
        enable_incremental_fetch_sessions=sessions,
        max_partition_fetch_bytes=2_000,
    )
    assert values == VALUES


def test_a_committed_transaction_is_seen_and_an_aborted_one_is_not(
    endpoint: Endpoint, topic: str
) -> None:
    producer = KafkaProducer(**settings(endpoint), transactional_id=f"{topic}-transaction")
    try:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic, b"aborted").get(timeout=20.0)
        producer.abort_transaction()
        producer.begin_transaction()
        producer.send(topic, b"committed")
        producer.commit_transaction()
    finally:
        producer.close()
    assert consume(endpoint, topic, 1, isolation_level="read_committed") == [b"committed"]


def test_a_group_goes_on_where_it_was(endpoint: Endpoint, topic: str) -> None:
    for _ in range(2):
        produce(endpoint, topic)
        assert consume(endpoint, topic, len(VALUES)) == VALUES


def test_administration(endpoint: Endpoint, unique: str) -> None:
    admin = KafkaAdminClient(**settings(endpoint))
    try:
        admin.create_topics([NewTopic(unique, 2, 1)])
        assert unique in admin.list_topics()
        (described,) = admin.describe_topics([unique])
        assert len(described["partitions"]) == 2
        admin.delete_topics([unique])
    finally:
        admin.close()


def test_a_password_opens_the_same_doors(bundle: GatewayBundle, topic: str) -> None:
    endpoint = bundle.endpoint("tester").with_password("tester", bundle.password("tester"))
    produce(endpoint, topic)
    assert consume(endpoint, topic, len(VALUES)) == VALUES


def test_a_denial_is_told_as_one(bundle: GatewayBundle, topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        produce(bundle.endpoint("intruder"), topic)


def test_offsets_are_found(endpoint: Endpoint, topic: str) -> None:
    produce(endpoint, topic)
    reader = KafkaConsumer(**settings(endpoint))
    try:
        partition = TopicPartition(topic, 0)
        assert reader.end_offsets([partition]) == {partition: len(VALUES)}
    finally:
        reader.close()
