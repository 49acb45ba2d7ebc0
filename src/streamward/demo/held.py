"""What the brokers hold, asked of them without the gateway, and on the disk of a real one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition

from streamward.demo.brokers import PARTITIONS, Brokers
from streamward.demo.clients import SECONDS_MAX, Place, quiet, read

_NOBODY: Final = "demo-direct"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search over a topic found in plaintext, and over how much it went."""

    records: int
    """Records that the brokers hand over."""
    plaintext: int
    """Those of them that are no envelope, or hold a value that a client wrote."""
    disk_bytes: int
    """Bytes of log segments; 0 where the brokers keep none."""
    on_disk: int
    """Values that clients wrote and that stand in these bytes."""

    @property
    def exposed(self) -> int:
        """Records that the brokers hold in plaintext."""
        return max(self.plaintext, self.on_disk)


def held(brokers: Brokers, topic: str) -> list[Place]:
    """Every record of a topic as the brokers hold it. Raises Unavailable, KafkaException."""
    consumer = Consumer(direct(brokers, **{"group.id": _NOBODY, "enable.auto.commit": False}))
    try:
        places = [TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)]
        ends = (consumer.get_watermark_offsets(it, timeout=SECONDS_MAX)[1] for it in places)
        count = sum(ends)
        consumer.assign(places)
        return read(consumer, count)
    finally:
        consumer.close()


def search(brokers: Brokers, topic: str, written: Iterable[bytes]) -> Found:
    """Look for plaintext in everything that the brokers hold of a topic."""
    values = set(written)
    records = held(brokers, topic)
    segments = [file.read_bytes() for file in brokers.segments(topic)]
    return Found(
        records=len(records),
        plaintext=sum(is_plaintext(each.value, values) for each in records),
        disk_bytes=sum(map(len, segments)),
        on_disk=sum(any(value in each for each in segments) for value in values),
    )


def is_plaintext(value: bytes, written: Iterable[bytes] = ()) -> bool:
    """Whether a record's value is no envelope, or shows what a client wrote."""
    # The core takes its log level from the environment when it is loaded: after the command set it.
    from streamward._core import CoreError, envelope_key

    try:
        envelope_key(value)
    except CoreError:
        return True
    return any(each in value for each in written)


def on_disk(brokers: Brokers, topic: str, value: bytes) -> str | None:
    """The segment and the place in it where these bytes stand; None: nowhere."""
    for file in brokers.segments(topic):
        at = file.read_bytes().find(value)
        if at >= 0:
            return f"{file.parent.name}/{file.name}, byte {at}"
    return None


def direct(brokers: Brokers, **settings: Any) -> dict[str, Any]:
    """Settings of a client that goes past the gateway."""
    bootstrap = ",".join(f"{host}:{port}" for host, port in brokers.addresses)
    return quiet({"bootstrap.servers": bootstrap, **settings})


def hexadecimal(value: bytes, bytes_max: int) -> str:
    """The first bytes of a value, and how many there are."""
    more = " …" if len(value) > bytes_max else ""
    return f"{value[:bytes_max].hex()}{more} ({len(value)} bytes)"


def at(places: Sequence[Place], partition: int, offset: int) -> Place | None:
    """The record that stands there."""
    return next((it for it in places if (it.partition, it.offset) == (partition, offset)), None)
