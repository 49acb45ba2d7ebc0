"""Signing and verifying around confluent-kafka's producer and consumer."""

from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import Message, Producer

from streamward import clock
from streamward.errors import InvalidArgument
from streamward.sdk.confluent import (
    AnyHeaders,
    OnRefused,
    WrappedConsumer,
    WrappedProducer,
    bytes_of,
    hand_over,
    headers_of,
    parts_of,
)
from streamward.sdk.sealer import Parts, Sealer
from streamward.sdk.signer import Signer

_IDEMPOTENCE: Final = "enable.idempotence"


class SigningProducer(WrappedProducer):
    """A `confluent_kafka.Producer` whose records leave signed, where producers sign the stream.

    It is idempotent: a record that were written twice by a retry would count as replayed.
    Records leave in the order in which they were signed, from however many threads; one that the
    producer's full queue did not take (BufferError) leaves no gap. With a `sealer`, records of
    sealed streams are sealed first.
    What of a producer sends no record (`flush`, `poll`, transactions, …) is the producer's own.
    """

    def __init__(
        self, settings: Mapping[str, Any], signer: Signer, sealer: Sealer | None = None
    ) -> None:
        chosen = {_IDEMPOTENCE: True, **settings}
        if str(chosen[_IDEMPOTENCE]).lower() != "true":
            raise InvalidArgument(f"a signing producer needs `{_IDEMPOTENCE}`")
        super().__init__(Producer(chosen))
        self._signer = signer
        self._sealer = sealer

    def produce(
        self,
        topic: str,
        value: bytes | str | None = None,
        key: bytes | str | None = None,
        partition: int = -1,
        *,
        headers: AnyHeaders = None,
        timestamp: int = 0,
        **options: Any,
    ) -> None:
        """As `Producer.produce`; `timestamp` in ms since 1970, 0 for now. Raises NotSignable,
        NotSealable, and what asking for a key raises.
        """
        at = timestamp or clock.now_milliseconds()
        parts = Parts(bytes_of(key), bytes_of(value), headers_of(headers))
        if partition >= 0:
            options["partition"] = partition
        bound = None if partition < 0 else partition
        if self._sealer is not None:
            parts = self._sealer.seal(topic, parts, bound)
        with self._signer.signing(topic, parts, at, bound) as signed:
            if signed.headers:
                options["headers"] = list(signed.headers)
            self._client.produce(topic, value=signed.value, key=signed.key, timestamp=at, **options)


class VerifyingConsumer(WrappedConsumer):
    """A `confluent_kafka.Consumer` whose records of signed streams are verified.

    A record that does not verify is never handed over: `poll` and `consume` raise RecordRefused
    for it, or, where `on_refused` is given, tell that and go on. With a `sealer`, what verifies is
    opened.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        signer: Signer,
        on_refused: OnRefused | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        super().__init__(settings, on_refused)
        self._signer = signer
        self._sealer = sealer

    def _judge(self, topic: str, message: Message) -> None:
        partition, lies = message.partition(), parts_of(message)
        seen, _ = self._signer.verify(topic, lies, message.timestamp()[1], partition)
        if self._sealer is not None:
            seen = self._sealer.open(topic, seen, partition)
        hand_over(message, lies, seen)
