"""Programs that seal and open by themselves, on a real Kafka that sees ciphertext only."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Message

from streamward.app import open_sealer
from streamward.dev.kafka import KafkaServer
from streamward.sdk import RecordRefused, Sealer
from streamward.sdk.aio import AIOOpeningConsumer, AIOSealingProducer
from streamward.sdk.confluent import OpeningConsumer, SealingProducer
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
