"""What the log says was exposed is what was on the client's socket, batch by batch."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from confluent_kafka import Producer

from streamward.audit.exposure import Exposure, PartitionPart, Question
from streamward.audit.index import Exposing, opened_index
from streamward.audit.intervals import merged, offsets
from streamward.audit.journal import journal_readers
from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.batches import batches
from tests.support.bundles import write_bundle
from tests.support.confluent import create_topics
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api, Values
from tests.support.raw import RawClient

PARTITIONS = 2
PRINCIPAL = "tester"


@pytest.fixture(scope="module")
def restarting(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A gateway that tests may stop and kill."""
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("exposure") / "bundle", kafka.bootstrap())
    with GatewayProcess(bundle) as process:
        yield process


def exposure(gateway: GatewayProcess, folder: Path, topic: str) -> Exposure:
    """The answer of the log as it is now."""
    question = Question(principal=PRINCIPAL, stream=topic)
    readers = journal_readers(gateway.state / "audit")
    with opened_index(readers, folder / f"{topic}.sqlite") as index:
        return Exposing(index, question).answer()


def parts(answer: Exposure, action: str) -> dict[int, PartitionPart]:
    """What it says of each partition."""
    found = [total for total in answer.totals if total.action == action]
    return {part.partition: part for total in found for part in total.partitions}


class Socket:
    """What came over the wire, decoded from its bytes alone."""

    def __init__(self) -> None:
        self.spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.records: dict[int, int] = defaultdict(int)
        self.bytes: dict[int, int] = defaultdict(int)
        self.cut = 0
        self.answers = 0

    def take(self, answer: Values) -> dict[int, int]:
        """Count an answer; gives for each partition the offset after its last whole batch."""
        reached = {}
        assert answer["ErrorCode"] == 0
        for topic in answer["Responses"]:
            for each in topic["Partitions"]:
                assert each["ErrorCode"] == 0
                partition, data = each["PartitionIndex"], each["Records"] or b""
                for first, last, count, whole in batches(data):
                    self.spans[partition].append((first, last))
                    self.records[partition] += count
                    self.cut += not whole
                    if whole:
                        reached[partition] = last + 1
                self.bytes[partition] += len(data)
                self.answers += bool(data)
        return reached


def half_aborted(endpoint: Endpoint, topic: str, random: Random) -> None:
    """Batches of very different sizes; every other transaction is aborted."""
    producer = Producer(
        endpoint.librdkafka(transactional_id=f"{topic}-transaction", linger_ms=5, batch_size=30_000)
    )
    producer.init_transactions(30)
    for number in range(6):
        producer.begin_transaction()
        for _ in range(15):
            value = random.randbytes(random.choice([10, 500, 8_000]))
            producer.produce(topic, value, partition=random.randrange(PARTITIONS))
        producer.flush(30)
        (producer.abort_transaction if number % 2 else producer.commit_transaction)(30)


def test_the_answer_is_what_was_on_the_socket(
    restarting: GatewayProcess,
    direct: Endpoint,
    apis: dict[str, Api],
    unique: str,
    tmp_path: Path,
) -> None:
    """Aborts, pieces, repeats, fetch sessions, other connections, a restart and a crash."""
    random = Random(7)
    create_topics(direct, unique, partitions=PARTITIONS)
    half_aborted(direct, unique, random)
    endpoint, socket = restarting.bundle.endpoint(PRINCIPAL), Socket()
    next_offsets = dict.fromkeys(range(PARTITIONS), 0)
    for turn in range(6):
        with RawClient(endpoint) as client:
            identity = requests.topic_id(client, apis, unique)
            session, epoch = (0, 0) if turn % 2 else (0, -1)
            for _ in range(5):
                most = random.choice([1, 20_000, 70_000, 400_000])
                asked = [
                    {
                        "Partition": partition,
                        # Now and then again from an offset in the midst of a batch.
                        "FetchOffset": offset if random.random() < 0.7 else offset // 2,
                        "PartitionMaxBytes": most,
                    }
                    for partition, offset in next_offsets.items()
                ]
                values = {
                    **requests.fetch(unique, identity),
                    "MaxBytes": 1_000_000,
                    "SessionId": session,
                    "SessionEpoch": epoch,
                }
                values["Topics"][0]["Partitions"] = asked
                answer = client.request(apis["Fetch"], 12, values)
                next_offsets |= socket.take(answer)
                if epoch >= 0:
                    session, epoch = answer["SessionId"], epoch + 1
        if turn == 2:
            restarting.stop()
            restarting.start()
        if turn == 3:
            restarting.kill()
            restarting.start()

    def told() -> dict[int, int]:
        found = parts(exposure(restarting, tmp_path, unique), "Read")
        return {partition: int(part.records) for partition, part in found.items()}

    eventually(lambda: told() == socket.records, 30)
    found = parts(exposure(restarting, tmp_path, unique), "Read")
    assert socket.answers > 20
    for partition, spans in socket.spans.items():
        part = found[partition]
        assert [(int(low), int(high)) for low, high in part.ranges] == merged(spans)
        assert int(part.offsets) == offsets(merged(spans))
        assert int(part.records) == socket.records[partition]
        if not socket.cut:
            assert int(part.bytes) == socket.bytes[partition]
        assert part.unknown_records == "0"
    assert found.keys() == socket.spans.keys()


def test_what_nobody_acknowledged_is_unknown_and_a_repeat_is_written_once(
    restarting: GatewayProcess,
    direct: Endpoint,
    apis: dict[str, Api],
    unique: str,
    tmp_path: Path,
) -> None:
    create_topics(direct, unique)
    with RawClient(restarting.bundle.endpoint(PRINCIPAL)) as client:
        identity = requests.topic_id(client, apis, unique)
        for _ in range(3):
            answer = client.request(apis["Produce"], 9, requests.produce(unique, identity))
            assert answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"] == 0
        for _ in range(2):
            client.send(apis["Produce"], 9, requests.produce(unique, identity, acks=0))
        client.request(apis["ApiVersions"], 3, {"ClientSoftwareName": "raw"})

    def written() -> PartitionPart | None:
        return parts(exposure(restarting, tmp_path, unique), "Write").get(0)

    eventually(lambda: (part := written()) is not None and part.records == "5", 30)
    part, answer = written(), exposure(restarting, tmp_path, unique)
    assert part is not None
    assert (part.ranges, part.records, part.unknown_records) == ((("0", "2"),), "5", "2")
    assert not answer.complete
