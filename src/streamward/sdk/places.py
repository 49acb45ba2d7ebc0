"""Where a confluent-kafka consumer goes on reading, and up to where it has handed records over."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import OFFSET_INVALID, KafkaException, Message, TopicPartition

from streamward.log import Logger

log = Logger(__name__)

_STORE: Final = "enable.auto.offset.store"
_GONE: Final = (KafkaException, RuntimeError)
"""The partition is not assigned any more, or the consumer is closed."""


def without_storing(settings: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Settings with which the library stores no offset by itself, and whether it was to: what it
    stores when it gives a record to us would be committed before the program has it.
    """
    stores = str(settings.get(_STORE, True)).lower() not in ("false", "f", "0")
    return {**settings, _STORE: False}, stores


class Places:
    """Of each partition, the place to read from and the one to commit."""

    def __init__(self, client: Any, *, stores: bool) -> None:
        """`stores`: offsets of what was handed over are stored, for whatever commits them."""
        self._client = client
        self._stores = stores
        self._back: dict[tuple[str, int], int] = {}
        """Where we went back to ourselves: the library has no position then."""

    def done(self, messages: Iterable[Message]) -> None:
        """The program has had these records, or was told why not."""
        last = {_place(message): message for message in messages if _is_record(message)}
        for place, message in last.items():
            self._back.pop(place, None)
            if self._stores:
                try:
                    self._client.store_offsets(message=message)
                except _GONE as error:
                    # Whoever has the partition by now reads it again.
                    log.debug("an offset is not stored", target=place[0], cause=error)

    def go_back(self, messages: Iterable[Message]) -> None:
        """Read these records again, which nobody has had."""
        first: dict[tuple[str, int], int] = {}
        for message in messages:
            if _is_record(message):
                first.setdefault(_place(message), message.offset() or 0)
        for place, offset in first.items():
            try:
                self._client.seek(TopicPartition(*place, offset))
            except _GONE as error:
                # Whoever has the partition by now begins at what was committed, before this one.
                log.warning("not gone back in a partition", target=place[0], cause=error)
            else:
                self._back[place] = offset

    def position(self, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        """As the consumer's; where we went back, the offset of the next record all the same, so
        that transactions can commit what came before it.
        """
        found: list[TopicPartition] = self._client.position(partitions)
        for each in found:
            back = self._back.get((each.topic, each.partition))
            if back is not None and each.offset == OFFSET_INVALID:
                each.offset = back
        return found

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """These are read from elsewhere from now on, or by others."""
        for each in partitions:
            self._back.pop((each.topic, each.partition), None)

    def forget_all(self) -> None:
        """All partitions are others."""
        self._back.clear()


def _is_record(message: Message) -> bool:
    return message.error() is None and message.topic() is not None


def _place(message: Message) -> tuple[str, int]:
    topic, partition = message.topic(), message.partition()
    assert topic is not None  # it is a record
    assert partition is not None
    return topic, partition
