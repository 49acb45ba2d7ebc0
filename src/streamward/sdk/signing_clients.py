"""Signing and verifying around confluent-kafka's producer and consumer."""

from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import Consumer, Message, Producer

from streamward import clock
from streamward.errors import InvalidArgument
from streamward.sdk.confluent import AnyHeaders, OnRefused, bytes_of, headers_of, parts_of
from streamward.sdk.ports import RecordRefused
from streamward.sdk.sealer import Parts
from streamward.sdk.signer import Signer

_IDEMPOTENCE: Final = "enable.idempotence"


class SigningProducer:
    """A `confluent_kafka.Producer` whose records leave signed, where producers sign the stream.

    It is idempotent: a record that were written twice by a retry would count as replayed.
    Records leave in the order in which they were signed, from however many threads; one that the
    producer's full queue did not take (BufferError) leaves no gap.
    Everything else of a producer (`flush`, `poll`, transactions, …) is the producer's own.
    """

    def __init__(self, settings: Mapping[str, Any], signer: Signer) -> None:
        chosen = {_IDEMPOTENCE: True, **settings}
        if str(chosen[_IDEMPOTENCE]).lower() != "true":
            raise InvalidArgument(f"a signing producer needs `{_IDEMPOTENCE}`")
        self._producer = Producer(chosen)
        self._signer = signer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def __len__(self) -> int:
        return len(self._producer)

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
        """As `Producer.produce`; `timestamp` in ms since 1970, 0 for now. Raises NotSignable."""
        at = timestamp or clock.now_milliseconds()
        plain = Parts(bytes_of(key), bytes_of(value), headers_of(headers))
        if partition >= 0:
            options["partition"] = partition
        bound = None if partition < 0 else partition
        with self._signer.signing(topic, plain, at, bound) as signed:
            if signed.headers:
                options["headers"] = list(signed.headers)
            self._producer.produce(
                topic, value=signed.value, key=signed.key, timestamp=at, **options
            )


class VerifyingConsumer:
    """A `confluent_kafka.Consumer` whose records of signed streams are verified.

    A record that does not verify is never handed over: `poll` raises RecordRefused for it, or,
    where `on_refused` is given, tells that and goes on.
    """

    def __init__(
        self, settings: Mapping[str, Any], signer: Signer, on_refused: OnRefused | None = None
    ) -> None:
        self._consumer = Consumer(dict(settings))
        self._signer = signer
        self._on_refused = on_refused

    def __getattr__(self, name: str) -> Any:
        if name == "consume":
            raise AttributeError("use `poll`: a record that is refused would lose the others")
        return getattr(self._consumer, name)

    def poll(self, timeout: float = -1) -> Message | None:
        """The next record without its signature; None where there was none in time (seconds).

        Raises RecordRefused; the next call goes on behind that record.
        """
        message = self._consumer.poll(timeout)
        return message if message is None or self._verifies(message) else None

    def _verifies(self, message: Message) -> bool:
        topic = message.topic()
        if message.error() is not None or topic is None:
            return True
        try:
            plain, found = self._signer.verify(
                topic, parts_of(message), message.timestamp()[1], message.partition()
            )
        except RecordRefused as refused:
            if self._on_refused is None:
                place = f"partition {message.partition()}, offset {message.offset()}"
                raise RecordRefused(f"{place}: {refused}") from refused
            self._on_refused(message, refused)
            return False
        if found is not None:
            message.set_headers(list(plain.headers))
        return True
