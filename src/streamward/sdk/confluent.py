"""Sealing and opening around confluent-kafka's producer and consumer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from streamward.log import Logger
from streamward.sdk.places import Places, without_storing
from streamward.sdk.ports import RecordRefused
from streamward.sdk.sealer import Parts, Sealer
from streamward.sdk.wrapped import Wrapped

log = Logger(__name__)

AnyHeaders = Mapping[str, bytes | str | None] | Sequence[tuple[str, bytes | str | None]] | None

OnRefused = Callable[[Message, RecordRefused], None]
"""Told of a record that doesn't open: its message still holds what lies in the stream."""

OnPartitions = Callable[[Any, list[TopicPartition]], object]
"""A callback of `subscribe`: with the consumer, and the partitions that came or went."""

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
    """A `confluent_kafka.Consumer` whose records are looked at before they are handed over.

    A record that can't be looked at now is read again: it is neither skipped nor, unless the
    program stores offsets itself (`enable.auto.offset.store`), committed.
    """

    _handed_on = frozenset(f"{_BOTH} {_PLACES}".split())

    def __init__(self, settings: Mapping[str, Any], on_refused: OnRefused | None) -> None:
        chosen, stores = without_storing(settings)
        super().__init__(Consumer(chosen))
        self._on_refused = on_refused
        self._places = Places(self._client, stores=stores)

    def poll(self, timeout: float = -1) -> Message | None:
        """The next record as it may be seen; None where there was none in time (seconds).

        Raises RecordRefused; the next call goes on behind that record. Raises what else stands in
        the way, as where keys can't be had; the next call gives that record then.
        """
        message = self._client.poll(timeout)
        found = [] if message is None else self._passed([message])
        return found[0] if found else None

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[Message]:
        """Up to so many records as they may be seen.

        Raises as `poll` does, where that is about the first of them; else it gives those before it,
        and the next call begins with that record.
        """
        return self._passed(self._client.consume(num_messages, timeout))

    def subscribe(
        self,
        topics: list[str],
        on_assign: OnPartitions | None = None,
        on_revoke: OnPartitions | None = None,
        on_lost: OnPartitions | None = None,
    ) -> None:
        """As `Consumer.subscribe`; callbacks are given this consumer."""
        told = {"on_assign": self._telling(on_assign), "on_revoke": self._telling(on_revoke)}
        if on_lost is not None:
            # Without it, `on_revoke` is told of what is lost.
            told["on_lost"] = self._telling(on_lost)
        self._places.forget_all()
        self._client.subscribe(topics, **told)

    def _telling(self, callback: OnPartitions | None) -> OnPartitions:
        def tell(_: Any, partitions: list[TopicPartition]) -> None:
            self._places.forget(partitions)
            if callback is not None:
                callback(self, partitions)

        return tell

    def seek(self, partition: TopicPartition) -> None:
        """As `Consumer.seek`."""
        self._places.forget([partition])
        self._client.seek(partition)

    def assign(self, partitions: list[TopicPartition]) -> None:
        """As `Consumer.assign`."""
        self._places.forget_all()
        self._client.assign(partitions)

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        """As `Consumer.incremental_assign`."""
        self._places.forget(partitions)
        self._client.incremental_assign(partitions)

    def position(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        """As `Consumer.position`: behind what was handed over."""
        return self._places.position(partitions)

    def _passed(self, messages: list[Message]) -> list[Message]:
        passed: list[Message] = []
        looked_at = 0
        try:
            for message in messages:
                if self._passes(message):
                    passed.append(message)
                looked_at += 1
        except RecordRefused:
            if not passed:
                looked_at += 1
                raise
        except Exception as error:
            if not passed:
                raise
            # The next call begins with that record, and raises it where it is still so.
            log.debug("a record is not handed over yet", cause=error)
        except BaseException:
            looked_at = 0
            raise
        finally:
            self._places.done(messages[:looked_at])
            self._places.go_back(messages[looked_at:])
        return passed

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
