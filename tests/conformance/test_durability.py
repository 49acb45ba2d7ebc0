"""The log holds what clients wrote and read: offset by offset, through crashes and a full disk."""

import os
import re
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.batches import batches
from tests.support.bundles import write_bundle
from tests.support.confluent import consumer, create_topics, produce, read
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, leaves, of_kind, settled
from tests.support.gateway import GatewayProcess
from tests.support.load import Load, Reading
from tests.support.messages import Api
from tests.support.ocsf import problems
from tests.support.raw import RawClient
from tests.support.topologies import add_listener, at_port

KAFKA_STORAGE_ERROR = 56


@dataclass(frozen=True)
class Durable:
    """A gateway whose listeners differ in what is on disk before an answer."""

    gateway: GatewayProcess
    ports: dict[str, int]

    def at(self, listener: str) -> Endpoint:
        return at_port(self.gateway.bundle, "tester", self.ports[listener])


@pytest.fixture(scope="module")
def durable(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Durable]:
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("durable") / "bundle", kafka.bootstrap())
    ports = {
        "grouped": bundle.bootstrap_port,
        "strict": add_listener(bundle, "strict", durability="strict"),
        "serving": add_listener(bundle, "serving", unrecorded="serve"),
    }
    with GatewayProcess(bundle) as process:
        yield Durable(process, ports)


@dataclass
class Sent:
    """The broker's word for what was written: the offsets in delivery reports."""

    offsets: list[int]
    errors: list[KafkaError]

    def delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.errors.append(error)
        else:
            self.offsets.append(message.offset() or 0)


def transactions(endpoint: Endpoint, topic: str, compression: str, values: list[bytes]) -> Sent:
    """Half of the values in a transaction that is aborted, half in one that is committed."""
    sent = Sent([], [])
    producer = Producer(
        endpoint.librdkafka(
            transactional_id=f"{topic}-transaction", compression_type=compression, linger_ms=20
        )
    )
    producer.init_transactions(30)
    half = len(values) // 2
    for part, end in (
        (values[:half], producer.abort_transaction),
        (values[half:], producer.commit_transaction),
    ):
        producer.begin_transaction()
        for value in part:
            producer.produce(topic, value, on_delivery=sent.delivered)
        producer.flush(30)
        end(30)
    return sent


def high_watermark(endpoint: Endpoint, topic: str) -> int:
    """The offset that the next record of partition 0 gets."""
    reader = consumer(endpoint, f"{topic}-watermark")
    try:
        return reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1]
    finally:
        reader.close()


def read_to_the_end(endpoint: Endpoint, topic: str, end: int) -> set[int]:
    """The offsets that a consumer outside of any group gets to see."""
    reader = consumer(
        endpoint, f"{topic}-group", enable_partition_eof=True, isolation_level="read_uncommitted"
    )
    seen: set[int] = set()
    deadline = time.monotonic() + 30
    try:
        reader.assign([TopicPartition(topic, 0, 0)])
        while time.monotonic() < deadline:
            message = reader.poll(0.5)
            if message is None:
                continue
            if message.error() is None:
                seen.add(message.offset() or 0)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                return seen
    finally:
        reader.close()
    raise AssertionError(f"{len(seen)} of {end} offsets came")


# What the log says


@pytest.mark.parametrize(
    ("listener", "compression", "size"),
    [
        ("grouped", "none", 20),
        ("grouped", "zstd", 20_000),
        ("strict", "gzip", 2_000),
        ("strict", "none", 20_000),
    ],
)
def test_the_log_names_each_offset_that_was_written_and_read(
    durable: Durable, direct: Endpoint, topic: str, listener: str, compression: str, size: int
) -> None:
    endpoint = durable.at(listener)
    values = [str(number).encode().ljust(size, b"%d" % (number % 10)) for number in range(60)]
    sent = transactions(endpoint, topic, compression, values)
    end = high_watermark(direct, topic)
    seen = read_to_the_end(endpoint, topic, end)

    written = settled(durable.gateway, topic, "Write", set(sent.offsets))
    assert sent.errors == []
    assert sorted(written.offsets) == sorted(sent.offsets)
    assert (written.records, written.unknown) == (len(values), 0)
    assert seen == set(sent.offsets)
    # Markers of transactions are in what a reader is sent, and are no records.
    was_read = settled(durable.gateway, topic, "Read", set(range(end)))
    assert was_read.all == set(range(end))
    assert was_read.records >= len(values)


@pytest.mark.parametrize("listener", ["grouped", "strict"])
@pytest.mark.parametrize("most", [30_000, 5_000_000])
def test_one_answer_is_counted_exactly(
    durable: Durable, direct: Endpoint, apis: dict[str, Api], topic: str, listener: str, most: int
) -> None:
    values = [str(number).encode() * 2000 for number in range(200)]
    produce(direct, topic, values, batch_size=20_000, linger_ms=5)
    with RawClient(durable.at(listener)) as client:
        wanted = requests.fetch(
            topic, requests.topic_id(client, apis, topic), 7, PartitionMaxBytes=most
        )
        answer = client.request(apis["Fetch"], 12, wanted | {"MaxBytes": most})
    records = answer["Responses"][0]["Partitions"][0]["Records"]
    got = batches(records)
    assert (len(records) > 64 * 1024) is (most > 64 * 1024)
    offsets = {offset for first, last, *_ in got for offset in range(first, last + 1)}
    logged = settled(durable.gateway, topic, "Read", offsets)
    assert sorted(logged.offsets) == sorted(offsets)
    assert logged.records == sum(count for *_, count, _ in got)
    if all(whole for *_, whole in got):
        assert logged.bytes == len(records)


# After a crash


@contextmanager
def paused(kafka: KafkaServer) -> Iterator[None]:
    """The broker's machine stands still; what is sent to it waits in its sockets."""
    records = [node.process for node in kafka.nodes if node.process is not None]
    for record in records:
        os.kill(record.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for record in records:
            os.kill(record.pid, signal.SIGCONT)


def test_a_record_whose_acknowledgement_the_gateway_did_not_live_to_see_is_counted(
    durable: Durable, kafka: KafkaServer, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(durable.at("grouped")) as raw:
        values = requests.produce(topic, requests.topic_id(raw, apis, topic))
        raw.request(apis["Produce"], 9, values)
        with paused(kafka):
            raw.send(apis["Produce"], 9, values)
            time.sleep(2.0)
            durable.gateway.terminate()
            assert durable.gateway.wait() == 0, durable.gateway.tail()
    durable.gateway.start()

    def there() -> bool:
        # A broker that has stood still takes a while until it answers again.
        try:
            return high_watermark(direct, topic) == 2
        except KafkaException:
            return False

    assert eventually(there, 60.0)
    written = settled(durable.gateway, topic, "Write", {0})
    assert (written.offsets, written.unknown) == ([0], 1)


@pytest.mark.slow
@pytest.mark.parametrize("listener", ["grouped", "strict"])
def test_what_was_acknowledged_or_read_before_a_crash_is_in_the_log(
    durable: Durable, direct: Endpoint, topic: str, listener: str
) -> None:
    endpoint = durable.at(listener)
    load, reading = Load(endpoint, topic), Reading(endpoint, topic)
    load.start()
    reading.start()
    for _ in range(2):
        load.wait_for(400)
        durable.gateway.kill()
        durable.gateway.start()
    load.wait_for(400)
    load.stop()
    end = high_watermark(direct, topic)
    assert eventually(lambda: len(reading.places) >= end, 30), (len(reading.places), end)
    reading.stop()
    seen = [offset for _, offset in reading.places]

    acknowledged = [offset for _, offset, _ in load.acknowledged]
    assert load.errors == []
    assert sorted(acknowledged) == list(range(end)), "a record was written twice"
    assert seen == list(range(end))
    for action, known in (("Write", set(acknowledged)), ("Read", set(seen))):
        logged = settled(durable.gateway, topic, action, known)
        assert known - logged.all == set(), action
        assert logged.all <= set(range(end)), action
        assert logged.recovered, action
    assert any("recovered" in part["reason"] for part in of_kind(durable.gateway, "lifecycle"))


class SlowReader(RawClient):
    """A client that takes little of an answer at a time, and keeps what it took."""

    def take(self, count: int) -> None:
        """Read so many bytes. Raises OSError where the peer is gone."""
        wanted = len(self.received) + count
        while len(self.received) < wanted:
            chunk = self.socket.recv(65_536)
            if not chunk:
                raise ConnectionError("the peer closed the connection")
            self.received += chunk

    def batches(self) -> list[tuple[int, int, int, bool]]:
        """The record batches of what was taken; the first begins with offset 0 and magic 2."""
        begin = re.search(rb"\0{8}[\s\S]{8}\x02", self.received)
        assert begin is not None
        return batches(bytes(self.received[begin.start() :]))


def slow_reader(durable: Durable, apis: dict[str, Api], topic: str, direct: Endpoint) -> SlowReader:
    """A reader that has taken a part of an answer of some megabytes."""
    values = [str(number).encode().ljust(20_000, b"x") for number in range(400)]
    produce(direct, topic, values, batch_size=50_000, linger_ms=5)
    client = SlowReader(durable.at("grouped"), seconds=20.0)
    identity = requests.topic_id(client, apis, topic)
    values = requests.fetch(topic, identity, PartitionMaxBytes=50_000_000)
    client.received.clear()
    client.send(apis["Fetch"], 12, values | {"MaxBytes": 50_000_000})
    client.take(1_000_000)
    return client


def test_what_was_read_of_an_answer_before_a_crash_is_in_the_log(
    durable: Durable, apis: dict[str, Api], direct: Endpoint, topic: str
) -> None:
    with slow_reader(durable, apis, topic, direct) as client:
        durable.gateway.kill()
        # What the kernel still holds for the client was sent to it as well.
        with pytest.raises(OSError):
            client.take(20_000_000)
        got = client.batches()
    durable.gateway.start()
    seen = {offset for first, last, *_ in got for offset in range(first, last + 1)}
    assert 40 < len(seen) < 400
    logged = settled(durable.gateway, topic, "Read", seen)
    assert seen - logged.all == set()
    assert logged.all != set(range(400)), "the log names what can't have been sent"


# While the log can't be written


@contextmanager
def full_disk(durable: Durable, apis: dict[str, Api] | None) -> Iterator[None]:
    """No file of the gateway's process may grow past what the journal has.

    With `apis` it begins when the gateway has noticed.
    """
    pid = durable.gateway.pid
    time.sleep(1.2)  # what was moved is rolled up
    segment = max((durable.gateway.state / "audit" / "journal").glob("*.swj"))
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    marker = len(durable.gateway.log.read_bytes())
    # The gateway's own output must not be in its way.
    size = segment.stat().st_size
    assert marker + 20_000 < size, "the journal is too short for this test"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:

        def felt() -> bool:
            try:
                with RawClient(durable.at("grouped"), seconds=2.0) as client:
                    assert apis is not None
                    client.request(apis["ApiVersions"], 3, {"ClientSoftwareName": "raw"})
            except (OSError, AssertionError):
                return b"the journal can't be written" in durable.gateway.log.read_bytes()[marker:]
            return False

        assert apis is None or eventually(felt), durable.gateway.tail()
        yield
    finally:
        if durable.gateway.running:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def lengthen(durable: Durable) -> None:
    """Make the journal longer than the gateway's own output; what came before is entered."""
    names = [f"conformance-none-{number}" for number in range(150)]
    reader = consumer(durable.at("grouped"), "conformance.lengthen")
    try:
        for name in names:
            reader.list_topics(name, timeout=10)
    finally:
        reader.close()
    time.sleep(1.2)


def test_while_the_log_is_full_nothing_is_written_and_later_all_is(
    durable: Durable, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    endpoint = durable.at("grouped")
    lengthen(durable)
    sent = Sent([], [])
    producer = Producer(endpoint.librdkafka(enable_idempotence=True, message_timeout_ms=60_000))
    producer.produce(topic, b"before", on_delivery=sent.delivered)
    assert producer.flush(10) == 0
    with RawClient(endpoint) as raw:
        identity = requests.topic_id(raw, apis, topic)
        with full_disk(durable, apis):
            answer = raw.request(apis["Produce"], 9, requests.produce(topic, identity))
            for number in range(5):
                producer.produce(topic, b"%d" % number, on_delivery=sent.delivered)
            assert producer.flush(2) == 5
            assert high_watermark(direct, topic) == 1
        partition = answer["Responses"][0]["PartitionResponses"][0]
        assert partition["ErrorCode"] == KAFKA_STORAGE_ERROR
        assert producer.flush(30) == 0
        assert (sent.errors, sent.offsets) == ([], list(range(6)))
        again = raw.request(apis["Produce"], 9, requests.produce(topic, identity))
    assert again["Responses"][0]["PartitionResponses"][0]["ErrorCode"] == 0
    written = settled(durable.gateway, topic, "Write", set(range(7)))
    assert (sorted(written.offsets), written.records) == (list(range(7)), 7)


def test_real_clients_wait_while_the_log_is_full(
    durable: Durable, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    endpoint = durable.at("grouped")
    lengthen(durable)
    load = Load(endpoint, topic)
    member = consumer(endpoint, f"{topic}-group", reconnect_backoff_max_ms=500)
    member.subscribe([topic])
    load.start()
    try:
        assert len(read(member, 100)) == 100
        with full_disk(durable, apis):
            written = high_watermark(direct, topic)
            time.sleep(2.0)
            assert high_watermark(direct, topic) == written
        load.wait_for(100)
        load.stop()
        rest = read(member, len(load.acknowledged) - 100)
        member.commit(asynchronous=False)
    finally:
        member.close()
    assert load.errors == []
    assert rest == [b"%d" % number for number in range(100, len(load.acknowledged))]


def test_a_record_that_was_under_way_when_the_log_became_full_is_in_the_gap(
    durable: Durable, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    lengthen(durable)
    gaps = len(of_kind(durable.gateway, "gap"))
    with RawClient(durable.at("grouped")) as raw:
        values = requests.produce(topic, requests.topic_id(raw, apis, topic))
        raw.request(apis["Produce"], 9, values)
        # Nobody knows yet that it is full; the broker writes, and the client is not told.
        with full_disk(durable, None), pytest.raises(OSError):
            raw.request(apis["Produce"], 9, values)
    assert high_watermark(direct, topic) == 2
    assert eventually(lambda: len(of_kind(durable.gateway, "gap")) > gaps)
    assert [each["records"] for each in of_kind(durable.gateway, "gap")[gaps:]] == ["1"]
    assert settled(durable.gateway, topic, "Write", {0}).offsets == [0]


def test_a_reader_waits_while_the_log_is_full(
    durable: Durable, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    produce(direct, topic, [b"secret"])
    lengthen(durable)
    with RawClient(durable.at("grouped")) as raw:
        values = requests.fetch(topic, requests.topic_id(raw, apis, topic))
        with full_disk(durable, apis):
            refused = raw.request(apis["Fetch"], 12, values)
        assert b"secret" not in raw.received
        assert refused["Responses"][0]["Partitions"][0]["ErrorCode"] == KAFKA_STORAGE_ERROR
        assert eventually(lambda: b"secret" in raw_fetch(raw, apis, values), 5)
    assert settled(durable.gateway, topic, "Read", {0}).all == {0}


def raw_fetch(raw: RawClient, apis: dict[str, Api], values: dict) -> bytes:
    """The records of partition 0."""
    answer = raw.request(apis["Fetch"], 12, values)
    return answer["Responses"][0]["Partitions"][0]["Records"] or b""


def test_an_orderly_end_while_the_log_is_full_loses_nothing(
    durable: Durable, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    lengthen(durable)
    assert produce(durable.at("grouped"), topic, [b"value"] * 5) == list(range(5))
    with full_disk(durable, apis):
        durable.gateway.terminate()
        code = durable.gateway.wait()
    assert code == 1, durable.gateway.tail()
    assert re.search(r"^error: cannot write .*swj", durable.gateway.tail(), re.MULTILINE)
    assert "Traceback" not in durable.gateway.tail()
    durable.gateway.start()
    written = settled(durable.gateway, topic, "Write", set(range(5)))
    assert sorted(written.offsets) == list(range(5))


def test_a_listener_that_serves_on_leaves_a_gap_in_the_log(
    durable: Durable, apis: dict[str, Api], topic: str
) -> None:
    lengthen(durable)
    gaps = len(of_kind(durable.gateway, "gap"))
    endpoint = durable.at("serving")
    with RawClient(endpoint) as raw:
        values = requests.produce(topic, requests.topic_id(raw, apis, topic))
        raw.request(apis["Produce"], 9, values)
        with full_disk(durable, apis):
            for _ in range(3):
                answer = raw.request(apis["Produce"], 9, values)
                partition = answer["Responses"][0]["PartitionResponses"][0]
                assert partition["ErrorCode"] == 0
    assert eventually(lambda: len(of_kind(durable.gateway, "gap")) > gaps)
    found = of_kind(durable.gateway, "gap")[gaps:]
    assert "served without a record" in found[0]["reason"]
    # A short frame may still have found room: then its record is in the log, not in the gap.
    missing = sum(int(each["records"]) for each in found)
    assert missing >= 2
    assert settled(durable.gateway, topic, "Write", {0}).records + missing == 4


def test_whoever_is_new_at_a_listener_that_serves_on_is_in_the_gap(
    durable: Durable, direct: Endpoint, apis: dict[str, Api], unique: str
) -> None:
    create_topics(direct, unique)
    lengthen(durable)
    gaps = len(of_kind(durable.gateway, "gap"))
    with full_disk(durable, apis), RawClient(durable.at("serving")) as raw:
        values = requests.produce(unique, requests.topic_id(raw, apis, unique))
        answer = raw.request(apis["Produce"], 9, values)
    assert answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"] == 0
    assert eventually(lambda: len(of_kind(durable.gateway, "gap")) > gaps)
    found = of_kind(durable.gateway, "gap")[gaps:]
    counted = {name: sum(int(each[name]) for each in found) for name in ("records", "accesses")}
    assert counted["records"] == 1
    assert counted["accesses"] >= 1
    # Others came and went meanwhile at the listener that refuses; they are in no gap.
    assert sum(int(each["authentications"]) for each in found) == 1


# What all of the above left behind


def test_every_entry_of_crashes_and_gaps_is_an_event_of_ocsf(durable: Durable) -> None:
    found = [(leaf["streaming"]["kind"], problems(leaf)) for leaf in leaves(durable.gateway)]
    assert [each for each in found if each[1]] == []
    assert found
