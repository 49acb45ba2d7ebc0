"""Sealed streams before a real broker: it holds ciphertext, readers get what was written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer

from streamward.dev.kafka import KafkaServer
from tests.support.confluent import SECONDS_MAX, consume, create_topics, error_code, produce
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.java_tools import JavaTools
from tests.support.messages import Api
from tests.support.protected import (
    CODECS,
    ENVELOPE,
    INVALID_RECORD,
    KEYS,
    SECRET,
    TOPIC_AUTHORIZATION_FAILED,
    messages,
    protecting,
    reasons,
    refused_on_read,
    ring,
    values,
)
from tests.support.raw import RawClient

VALUES = [SECRET + f" {index} ".encode() * 20 for index in range(40)]

_SEALING = f"""\
{KEYS}{ring("test-ring")}{ring("short-ring", data_keys="{records_max: 20}")}---
kind: Grant
id: reader-sealed
to: ["role:reader"]
allow: [read, describe]
on: ["stream:conformance.sealed.*", "group:conformance.sealed.*"]
---
kind: Stream
prefix: conformance.sealed.
classes: [test-data]
seal: {{ring: test-ring, headers: [patient]}}
---
kind: Stream
prefix: conformance.sealed.keys.
classes: [test-data]
seal: {{ring: test-ring, key: deterministic, unreadable: ciphertext, partition_bound: true}}
---
kind: Stream
prefix: conformance.sealed.short.
classes: [test-data]
seal: {{ring: short-ring}}
---
kind: Stream
prefix: conformance.sealed.marked.
classes: [test-data]
seal: {{ring: test-ring, on_violation: mark}}
"""


@pytest.fixture(scope="module")
def sealing(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway with sealed streams."""
    with protecting(kafka, tmp_path_factory.mktemp("sealing"), _SEALING) as process:
        yield process


@pytest.fixture
def sealed(sealing: GatewayProcess) -> Endpoint:
    return sealing.bundle.endpoint("tester")


def topic_of(direct: Endpoint, unique: str, kind: str = "", partitions: int = 1) -> str:
    name = unique.replace("conformance.", f"conformance.sealed.{kind}")
    create_topics(direct, name, partitions=partitions)
    return name


@pytest.mark.parametrize("codec", CODECS)
def test_the_broker_holds_envelopes_and_a_reader_gets_what_was_written(
    sealed: Endpoint, direct: Endpoint, unique: str, codec: str
) -> None:
    topic = topic_of(direct, unique)
    offsets = produce(sealed, topic, VALUES, compression_type=codec, linger_ms=50)
    assert offsets == list(range(len(VALUES)))
    assert consume(sealed, topic, len(VALUES), f"{topic}-group") == VALUES
    for value in values(direct, topic, len(VALUES)):
        assert value.startswith(ENVELOPE)
        assert SECRET not in value


def test_kafkas_own_client_reads_and_writes_it(
    sealed: Endpoint, direct: Endpoint, unique: str, java: JavaTools
) -> None:
    topic = topic_of(direct, unique, partitions=1)
    common = ["--bootstrap-server", sealed.bootstrap, "--topic", topic]
    common += ["--command-config", str(sealed.java(java.folder))]
    text = "".join(f"{SECRET.decode()} {index}\n" for index in range(20))
    java.tool("ConsoleProducer", *common, "--command-property", "compression.type=lz4", text=text)
    read = java.tool(
        "consumer.ConsoleConsumer", *common, "--from-beginning", "--max-messages", "20",
        "--group", f"{topic}-group", "--timeout-ms", "30000",
    )  # fmt: skip
    assert read == text
    assert all(value.startswith(ENVELOPE) for value in values(direct, topic, 20))


@pytest.mark.slow
def test_a_share_group_goes_on_behind_what_is_not_sealed(
    sealed: Endpoint,
    direct: Endpoint,
    unique: str,
    java: JavaTools,
    apis: dict[str, Api],
    sealing: GatewayProcess,
) -> None:
    topic, group = topic_of(direct, unique), f"{unique}-group"
    begin_earliest(direct, apis, group)
    texts = [f"value {index}" for index in range(6)]
    for index, text in enumerate(texts):
        # Each lies in a batch of its own.
        produce(sealed, topic, [text.encode()])
        if index in (0, 3):
            produce(direct, topic, [b"past the gateway"])
    read = java.tool(
        "consumer.ConsoleShareConsumer",
        *["--bootstrap-server", sealed.bootstrap, "--topic", topic, "--group", group],
        *["--command-config", str(sealed.java(java.folder))],
        *["--timeout-ms", "20000", "--max-messages", str(len(texts))],
    )
    assert sorted(read.splitlines()) == texts
    assert "sealing:plaintext" in reasons(sealing, topic)


def begin_earliest(direct: Endpoint, apis: dict[str, Api], group: str) -> None:
    """A share group begins behind all that is there unless its configuration says otherwise."""
    config = {"Name": "share.auto.offset.reset", "ConfigOperation": 0, "Value": "earliest"}
    resource = {"ResourceType": 32, "ResourceName": group, "Configs": [config]}
    values = {"Resources": [resource], "ValidateOnly": False}
    with RawClient(direct) as client:
        answer = client.request(apis["IncrementalAlterConfigs"], 1, values)
    assert [it["ErrorCode"] for it in answer["Responses"]] == [0]


def test_a_large_fetch_of_many_partitions_is_opened(
    sealed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique, partitions=3)
    large = [bytes([index]) * 60_000 for index in range(60)]
    produce(sealed, topic, large, linger_ms=100, compression_type="zstd")
    read = consume(sealed, topic, len(large), f"{topic}-group")
    assert sorted(read) == large


def test_transactions_stay_what_they_are(sealed: Endpoint, direct: Endpoint, unique: str) -> None:
    topic = topic_of(direct, unique)
    producer = Producer(sealed.librdkafka(transactional_id=f"{unique}-transaction"))
    producer.init_transactions(30)
    for value, end in (
        (b"aborted", producer.abort_transaction),
        (SECRET, producer.commit_transaction),
    ):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(10)
        end(30)
    committed = consume(sealed, topic, 1, f"{topic}-group", isolation_level="read_committed")
    assert committed == [SECRET]


def test_equal_keys_stay_equal_and_what_takes_them_back_stays_so(
    sealed: Endpoint, direct: Endpoint, unique: str, sealing: GatewayProcess
) -> None:
    topic = topic_of(direct, unique, "keys.")
    producer = Producer(sealed.librdkafka())
    written = [(b"ann", SECRET), (b"bob", SECRET), (b"ann", None), (None, SECRET)]
    for key, value in written:
        producer.produce(topic, value, key)
    assert producer.flush(SECONDS_MAX) == 0
    assert [(it.key(), it.value()) for it in messages(sealed, topic, 4)] == written
    ann, bob, back, none = messages(direct, topic, 4)
    assert ann.key() == back.key() != bob.key()
    assert (back.value(), none.key()) == (None, None)
    assert b"ann" not in (ann.key() or b"")
    # Who may read it and open nothing gets what the broker has.
    assert [it.value() for it in messages(sealing.bundle.endpoint("reader"), topic, 4)] == [
        it.value() for it in (ann, bob, back, none)
    ]


def test_a_header_is_sealed_and_others_are_not(
    sealed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique)
    producer = Producer(sealed.librdkafka())
    headers = [("trace", b"1"), ("patient", SECRET)]
    producer.produce(topic, SECRET, headers=headers)
    assert producer.flush(SECONDS_MAX) == 0
    assert messages(sealed, topic, 1)[0].headers() == headers
    trace, patient = messages(direct, topic, 1)[0].headers() or []
    assert trace == headers[0]
    assert patient[1].startswith(ENVELOPE)


def test_who_is_not_in_the_access_class_is_refused(
    sealing: GatewayProcess, sealed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique)
    produce(sealed, topic, VALUES[:1])
    with pytest.raises(KafkaException) as raised:
        values(sealing.bundle.endpoint("reader"), topic, 1)
    assert error_code(raised.value) == TOPIC_AUTHORIZATION_FAILED
    assert "sealing:reader" in reasons(sealing, topic)


def test_many_keys_are_used_one_after_the_other_and_survive_a_restart(
    sealing: GatewayProcess, sealed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique, "short.")
    for start in range(0, len(VALUES), 8):
        produce(sealed, topic, VALUES[start : start + 8])
    sealing.stop()
    sealing.start()
    produce(sealed, topic, VALUES[:8])
    assert values(sealed, topic, len(VALUES) + 8) == VALUES + VALUES[:8]
    kids = {value[8:24] for value in values(direct, topic, len(VALUES) + 8)}
    assert len(kids) >= 3


def test_plaintext_and_envelopes_from_elsewhere_are_refused_on_read(
    sealing: GatewayProcess, sealed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic, other = topic_of(direct, unique), topic_of(direct, f"{unique}-other")
    produce(sealed, other, VALUES[:1])
    moved = values(direct, other, 1)[0]
    for value, rule in ((b"injected", "sealing:plaintext"), (moved, "sealing:moved")):
        target = topic_of(direct, f"{unique}-{rule[-5:]}")
        produce(direct, target, [value])
        refused_on_read(sealing, sealed, target, rule)
    with pytest.raises(KafkaException) as raised:
        produce(sealed, topic, [moved])
    assert error_code(raised.value) == INVALID_RECORD
    assert "sealing:already_sealed" in reasons(sealing, topic)


def test_where_the_stream_says_so_it_is_marked(
    sealed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique, "marked.")
    produce(sealed, topic, VALUES[:1])
    produce(direct, topic, [b"injected"])
    good, bad = messages(sealed, topic, 2)
    assert (good.value(), good.headers()) == (VALUES[0], None)
    assert (bad.value(), bad.headers()) == (b"injected", [("streamward.violation", b"plaintext")])


def test_no_plaintext_is_on_the_brokers_disk(
    kafka: KafkaServer, sealed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic, plain = topic_of(direct, unique), f"{unique}-plain"
    # Other tests put theirs into streams that are not sealed.
    own = unique.encode() * 3
    produce(sealed, topic, [own])
    # Where it isn't sealed it is found: the search sees what is there.
    create_topics(direct, plain)
    produce(direct, plain, [own])
    found = {file.parent.name for file in holding(kafka.folder, own)}
    assert found == {f"{plain}-0"}


def holding(folder: Path, text: bytes) -> Iterator[Path]:
    """The segments of a broker's log in which this stands."""
    return (file for file in folder.rglob("*.log") if text in file.read_bytes())
