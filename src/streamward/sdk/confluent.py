"""Sealing and opening around confluent-kafka's producer and consumer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, Message, Producer

from streamward.sdk.ports import RecordRefused
from streamward.sdk.sealer import Parts, Sealer

AnyHeaders = Mapping[str, bytes | str | None] | Sequence[tuple[str, bytes | str | None]] | None

OnRefused = Callable[[Message, RecordRefused], None]
"""Told of a record that doesn't open: its message still holds what lies in the stream."""


class SealingProducer:
    """A `confluent_kafka.Producer` whose records of sealed streams leave sealed.

    Everything else of a producer (`flush`, `poll`, transactions, …) is the producer's own.
    """

    def __init__(self, settings: Mapping[str, Any], sealer: Sealer) -> None:
        self._producer = Producer(dict(settings))
        self._sealer = sealer

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
        **options: Any,
    ) -> None:
        """As `Producer.produce`. Raises NotSealable, and what asking for a key raises: then nothing
        was produced.
        """
        plain = Parts(bytes_of(key), bytes_of(value), headers_of(headers))
        sealed = self._sealer.seal(topic, plain, None if partition < 0 else partition)
        if partition >= 0:
            options["partition"] = partition
        if sealed.headers:
            options["headers"] = list(sealed.headers)
        self._producer.produce(topic, value=sealed.value, key=sealed.key, **options)


class OpeningConsumer:
    """A `confluent_kafka.Consumer` whose records of sealed streams arrive opened.

    A record that doesn't open is never handed over: `poll` and `consume` raise RecordRefused for
    it, or, where `on_refused` is given, tell that and go on.
    """

    def __init__(
        self, settings: Mapping[str, Any], sealer: Sealer, on_refused: OnRefused | None = None
    ) -> None:
        self._consumer = Consumer(dict(settings))
        self._sealer = sealer
        self._on_refused = on_refused

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)

    def poll(self, timeout: float = -1) -> Message | None:
        """The next record, opened; None where there was none in time (seconds).

        Raises RecordRefused; the next call goes on behind that record.
        """
        message = self._consumer.poll(timeout)
        return message if message is None or self._opens(message) else None

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        """Up to so many records, opened.

        Raises RecordRefused where one of them does not open and there is no `on_refused`; then
        those before it are lost to this call: `seek` back, or use `poll`.
        """
        return [each for each in self._consumer.consume(num_messages, timeout) if self._opens(each)]

    def _opens(self, message: Message) -> bool:
        topic, partition = message.topic(), message.partition()
        if message.error() is not None or topic is None:
            return True
        headers = message.headers()
        sealed = Parts(bytes_of(message.key()), bytes_of(message.value()), headers_of(headers))
        try:
            opened = self._sealer.open(topic, sealed, partition)
        except RecordRefused as refused:
            if self._on_refused is None:
                place = f"partition {partition}, offset {message.offset()}"
                raise RecordRefused(f"{place}: {refused}") from refused
            self._on_refused(message, refused)
            return False
        message.set_value(opened.value)
        message.set_key(opened.key)
        if headers is not None:
            message.set_headers(list(opened.headers))
        return True


def bytes_of(content: bytes | str | None) -> bytes | None:
    """What lies on the wire for it."""
    return content.encode() if isinstance(content, str) else content


def headers_of(headers: Any) -> tuple[tuple[str, bytes | None], ...]:
    """Names and values, as a mapping or a sequence gives them."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return tuple((name, bytes_of(value)) for name, value in pairs)


def parts_of(message: Any) -> Parts:
    """What lies in a message. Raises RecordRefused where its headers can't be handed over: their
    names may be any bytes, and the library takes them for text.
    """
    try:
        headers = headers_of(message.headers())
    except (SystemError, TypeError, ValueError) as error:
        raise RecordRefused(f"`{message.topic()}`: the name of a header is no text") from error
    return Parts(bytes_of(message.key()), bytes_of(message.value()), headers)
