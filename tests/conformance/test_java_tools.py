"""Kafka's own Java client, by the command-line tools that come with the broker."""

from pathlib import Path

import pytest

from tests.support.endpoints import Endpoint
from tests.support.java_tools import JavaTools

VALUES = [f"value {index}" for index in range(20)]
TEXT = "".join(f"{value}\n" for value in VALUES)


def produce(java: JavaTools, endpoint: Endpoint, topic: str, *settings: str) -> None:
    arguments = ["--bootstrap-server", endpoint.bootstrap, "--topic", topic]
    arguments += ["--command-config", str(endpoint.java(java.folder))]
    for setting in settings:
        arguments += ["--command-property", setting]
    java.tool("ConsoleProducer", *arguments, text=TEXT)


def consume(java: JavaTools, endpoint: Endpoint, topic: str, *settings: str, count: int) -> list:
    arguments = ["--bootstrap-server", endpoint.bootstrap, "--topic", topic, "--from-beginning"]
    arguments += ["--command-config", str(endpoint.java(java.folder))]
    arguments += ["--group", f"{topic}-group", "--timeout-ms", "30000"]
    arguments += ["--max-messages", str(count)]
    for setting in settings:
        arguments += ["--command-property", setting]
    return java.tool("consumer.ConsoleConsumer", *arguments).splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_what_is_produced_is_consumed(
    endpoint: Endpoint, java: JavaTools, topic: str, compression: str
) -> None:
    produce(java, endpoint, topic, f"compression.type={compression}", "acks=all")
    assert consume(java, endpoint, topic, count=len(VALUES)) == VALUES


@pytest.mark.slow
def test_a_group_of_the_consumer_protocol_reads_what_was_not_acknowledged(
    endpoint: Endpoint, java: JavaTools, topic: str
) -> None:
    produce(java, endpoint, topic, "acks=0", "enable.idempotence=false")
    read = consume(java, endpoint, topic, "group.protocol=consumer", count=len(VALUES))
    assert read == VALUES


@pytest.mark.slow
def test_a_committed_transaction_is_seen_and_an_aborted_one_is_not(
    endpoint: Endpoint, java: JavaTools, topic: str
) -> None:
    program = Path(__file__).parent / "java" / "Transactions.java"
    finished = java.run(str(program), str(endpoint.java(java.folder)), topic)
    assert finished.returncode == 0, finished.stderr
    read = consume(java, endpoint, topic, "isolation.level=read_committed", count=1)
    assert read == ["committed"]


@pytest.mark.slow
def test_a_topic_is_created_described_and_listed(
    endpoint: Endpoint, java: JavaTools, unique: str
) -> None:
    common = ["--bootstrap-server", endpoint.bootstrap]
    common += ["--command-config", str(endpoint.java(java.folder))]
    java.tool("TopicCommand", *common, "--create", "--topic", unique, "--partitions", "2")
    assert "PartitionCount: 2" in java.tool(
        "TopicCommand", *common, "--describe", "--topic", unique
    )
    assert unique in java.tool("TopicCommand", *common, "--list").splitlines()
