"""Programs that seal and open by themselves, on a real Kafka that sees ciphertext only."""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Message

from streamward.app import open_sealer
from streamward.dev.kafka import KafkaServer
from streamward.sdk import RecordRefused, Sealer
from streamward.sdk.aio import AIOOpeningConsumer, AIOSealingProducer
from streamward.sdk.confluent import OpeningConsumer, SealingProducer
from streamward.sdk.door_client import DoorUnavailable
from tests.support.bundles import write_bundle
from tests.support.confluent import consumer, create_topics, produce, read
from tests.support.endpoints import Endpoint

PREFIX = "conformance.sealed."
SECRET = b"4929 1234 5678 9012"
SECONDS = 30.0

SEALING = f"""\
kind: KeyProvider
name: local
type: local-file
---
kind: AccessClass
name: settling
readers: ["role:tester"]
owner: tests
---
kind: KeyRing
name: cards
data_class: test-data
access_class: settling
provider: local
key: cards
---
kind: Stream
prefix: {PREFIX}
classes: [test-data]
seal: {{ring: cards, key: deterministic, headers: [card]}}
"""


@pytest.fixture(scope="module")
def folder(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle = write_bundle(tmp_path_factory.mktemp("sealing") / "bundle", kafka.bootstrap())
    (bundle.folder / "sealing.yaml").write_text(SEALING)
    return bundle.folder


@pytest.fixture
def sealer(folder: Path) -> Iterator[Sealer]:
    with open_sealer(folder, state_dir=folder.parent / "state") as opened:
        yield opened


@pytest.fixture
def topic(direct: Endpoint) -> str:
    name = f"{PREFIX}{uuid.uuid4().hex[:12]}"
    create_topics(direct, name)
    return name


def sealed(direct: Endpoint, sealer: Sealer, topic: str, count: int, **settings: object) -> None:
    producer = SealingProducer(direct.librdkafka(**settings), sealer)
    for index in range(count):
        headers = {"card": SECRET, "trace": b"7"}
        producer.produce(topic, SECRET + b" %d" % index, f"card-{index % 3}", headers=headers)
    assert producer.flush(SECONDS) == 0


def opening(direct: Endpoint, sealer: Sealer, topic: str, **options: object) -> OpeningConsumer:
    group = f"{topic}-{uuid.uuid4().hex}"
    settings = direct.librdkafka(group_id=group) | {"auto.offset.reset": "earliest"}
    reader = OpeningConsumer(settings, sealer, **options)
    reader.subscribe([topic])
    return reader


def opened(reader: OpeningConsumer, count: int) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < count:
        message = reader.poll(SECONDS)
        assert message is not None, f"{len(messages)} of {count} records came"
        assert message.error() is None, message.error()
        messages.append(message)
    reader.close()
    return messages


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_the_broker_holds_ciphertext_and_the_reader_sees_the_records(
    kafka: KafkaServer, direct: Endpoint, sealer: Sealer, topic: str, compression: str
) -> None:
    sealed(direct, sealer, topic, 30, compression_type=compression)

    messages = opened(opening(direct, sealer, topic), 30)

    assert [message.value() for message in messages] == [SECRET + b" %d" % i for i in range(30)]
    assert {message.key() for message in messages} == {b"card-0", b"card-1", b"card-2"}
    assert all(message.headers() == [("card", SECRET), ("trace", b"7")] for message in messages)
    on_disk = b"".join(
        file.read_bytes() for file in kafka.folder.rglob(f"{topic}-0/*.log") if file.is_file()
    )
    assert on_disk
    assert SECRET not in on_disk
    assert b"card-0" not in on_disk
    raw = consumer(direct, f"{topic}-raw")
    raw.subscribe([topic])
    assert all(SECRET not in value for value in read(raw, 30))
    raw.close()


def test_another_process_opens_with_keys_of_the_same_store(
    direct: Endpoint, folder: Path, topic: str
) -> None:
    state = folder.parent / "state"
    with open_sealer(folder, state_dir=state) as writer:
        sealed(direct, writer, topic, 3)
    with open_sealer(folder, state_dir=state) as reader:
        assert len(opened(opening(direct, reader, topic), 3)) == 3
    with open_sealer(folder, state_dir=folder.parent / "elsewhere") as stranger:
        refused: list[RecordRefused] = []
        reader = opening(direct, stranger, topic, on_refused=lambda _, why: refused.append(why))
        deadline = time.monotonic() + SECONDS
        while len(refused) < 3 and time.monotonic() < deadline:
            assert reader.poll(1.0) is None
        reader.close()
    assert len(refused) == 3
    assert all("unknown key" in str(why) for why in refused)


def test_plaintext_that_somebody_wrote_past_it_is_refused(
    direct: Endpoint, sealer: Sealer, topic: str
) -> None:
    sealed(direct, sealer, topic, 1)
    produce(direct, topic, [b"injected"])
    sealed(direct, sealer, topic, 1)
    reader = opening(direct, sealer, topic)

    first = reader.poll(SECONDS)
    with pytest.raises(RecordRefused, match=r"partition 0, offset 1: .*plaintext"):
        reader.poll(SECONDS)
    third = reader.poll(SECONDS)
    reader.close()

    assert first is not None
    assert third is not None
    assert (first.offset(), third.offset()) == (0, 2)


def test_a_committed_transaction_is_opened_and_an_aborted_one_is_not_seen(
    direct: Endpoint, sealer: Sealer, topic: str
) -> None:
    producer = SealingProducer(direct.librdkafka(transactional_id=f"{topic}-t"), sealer)
    producer.init_transactions(SECONDS)
    for value, ends in (
        (b"aborted", producer.abort_transaction),
        (b"kept", producer.commit_transaction),
    ):
        producer.begin_transaction()
        producer.produce(topic, value, b"key")
        ends(SECONDS)

    (message,) = opened(opening(direct, sealer, topic), 1)

    assert message.value() == b"kept"


def test_aiokafka_seals_and_opens_too(direct: Endpoint, sealer: Sealer, topic: str) -> None:
    async def scenario() -> list[tuple[bytes | None, bytes | None]]:
        settings = direct.aiokafka()
        async with AIOSealingProducer(AIOKafkaProducer(**settings), sealer) as producer:
            await producer.send_and_wait(topic, SECRET, b"card-1", headers=[("card", SECRET)])
            await producer.send_and_wait(topic, None, b"card-1")
        consumer = AIOKafkaConsumer(
            topic, **settings, group_id=f"{topic}-aio", auto_offset_reset="earliest"
        )
        async with AIOOpeningConsumer(consumer, sealer) as reader:
            return [
                (each.key, each.value) for each in (await reader.getone(), await reader.getone())
            ]

    async def limited() -> list[tuple[bytes | None, bytes | None]]:
        async with asyncio.timeout(60):
            return await scenario()

    assert asyncio.run(limited()) == [(b"card-1", SECRET), (b"card-1", None)]


class AwayDoor:
    """Where keys come from, which is away for a while."""

    def __init__(self, sealer: Sealer) -> None:
        self._keys = sealer._rings._source
        self.away = False
        self.sealer = Sealer(sealer._streams, self)  # type: ignore[arg-type]

    def goes(self) -> None:
        """It is away, and what it has granted has ended."""
        self.away = True
        self.sealer.forget_keys()

    def open_key(self, question: Mapping[str, Any], /) -> Mapping[str, Any]:
        if self.away:
            raise DoorUnavailable("the door is away")
        return self._keys.open_key(question)


COUNT = 40
Found = dict[int, list[bytes]]


@pytest.fixture
def two_partitions(direct: Endpoint, sealer: Sealer) -> str:
    """A topic with `COUNT` records in each of two partitions."""
    name = f"{PREFIX}{uuid.uuid4().hex[:12]}"
    create_topics(direct, name, partitions=2)
    # Small batches: several fetches, so that some lies with the client and some with the broker.
    producer = SealingProducer(direct.librdkafka(batch_num_messages=10), sealer)
    for index in range(COUNT):
        for partition in range(2):
            producer.produce(name, b"%d" % index, b"key", partition)
    assert producer.flush(SECONDS) == 0
    return name


def whole() -> Found:
    return {partition: [b"%d" % index for index in range(COUNT)] for partition in range(2)}


@pytest.mark.parametrize("at_once", [1, 7])
def test_while_the_door_is_away_no_record_is_skipped_and_none_comes_twice(
    direct: Endpoint, sealer: Sealer, two_partitions: str, at_once: int
) -> None:
    """Neither by who goes on asking, nor by who takes over from where that has committed."""
    door, found = AwayDoor(sealer), defaultdict(list)
    settings = direct.librdkafka(group_id=f"{two_partitions}-{at_once}") | {
        "auto.offset.reset": "earliest",
        "auto.commit.interval.ms": 50,
    }

    def takes_until(reader: OpeningConsumer, count: int) -> None:
        deadline = time.monotonic() + SECONDS
        while sum(map(len, found.values())) < count:
            assert time.monotonic() < deadline, found
            one = reader.poll(1.0) if at_once == 1 else None
            for message in reader.consume(at_once, 1.0) if at_once > 1 else filter(None, [one]):
                assert message.error() is None, message.error()
                found[message.partition()].append(message.value())

    def is_refused(reader: OpeningConsumer, times: int) -> None:
        for _ in range(times):
            with pytest.raises(DoorUnavailable):
                takes_until(reader, 2 * COUNT)

    for part in (COUNT, 2 * COUNT):
        reader = OpeningConsumer(settings, door.sealer)
        reader.subscribe([two_partitions])
        if door.away:
            is_refused(reader, 3)
            door.away = False
        takes_until(reader, part)
        door.goes()
        if part < 2 * COUNT:
            is_refused(reader, 3)
        reader.close()

    assert found == whole()


def test_while_the_door_is_away_coroutines_skip_no_record_either(
    direct: Endpoint, sealer: Sealer, two_partitions: str
) -> None:
    door, found = AwayDoor(sealer), defaultdict(list)

    def consumer() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            two_partitions,
            **direct.aiokafka(),
            group_id=f"{two_partitions}-aio",
            auto_offset_reset="earliest",
            auto_commit_interval_ms=50,
        )

    async def scenario() -> None:
        for part in (COUNT, 2 * COUNT):
            async with AIOOpeningConsumer(consumer(), door.sealer) as reader:
                while sum(map(len, found.values())) < part:
                    record = await reader.getone()
                    found[record.partition].append(record.value)
                    if len(found[record.partition]) == COUNT // 2:
                        door.goes()
                        for _ in range(3):
                            with pytest.raises(DoorUnavailable):
                                await reader.getone()
                        door.away = False

    async def limited() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(limited())
    assert found == whole()
