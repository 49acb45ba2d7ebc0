"""What coroutines sign leaves in that order, whatever waits, fails or is cancelled in between."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from aiokafka import ConsumerRecord

from streamward.sdk import NotSignable, Parts, RecordRefused, Sealer, Signer
from streamward.sdk.aio_signing import AIOSigningProducer, AIOVerifyingConsumer
from tests.unit.sdk.test_signer import TIME, bundle, shop

__all__ = ["bundle"]  # a fixture


class Client:
    """Takes a record when it is let; it is both a producer and a consumer of what it took."""

    def __init__(self, **settings: object) -> None:
        self.settings = settings
        self.records: list[ConsumerRecord[Any, Any]] = []
        self.waits: Callable[[int], Awaitable[None]] | None = None
        self.offered = 0

    async def send(
        self, topic: str, value: Any, key: Any, partition: int, at: int, headers: Any
    ) -> asyncio.Future[Any]:
        self.offered += 1
        if self.waits is not None:
            await self.waits(self.offered)
        offset = len(self.records)
        self.records.append(ConsumerRecord(
            topic, partition, offset, at, 0, key, value, None, 0, 0, tuple(headers or ())
        ))  # fmt: skip
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(offset)
        return done

    async def getone(self, *_: object) -> ConsumerRecord[Any, Any]:
        return self.records.pop(0)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()

    def make(**settings: object) -> Client:
        made.settings = settings
        return made

    monkeypatch.setattr("streamward.sdk.aio_signing.AIOKafkaProducer", make)
    return made


def counters(signer: Signer, client: Client) -> list[int]:
    """Of what the client took, each verified where it lies."""
    found = []
    for each in client.records:
        parts = Parts(each.key, each.value, each.headers)
        by = signer.verify(each.topic, parts, each.timestamp, each.partition)[1]
        assert by is not None
        found.append(by.counter)
    return found


def test_it_is_idempotent_and_what_it_signs_is_verified_by_the_other(
    bundle: Path, client: Client
) -> None:
    signer = shop(bundle)
    producer = AIOSigningProducer({"bootstrap_servers": "a:1"}, signer)
    assert client.settings == {"enable_idempotence": True, "bootstrap_servers": "a:1"}
    consumer = AIOVerifyingConsumer(cast("Any", client), signer)

    async def scenario() -> list[ConsumerRecord[Any, Any]]:
        await producer.send_and_wait("s.a", b"v", b"k", 0, TIME, [("h", b"1")])
        await producer.send_and_wait("s.a", None, b"k", 0)
        await producer.send_and_wait("other", b"v")
        return [await consumer.getone() for _ in range(3)]

    first, back, other = asyncio.run(scenario())
    assert (first.key, first.value, first.headers) == (b"k", b"v", (("h", b"1"),))
    assert (first.timestamp, back.value, back.headers) == (TIME, None, ())
    assert (other.value, other.headers) == (b"v", ())


def test_tasks_never_overtake_each_other_on_a_partition(bundle: Path, client: Client) -> None:
    signer = shop(bundle)
    producer = AIOSigningProducer({}, signer)

    async def turns(offered: int) -> None:
        # Each waits longer than the one behind it, if that one could come past it.
        for _ in range(20 - offered % 20):
            await asyncio.sleep(0)

    client.waits = turns

    async def scenario() -> None:
        await asyncio.gather(*(producer.send("s.a", b"v", partition=0) for _ in range(20)))

    asyncio.run(scenario())
    assert counters(signer, client) == list(range(20))


def test_a_partition_that_waits_holds_up_no_other(bundle: Path, client: Client) -> None:
    signer = shop(bundle)
    producer = AIOSigningProducer({}, signer)

    async def scenario() -> None:
        free = asyncio.Event()

        async def first_waits(offered: int) -> None:
            if offered == 1:
                await free.wait()

        client.waits = first_waits
        held = asyncio.create_task(producer.send("s.a", b"v", partition=0))
        await asyncio.sleep(0)
        await producer.send("s.a", b"v", partition=1)
        assert [each.partition for each in client.records] == [1]
        free.set()
        await held

    asyncio.run(scenario())
    assert counters(signer, client) == [0, 0]


def test_what_is_cancelled_or_not_taken_leaves_no_gap(bundle: Path, client: Client) -> None:
    signer = shop(bundle)
    producer = AIOSigningProducer({}, signer)

    async def scenario() -> None:
        waiting = asyncio.Event()

        async def some_fail(offered: int) -> None:
            if offered == 2:
                waiting.set()
                await asyncio.Event().wait()
            if offered == 3:
                raise BufferError

        client.waits = some_fail
        await producer.send("s.a", b"v", partition=0)
        cancelled = asyncio.create_task(producer.send("s.a", b"v", partition=0))
        behind = asyncio.create_task(producer.send("s.a", b"v", partition=0))
        await waiting.wait()
        cancelled.cancel()
        with pytest.raises(BufferError):
            await behind
        with pytest.raises(NotSignable):
            await producer.send("s.a", b"v")
        await producer.send("s.a", b"v", partition=0)

    asyncio.run(scenario())
    assert counters(signer, client) == [0, 1]


def test_what_others_signed_meanwhile_keeps_its_counter(bundle: Path) -> None:
    signer, plain = shop(bundle), Parts(None, b"v")
    with pytest.raises(BufferError), signer.signing_meanwhile("s.a", plain, TIME, 0):
        signer.sign("s.a", plain, TIME, 0)
        raise BufferError
    by = signer.verify("s.a", signer.sign("s.a", plain, TIME, 0), TIME, 0)[1]
    assert by is not None
    assert by.counter == 2


def test_what_does_not_verify_is_never_handed_over(bundle: Path, client: Client) -> None:
    signer = shop(bundle)
    producer = AIOSigningProducer({}, signer)
    consumer = AIOVerifyingConsumer(cast("Any", client), signer)

    async def scenario() -> None:
        for _ in range(5):
            await producer.send("s.a", b"v", partition=0)
        good = client.records[0]
        client.records[1] = dataclasses.replace(good, offset=1, value=b"w")
        client.records[2] = dataclasses.replace(good, offset=2, headers=())
        client.records[3] = dataclasses.replace(good, offset=3, partition=1)
        assert (await consumer.getone()).value == b"v"
        for offset in (1, 2, 3):
            with pytest.raises(RecordRefused, match=f"offset {offset}"):
                await consumer.getone()
        async for record in consumer:
            assert record.offset == 4
            break

    asyncio.run(scenario())


def test_a_header_that_is_no_text_is_refused(bundle: Path) -> None:
    class Odd:
        async def getone(self) -> None:
            b"\xff".decode()

    consumer = AIOVerifyingConsumer(cast("Any", Odd()), shop(bundle))
    with pytest.raises(RecordRefused, match="no text"):
        asyncio.run(consumer.getone())


class Upside:
    """Seals and opens by turning values round."""

    def seal(self, topic: str, parts: Parts, partition: int | None = None) -> Parts:
        return dataclasses.replace(parts, value=(parts.value or b"")[::-1])

    open = seal


def test_what_is_sealed_is_signed_as_it_lies_there_and_opened_when_it_verifies(
    bundle: Path, client: Client
) -> None:
    signer, sealer = shop(bundle), cast("Sealer", Upside())
    producer = AIOSigningProducer({}, signer, sealer)
    consumer = AIOVerifyingConsumer(cast("Any", client), signer, sealer)

    async def scenario() -> None:
        await producer.send("s.a", b"ab", partition=0)
        assert client.records[0].value == b"ba"
        assert counters(signer, client) == [0]
        assert (await consumer.getone()).value == b"ab"

    asyncio.run(scenario())
