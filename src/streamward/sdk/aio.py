"""Sealing and opening around aiokafka's producer and consumer."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

from streamward.sdk.ports import RecordRefused
from streamward.sdk.sealer import Headers, Parts, Sealer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord


class AIOSealingProducer:
    """An `AIOKafkaProducer` whose records of sealed streams leave sealed.

    It has no serializers: keys and values are bytes. What isn't here is the producer's own.
    """

    def __init__(self, producer: AIOKafkaProducer, sealer: Sealer) -> None:
        self._producer = producer
        self._sealer = sealer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    async def __aenter__(self) -> AIOSealingProducer:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

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
        sent: asyncio.Future[Any] = await self._producer.send(
            topic, sealed.value, sealed.key, partition, timestamp_ms, list(sealed.headers) or None
        )
        return sent

    async def send_and_wait(self, topic: str, *arguments: Any, **options: Any) -> Any:
        """`send`, and the metadata of the record once it is acknowledged."""
        return await (await self.send(topic, *arguments, **options))


class AIOOpeningConsumer:
    """An `AIOKafkaConsumer` whose records of sealed streams arrive opened.

    It has no deserializers. What isn't here is the consumer's own; `getmany` is refused, because
    one record that doesn't open would lose the others.
    """

    def __init__(self, consumer: AIOKafkaConsumer, sealer: Sealer) -> None:
        self._consumer = consumer
        self._sealer = sealer

    def __getattr__(self, name: str) -> Any:
        if name == "getmany":
            raise AttributeError("use `getone`: a record that doesn't open would lose the others")
        return getattr(self._consumer, name)

    async def __aenter__(self) -> AIOOpeningConsumer:
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def __aiter__(self) -> AsyncIterator[ConsumerRecord]:
        while True:
            yield await self.getone()

    async def getone(self, *partitions: Any) -> ConsumerRecord:
        """The next record, opened. Raises RecordRefused; the next call goes on behind it."""
        record = await self._consumer.getone(*partitions)
        sealed = Parts(record.key, record.value, tuple(record.headers))
        try:
            opened = await asyncio.to_thread(
                self._sealer.open, record.topic, sealed, record.partition
            )
        except RecordRefused as refused:
            place = f"partition {record.partition}, offset {record.offset}"
            raise RecordRefused(f"{place}: {refused}") from refused
        return dataclasses.replace(
            record, key=opened.key, value=opened.value, headers=tuple(opened.headers)
        )
