"""Sealing and opening around confluent-kafka's producer and consumer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, Message, Producer

from streamward.sdk.ports import RecordRefused
from streamward.sdk.sealer import Parts, Sealer
from streamward.sdk.wrapped import Wrapped

AnyHeaders = Mapping[str, bytes | str | None] | Sequence[tuple[str, bytes | str | None]] | None

OnRefused = Callable[[Message, RecordRefused], None]
"""Told of a record that doesn't open: its message still holds what lies in the stream."""

_TRANSACTIONS: Final = (
    "init_transactions begin_transaction commit_transaction abort_transaction "
    "send_offsets_to_transaction"
)
_PLACES: Final = (
    "subscribe unsubscribe assign unassign incremental_assign incremental_unassign assignment "
    "seek pause resume position commit committed store_offsets get_watermark_offsets "
    "offsets_for_times consumer_group_metadata memberid"
)
_BOTH: Final = "close cluster_id list_topics set_sasl_credentials"


class WrappedProducer(Wrapped):
    """What of a `confluent_kafka.Producer` sends nothing."""

    _handed_on = frozenset(f"{_BOTH} {_TRANSACTIONS} flush poll purge".split())

    def __len__(self) -> int:
        return len(self._client)


class WrappedConsumer(Wrapped, ABC):
    """A `confluent_kafka.Consumer` whose records are looked at before they are handed over."""

    _handed_on = frozenset(f"{_BOTH} {_PLACES}".split())

    def __init__(self, settings: Mapping[str, Any], on_refused: OnRefused | None) -> None:
        super().__init__(Consumer(dict(settings)))
        self._on_refused = on_refused

    def poll(self, timeout: float = -1) -> Message | None:
        """The next record as it may be seen; None where there was none in time (seconds).

        Raises RecordRefused; the next call goes on behind that record.
        """
        message = self._client.poll(timeout)
        return message if message is None or self._passes(message) else None

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        """Up to so many records as they may be seen.

        Raises RecordRefused where one of them is refused and there is no `on_refused`; then those
        before it are lost to this call: `seek` back, or use `poll`.
        """
        return [each for each in self._client.consume(num_messages, timeout) if self._passes(each)]

    def _passes(self, message: Message) -> bool:
        topic = message.topic()
        if message.error() is not None or topic is None:
            return True
        try:
            self._judge(topic, message)
        except RecordRefused as refused:
            if self._on_refused is None:
                place = f"partition {message.partition()}, offset {message.offset()}"
                raise RecordRefused(f"{place}: {refused}") from refused
            self._on_refused(message, refused)
            return False
        return True

    @abstractmethod
    def _judge(self, topic: str, message: Message) -> None:
        """Change the message to what is handed over. Raises RecordRefused."""


class SealingProducer(WrappedProducer):
    """A `confluent_kafka.Producer` whose records of sealed streams leave sealed.

    What of a producer sends no record (`flush`, `poll`, transactions, …) is the producer's own.
    """

    def __init__(self, settings: Mapping[str, Any], sealer: Sealer) -> None:
        super().__init__(Producer(dict(settings)))
        self._sealer = sealer

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
        self._client.produce(topic, value=sealed.value, key=sealed.key, **options)


class OpeningConsumer(WrappedConsumer):
    """A `confluent_kafka.Consumer` whose records of sealed streams arrive opened.

    A record that doesn't open is never handed over: `poll` and `consume` raise RecordRefused for
    it, or, where `on_refused` is given, tell that and go on.
    """

    def __init__(
        self, settings: Mapping[str, Any], sealer: Sealer, on_refused: OnRefused | None = None
    ) -> None:
        super().__init__(settings, on_refused)
        self._sealer = sealer

    def _judge(self, topic: str, message: Message) -> None:
        lies = parts_of(message)
        hand_over(message, lies, self._sealer.open(topic, lies, message.partition()))


def bytes_of(content: bytes | str | None) -> bytes | None:
    """What lies on the wire for it."""
    return content.encode() if isinstance(content, str) else content


def headers_of(headers: Any) -> tuple[tuple[str, bytes | None], ...]:
    """Names and values, as a mapping or a sequence gives them."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return tuple((name, bytes_of(value)) for name, value in pairs)


def hand_over(message: Message, lies: Parts, seen: Parts) -> None:
    """Change what lies in the stream to what is seen of it."""
    message.set_value(seen.value)
    message.set_key(seen.key)
    if tuple(seen.headers) != tuple(lies.headers):
        message.set_headers(list(seen.headers))


def parts_of(message: Any) -> Parts:
    """What lies in a message. Raises RecordRefused where its headers can't be handed over: their
    names may be any bytes, and the library takes them for text.
    """
    try:
        headers = headers_of(message.headers())
    except (SystemError, TypeError, ValueError) as error:
        raise RecordRefused(f"`{message.topic()}`: the name of a header is no text") from error
    return Parts(bytes_of(message.key()), bytes_of(message.value()), headers)
