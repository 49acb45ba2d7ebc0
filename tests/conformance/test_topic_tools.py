"""Kafka's own tools for topics, offsets and transactions, each in the shape its users use."""

import json
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.support.confluent import produce
from tests.support.endpoints import Endpoint
from tests.support.java_tools import JavaTools

pytestmark = pytest.mark.slow


def common(java: JavaTools, endpoint: Endpoint) -> list[str]:
    settings = str(endpoint.java(java.folder))
    return ["--bootstrap-server", endpoint.bootstrap, "--command-config", settings]


def rows(table: str) -> list[dict[str, str]]:
    """A tool's table: columns by their heads, split at tabs or spaces."""
    head, *lines = [line.split() for line in table.splitlines() if line.strip()]
    return [dict(zip(head, line, strict=False)) for line in lines]


def test_a_topic_is_made_looked_at_widened_and_removed(
    endpoint: Endpoint, java: JavaTools, unique: str
) -> None:
    on = [*common(java, endpoint)]
    java.tool("TopicCommand", *on, "--create", "--topic", unique, "--partitions", "1")
    java.tool("TopicCommand", *on, "--alter", "--topic", unique, "--partitions", "3")
    described = java.tool("TopicCommand", *on, "--describe", "--topic", unique)
    assert "PartitionCount: 3" in described
    java.tool("TopicCommand", *on, "--delete", "--topic", unique)
    assert unique not in java.tool("TopicCommand", *on, "--list").splitlines()


def test_records_are_deleted_and_offsets_say_so(
    endpoint: Endpoint, java: JavaTools, topic: str, tmp_path: Path
) -> None:
    produce(endpoint, topic, [b"one", b"two", b"three"])
    upto = {"topic": topic, "partition": 0, "offset": 2}
    wanted = tmp_path / "wanted.json"
    wanted.write_text(json.dumps({"version": 1, "partitions": [upto]}))
    deleted = java.tool(
        "DeleteRecordsCommand", *common(java, endpoint), "--offset-json-file", str(wanted)
    )
    assert "low_watermark: 2" in deleted
    offsets = [*common(java, endpoint), "--topic", topic, "--time"]
    assert f"{topic}:0:2" in java.tool("GetOffsetShell", *offsets, "earliest").splitlines()
    assert f"{topic}:0:3" in java.tool("GetOffsetShell", *offsets, "latest").splitlines()


def test_an_open_transaction_is_listed_and_described(
    endpoint: Endpoint, java: JavaTools, topic: str
) -> None:
    name = f"{topic}-transaction"
    producer = Producer(endpoint.librdkafka(transactional_id=name))
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, b"open", partition=0)
    producer.flush(20)
    on = common(java, endpoint)
    listed = rows(java.tool("TransactionsCommand", *on, "list"))
    assert name in [row["TransactionalId"] for row in listed]
    matching = ["list", "--transactional-id-pattern", f"{topic}.*"]
    listed = rows(java.tool("TransactionsCommand", *on, *matching))
    assert [row["TransactionState"] for row in listed] == ["Ongoing"]
    described = java.tool("TransactionsCommand", *on, "describe", "--transactional-id", name)
    assert f"{topic}-0" in described
    of_partition = ["--topic", topic, "--partition", "0"]
    producers = java.tool("TransactionsCommand", *on, "describe-producers", *of_partition)
    assert len(rows(producers)) == 1
    hanging = java.tool("TransactionsCommand", *on, "find-hanging", *of_partition)
    assert not rows(hanging)
    producer.abort_transaction(30)


def test_what_is_produced_verifiably_is_consumed_verifiably(
    endpoint: Endpoint, java: JavaTools, topic: str
) -> None:
    on = [*common(java, endpoint), "--topic", topic]
    sent = java.tool("VerifiableProducer", *on, "--max-messages", "50", "--acks", "-1")
    acked = [json.loads(line) for line in sent.splitlines() if "producer_send_success" in line]
    assert len(acked) == 50
    group = ["--group-id", f"{topic}-group", "--max-messages", "50"]
    group += ["--reset-policy", "earliest", "--group-protocol", "classic"]
    read = java.tool("VerifiableConsumer", *on, *group)
    events = [json.loads(line) for line in read.splitlines()]
    consumed = [event["count"] for event in events if event["name"] == "records_consumed"]
    assert sum(consumed) == 50
