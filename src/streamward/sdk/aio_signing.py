"""Signing and verifying around aiokafka's producer and consumer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from aiokafka import AIOKafkaProducer

from streamward import clock
from streamward.errors import InvalidArgument
from streamward.sdk.aio import WrappedAIOConsumer, WrappedAIOProducer
from streamward.sdk.sealer import Headers, Parts, Sealer
from streamward.sdk.signer import Signer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiokafka import AIOKafkaConsumer, ConsumerRecord

_IDEMPOTENCE: Final = "enable_idempotence"
_SERIALIZERS: Final = ("key_serializer", "value_serializer")


class AIOSigningProducer(WrappedAIOProducer):
    """An `AIOKafkaProducer` whose records leave signed, where producers sign the stream.

    It is idempotent: a record that were written twice by a retry would count as replayed.
    Records of a partition leave in the order in which they were signed, from however many tasks of
    a loop; one that the producer did not take leaves no gap. With a `sealer`, records of sealed
    streams are sealed first. What sends no record is the producer's own.
    """

    def __init__(
        self, settings: Mapping[str, Any], signer: Signer, sealer: Sealer | None = None
    ) -> None:
        """`settings` are the arguments of an `AIOKafkaProducer`. Raises InvalidArgument."""
        chosen = {_IDEMPOTENCE: True, **settings}
        if chosen[_IDEMPOTENCE] is not True:
            raise InvalidArgument(f"a signing producer needs `{_IDEMPOTENCE}`")
        for name in _SERIALIZERS:
            if chosen.get(name) is not None:
                raise InvalidArgument(f"a signing producer takes bytes: leave `{name}` out")
        super().__init__(AIOKafkaProducer(**chosen))
        self._signer = signer
        self._sealer = sealer
        self._turns: WeakValueDictionary[tuple[str, int | None], asyncio.Lock] = (
            WeakValueDictionary()
        )

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: Headers | None = None,
    ) -> asyncio.Future[Any]:
        """As `AIOKafkaProducer.send`. Raises NotSignable, NotSealable, and what asking for a key
        raises.
        """
        at = clock.now_milliseconds() if timestamp_ms is None else timestamp_ms
        parts = Parts(key, value, tuple(headers or ()))
        if self._sealer is not None:
            # In a thread: a key may have to be asked for.
            parts = await asyncio.to_thread(self._sealer.seal, topic, parts, partition)
        place = (topic, partition if self._signer.binds_partition(topic) else None)
        turn = self._turns.setdefault(place, asyncio.Lock())
        async with turn:
            with self._signer.signing_meanwhile(topic, parts, at, partition) as signed:
                sent: asyncio.Future[Any] = await self._client.send(
                    topic, signed.value, signed.key, partition, at, list(signed.headers) or None
                )
        return sent


class AIOVerifyingConsumer(WrappedAIOConsumer):
    """An `AIOKafkaConsumer` whose records of signed streams are verified.

    A record that does not verify is never handed over. With a `sealer`, what verifies is opened.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, signer: Signer, sealer: Sealer | None = None
    ) -> None:
        super().__init__(consumer)
        self._signer = signer
        self._sealer = sealer

    async def _seen(self, record: ConsumerRecord, lies: Parts) -> Parts:
        topic, partition = record.topic, record.partition
        verified, _ = self._signer.verify(topic, lies, record.timestamp, partition)
        if self._sealer is None:
            return verified
        return await asyncio.to_thread(self._sealer.open, topic, verified, partition)
