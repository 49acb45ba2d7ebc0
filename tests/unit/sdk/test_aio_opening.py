"""Coroutines that read miss no record, whatever stands in the way of opening it, or cancels it."""

import asyncio
import threading
from typing import Any, cast

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError

from streamward.sdk import Parts, RecordRefused
from streamward.sdk.aio import AIOOpeningConsumer, WrappedAIOConsumer
from streamward.sdk.aio_signing import AIOVerifyingConsumer
from streamward.sdk.door_client import DoorUnavailable, GrantDenied

RECORDS = [b"0", b"1", b"2", b"3"]


class Lying:
    """A consumer that hands over what lies in partition 3 of `t`, in its order."""

    def __init__(self) -> None:
        self.at = 0
        """What it would commit."""
        self.assigned = True
        self.three = asyncio.Event()
        """The third record has been taken."""

    async def getone(self, *_: object) -> ConsumerRecord[Any, Any]:
        offset = self.at
        if offset >= len(RECORDS):
            await asyncio.Event().wait()
        self.at += 1
        if self.at == 3:
            self.three.set()
        value = RECORDS[offset]
        return ConsumerRecord("t", 3, offset, 0, 0, None, value, None, 0, len(value), ())

    def seek(self, place: TopicPartition, offset: int) -> None:
        if not self.assigned:
            raise IllegalStateError
        assert place == TopicPartition("t", 3)
        self.at = offset

    async def seek_to_beginning(self, *_: TopicPartition) -> None:
        self.at = 0

    async def seek_to_end(self, *_: TopicPartition) -> None:
        self.at = len(RECORDS)

    async def seek_to_committed(self, *_: TopicPartition) -> None:
        self.at = 2


class Both:
    """A sealer and a signer that take what is in nobody's way; some records take a while."""

    def __init__(self) -> None:
        self.trouble: dict[bytes | None, Exception] = {}
        self.holds: dict[bytes | None, threading.Event] = {}
        self.begun = threading.Semaphore(0)

    def open(self, topic: str, parts: Parts, partition: int) -> Parts:
        assert (topic, partition) == ("t", 3)
        if parts.value in self.holds:
            self.begun.release()
            assert self.holds[parts.value].wait(60)
        if parts.value in self.trouble:
            raise self.trouble[parts.value]
        return parts

    def verify(
        self, topic: str, parts: Parts, timestamp: int, partition: int
    ) -> tuple[Parts, None]:
        return parts, None


@pytest.fixture
def both() -> Both:
    return Both()


@pytest.fixture(params=[AIOOpeningConsumer, AIOVerifyingConsumer])
def reader(request: pytest.FixtureRequest, both: Both) -> WrappedAIOConsumer:
    kind, lying = request.param, cast("Any", Lying())
    taken = (both,) if kind is AIOOpeningConsumer else (both, both)
    return cast("WrappedAIOConsumer", kind(lying, *taken))


async def values(reader: WrappedAIOConsumer, count: int) -> list[Any]:
    return [(await reader.getone()).value for _ in range(count)]


@pytest.mark.parametrize("why", [
    DoorUnavailable("the door is away"), GrantDenied("not for you"), RuntimeError("odd")
])  # fmt: skip
def test_what_cant_be_opened_now_is_not_skipped(
    reader: WrappedAIOConsumer, both: Both, why: Exception
) -> None:
    async def scenario() -> list[Any]:
        both.trouble[b"1"] = why
        found = await values(reader, 1)
        for _ in range(3):
            with pytest.raises(type(why)):
                await reader.getone()
            assert reader._client.at == 1, "nothing commits past it"
        both.trouble.clear()
        return found + await values(reader, 3)

    assert asyncio.run(scenario()) == RECORDS


def test_a_loop_that_is_left_goes_on_with_the_same_record(
    reader: WrappedAIOConsumer, both: Both
) -> None:
    async def scenario() -> list[Any]:
        both.trouble[b"2"] = DoorUnavailable("the door is away")
        found = []
        with pytest.raises(DoorUnavailable):
            async for record in reader:
                found.append(record.value)
        both.trouble.clear()
        async for record in reader:
            found.append(record.value)
            if len(found) == len(RECORDS):
                break
        return found

    assert asyncio.run(scenario()) == RECORDS


def test_what_is_cancelled_while_it_is_opened_comes_again(
    reader: WrappedAIOConsumer, both: Both
) -> None:
    async def scenario() -> list[Any]:
        held = both.holds[b"0"] = threading.Event()
        task = asyncio.create_task(reader.getone())
        assert await asyncio.to_thread(both.begun.acquire, timeout=60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        held.set()
        return await values(reader, 4)

    assert asyncio.run(scenario()) == RECORDS


def test_what_is_refused_is_gone_past(reader: WrappedAIOConsumer, both: Both) -> None:
    async def scenario() -> list[Any]:
        both.trouble[b"1"] = RecordRefused("it is forged")
        found = await values(reader, 1)
        with pytest.raises(RecordRefused, match="partition 3, offset 1: it is forged"):
            await reader.getone()
        return found + await values(reader, 2)

    assert asyncio.run(scenario()) == [b"0", b"2", b"3"]


@pytest.mark.parametrize("ends", ["well", "in trouble", "cancelled"])
def test_tasks_that_read_at_once_are_given_the_records_in_their_order(
    reader: WrappedAIOConsumer, both: Both, ends: str
) -> None:
    """The first takes long, and the others have what lies behind it already."""

    async def scenario() -> tuple[list[Any], int]:
        held = both.holds[b"0"] = threading.Event()
        found: list[Any] = []

        async def reads() -> None:
            found.append((await reader.getone()).value)

        first = asyncio.create_task(reads())
        assert await asyncio.to_thread(both.begun.acquire, timeout=60)
        behind = [asyncio.create_task(reads()) for _ in range(2)]
        await reader._client.three.wait()
        if ends == "in trouble":
            both.trouble[b"0"] = DoorUnavailable("the door is away")
            held.set()
            with pytest.raises(DoorUnavailable):
                await first
            both.trouble.clear()
        else:
            held.set()
            if ends == "cancelled":
                behind.pop(0).cancel()
            await first
        await asyncio.gather(*behind)
        return found, reader._client.at

    # Whatever was not handed over comes, and comes once.
    found, at = asyncio.run(scenario())
    assert found == RECORDS[: len(found)]
    assert (len(found), at) == ((3, 3) if ends == "well" else (2, 2))


def test_a_partition_that_others_have_by_now_is_theirs(
    reader: WrappedAIOConsumer, both: Both
) -> None:
    reader._client.assigned = False
    both.trouble[b"0"] = DoorUnavailable("the door is away")
    with pytest.raises(DoorUnavailable):
        asyncio.run(reader.getone())


@pytest.mark.parametrize(("sought", "at"), [
    (lambda it: it.seek(TopicPartition("t", 3), 1), 1),
    (lambda it: it.seek_to_beginning(), 0),
    (lambda it: it.seek_to_end(TopicPartition("t", 3)), 4),
    (lambda it: it.seek_to_committed(), 2),
])  # fmt: skip
def test_where_the_program_seeks_to_is_not_left_for_what_was_under_way(
    reader: WrappedAIOConsumer, both: Both, sought: Any, at: int
) -> None:
    async def scenario() -> None:
        held = both.holds[b"0"] = threading.Event()
        both.trouble[b"0"] = DoorUnavailable("the door is away")
        task = asyncio.create_task(reader.getone())
        assert await asyncio.to_thread(both.begun.acquire, timeout=60)
        waits = sought(reader)
        if waits is not None:
            await waits
        held.set()
        with pytest.raises(DoorUnavailable):
            await task

    asyncio.run(scenario())
    assert reader._client.at == at
