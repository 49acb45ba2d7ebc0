"""Ordinary Kafka clients (librdkafka's), which know nothing of the gateway but its address."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
)

from streamward.clock import monotonic_seconds
from streamward.demo.folder import Folder
from streamward.errors import Unavailable

SECONDS_MAX: Final = 20.0
STEP_SECONDS: Final = 0.005
POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """One record: where it stands, and what is in it."""

    partition: int
    offset: int
    value: bytes = b""


class _Silent:
    """A logger for librdkafka, whose lines would stand between those of the demo."""

    def log(self, level: int, message: str, *arguments: object) -> None:
        """Drop the line: what matters is told by errors."""


def quiet(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a client that prints nothing."""
    return {**settings, "log_level": 0, "logger": _Silent()}


def by_certificate(folder: Folder, credential: str, **extra: Any) -> dict[str, Any]:
    """Settings of a client that shows a certificate; `_` stands for `.` in extra names."""
    certificate, key = folder.certificate(credential)
    shown = {"ssl.certificate.location": str(certificate), "ssl.key.location": str(key)}
    return _settings(folder, {"security.protocol": "SSL", **shown}, extra)


def by_password(folder: Folder, principal: str, **extra: Any) -> dict[str, Any]:
    """Settings of a client that logs in with its principal's password."""
    return by_login(folder, principal, folder.password(principal), **extra)


def by_login(folder: Folder, principal: str, password: str, **extra: Any) -> dict[str, Any]:
    """Settings of a client that logs in with this password."""
    login = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": principal,
        "sasl.password": password,
    }
    return _settings(folder, login, extra)


def _settings(folder: Folder, login: Mapping[str, str], extra: Mapping[str, Any]) -> dict[str, Any]:
    common = {
        "bootstrap.servers": f"localhost:{folder.port}",
        "broker.address.family": "v4",
        "ssl.ca.location": str(folder.authority),
    }
    return quiet({**common, **login, **{k.replace("_", "."): v for k, v in extra.items()}})


def write(
    producer: Producer, topic: str, values: Sequence[bytes]
) -> tuple[list[Place], list[KafkaError]]:
    """Write records and wait for every answer: where they stand, and the errors."""
    written: list[Place] = []
    errors: list[KafkaError] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            errors.append(error)
            return
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        written.append(Place(partition, offset, message.value() or b""))

    for number, value in enumerate(values):
        producer.produce(topic, value, key=str(number).encode(), on_delivery=delivered)
    # Not `flush`: it loses what the handler of a signal raises that comes while it waits.
    for _ in range(int(SECONDS_MAX / STEP_SECONDS)):
        producer.poll(0)
        if not len(producer):
            break
        time.sleep(STEP_SECONDS)
    left = len(producer)
    if left:
        raise Unavailable(f"{left} records were not answered within {SECONDS_MAX:.0f} seconds")
    return written, errors


@contextmanager
def reading(settings: Mapping[str, Any], group: str) -> Iterator[Consumer]:
    """A consumer of a group that begins with the first record; closed at the end."""
    consumer = Consumer(
        {
            **settings,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    try:
        yield consumer
    finally:
        consumer.close()


def read(consumer: Consumer, count: int) -> list[Place]:
    """Poll until so many records came. Raises KafkaException at the first error, Unavailable."""
    found: list[Place] = []
    deadline = monotonic_seconds() + SECONDS_MAX
    while len(found) < count:
        if monotonic_seconds() > deadline:
            raise Unavailable(f"{len(found)} of {count} records came")
        message = consumer.poll(POLL_SECONDS)
        if message is None:
            continue
        error = message.error()
        if error is not None:
            raise KafkaException(error)
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        found.append(Place(partition, offset, message.value() or b""))
    return found


def refusal_to_read(settings: Mapping[str, Any], group: str, topic: str) -> KafkaError:
    """The error that a consumer of this topic gets. Raises Unavailable where it gets none."""
    with reading(settings, group) as consumer:
        consumer.subscribe([topic])
        try:
            found = read(consumer, 1)
        except KafkaException as error:
            return _error(error)
    raise Unavailable(f"`{topic}` was read ({len(found)} records) and should have been refused")


def _error(raised: KafkaException) -> KafkaError:
    error = raised.args[0]
    assert isinstance(error, KafkaError)
    return error
