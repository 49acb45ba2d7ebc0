"""Sealing and opening around aiokafka's producer and consumer."""

from __future__ import annotations

import asyncio
import dataclasses
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakValueDictionary

from streamward.log import Logger
from streamward.sdk.ports import RecordRefused
from streamward.sdk.sealer import Headers, Parts, Sealer
from streamward.sdk.wrapped import Wrapped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

log = Logger(__name__)

_Place = tuple[str, int]
"""A topic and one of its partitions."""

_SENDS_NOTHING: Final = (
    "start stop flush partitions_for transaction begin_transaction commit_transaction "
    "abort_transaction send_offsets_to_transaction"
)
_HANDS_NOTHING_OVER: Final = (
    "start stop subscribe unsubscribe subscription assign assignment seek seek_to_beginning "
    "seek_to_committed seek_to_end position pause paused resume commit committed topics "
    "partitions_for_topic beginning_offsets end_offsets offsets_for_times highwater "
    "last_poll_timestamp last_stable_offset"
)


class WrappedAIOProducer(Wrapped, ABC):
    """What of an `AIOKafkaProducer` sends nothing, and a `send` of its own."""

    _handed_on = frozenset(_SENDS_NOTHING.split())

    async def __aenter__(self) -> Self:
        await self._client.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.stop()

    @abstractmethod
    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers | None = None,
    ) -> asyncio.Future[Any]:
        """As `AIOKafkaProducer.send`."""

    async def send_and_wait(self, topic: str, *arguments: Any, **options: Any) -> Any:
        """`send`, and the metadata of the record once it is acknowledged."""
        return await (await self.send(topic, *arguments, **options))


class WrappedAIOConsumer(Wrapped, ABC):
    """An `AIOKafkaConsumer` whose records are looked at before they are handed over.

    It has no deserializers. What hands over no record is the consumer's own; there is no `getmany`,
    because one record that is refused would lose the others. May be used from several tasks of a
    loop: records of a partition are handed over in their order.
    """

    _handed_on = frozenset(_HANDS_NOTHING_OVER.split())

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        super().__init__(consumer)
        self._turns: WeakValueDictionary[_Place, asyncio.Lock] = WeakValueDictionary()
        self._left: dict[_Place, int] = {}
        """How often each partition was left for another place."""

    async def __aenter__(self) -> Self:
        await self._client.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.stop()

    async def __aiter__(self) -> AsyncIterator[ConsumerRecord]:
        while True:
            yield await self.getone()

    async def getone(self, *partitions: Any) -> ConsumerRecord:
        """The next record as it may be seen. Raises RecordRefused; the next call goes on behind it.

        Raises what else stands in the way, as where keys can't be had, also that it was cancelled;
        the next call gives that record then. aiokafka can't go on behind one with a header whose
        name is no text: it is refused again until the program seeks past it.
        """
        while True:
            try:
                record = await self._client.getone(*partitions)
            except UnicodeDecodeError as error:
                what = "the name of a header is no text: seek past the record"
                raise RecordRefused(what) from error
            seen = await self._in_turn(record)
            if seen is not None:
                return dataclasses.replace(
                    record, key=seen.key, value=seen.value, headers=tuple(seen.headers)
                )

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """As `AIOKafkaConsumer.seek`."""
        self._leave([partition])
        self._client.seek(partition, offset)

    async def seek_to_beginning(self, *partitions: TopicPartition) -> Any:
        """As `AIOKafkaConsumer.seek_to_beginning`."""
        self._leave(partitions)
        return await self._client.seek_to_beginning(*partitions)

    async def seek_to_end(self, *partitions: TopicPartition) -> Any:
        """As `AIOKafkaConsumer.seek_to_end`."""
        self._leave(partitions)
        return await self._client.seek_to_end(*partitions)

    async def seek_to_committed(self, *partitions: TopicPartition) -> Any:
        """As `AIOKafkaConsumer.seek_to_committed`."""
        self._leave(partitions)
        return await self._client.seek_to_committed(*partitions)

    def _leave(self, partitions: Sequence[TopicPartition | _Place]) -> None:
        """Nobody goes back to what was taken before; none of them: in all partitions."""
        for topic, partition in partitions or tuple(self._left):
            place = topic, partition
            self._left[place] = self._left.get(place, 0) + 1

    async def _in_turn(self, record: ConsumerRecord) -> Parts | None:
        """What is seen of a record once those before it are; None: it comes again behind them."""
        place = record.topic, record.partition
        turn = self._turns.setdefault(place, asyncio.Lock())
        left = self._left.setdefault(place, 0)
        try:
            async with turn:
                if self._left[place] != left:
                    return None
                return await self._seen(
                    record, Parts(record.key, record.value, tuple(record.headers))
                )
        except RecordRefused as refused:
            where = f"partition {record.partition}, offset {record.offset}"
            raise RecordRefused(f"{where}: {refused}") from refused
        except BaseException:
            if self._left[place] == left:
                self._go_back(place, record.offset)
            raise

    def _go_back(self, place: _Place, offset: int) -> None:
        from aiokafka import TopicPartition as Partition
        from aiokafka.errors import IllegalStateError

        self._leave([place])
        try:
            self._client.seek(Partition(*place), offset)
        except IllegalStateError as error:
            # Whoever has the partition by now begins at what was committed.
            log.warning("not gone back in a partition", target=place[0], cause=error)

    @abstractmethod
    async def _seen(self, record: ConsumerRecord, lies: Parts) -> Parts:
        """What is handed over of what lies in the stream. Raises RecordRefused."""


class AIOSealingProducer(WrappedAIOProducer):
    """An `AIOKafkaProducer` whose records of sealed streams leave sealed.

    It has no serializers: keys and values are bytes. What sends no record is the producer's own.
    """

    def __init__(self, producer: AIOKafkaProducer, sealer: Sealer) -> None:
        super().__init__(producer)
        self._sealer = sealer

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers | None = None,
    ) -> asyncio.Future[Any]:
        """As `AIOKafkaProducer.send`. Raises NotSealable, and what asking for a key raises."""
        plain = Parts(key, value, tuple(headers or ()))
        # In a thread: a key may have to be asked for.
        sealed = await asyncio.to_thread(self._sealer.seal, topic, plain, partition)
        sent: asyncio.Future[Any] = await self._client.send(
            topic, sealed.value, sealed.key, partition, timestamp_ms, list(sealed.headers) or None
        )
        return sent


class AIOOpeningConsumer(WrappedAIOConsumer):
    """An `AIOKafkaConsumer` whose records of sealed streams arrive opened."""

    def __init__(self, consumer: AIOKafkaConsumer, sealer: Sealer) -> None:
        super().__init__(consumer)
        self._sealer = sealer

    async def _seen(self, record: ConsumerRecord, lies: Parts) -> Parts:
        # In a thread: a key may have to be asked for.
        return await asyncio.to_thread(self._sealer.open, record.topic, lies, record.partition)
