"""What the tests do with confluent-kafka, each in one call that succeeds or raises."""

import time
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.support.endpoints import Endpoint

SECONDS_MAX = 30.0


def create_topics(
    endpoint: Endpoint, *names: str, partitions: int = 1, config: dict[str, str] | None = None
) -> None:
    """Create topics and wait until they are known."""
    admin = AdminClient(endpoint.librdkafka())
    created = admin.create_topics(
        [NewTopic(name, partitions, 1, config=config or {}) for name in names]
    )
    for future in created.values():
        future.result(SECONDS_MAX)
    # A broker answers before all of it has heard of the topic.
    deadline = time.monotonic() + SECONDS_MAX
    while any(admin.list_topics(name, timeout=10).topics[name].error for name in names):
        assert time.monotonic() < deadline, f"{names} are not known"
        time.sleep(0.05)


def produce(endpoint: Endpoint, topic: str, values: list[bytes], **settings: Any) -> list[int]:
    """Produce and wait for every acknowledgement; gives the offsets. Raises KafkaException."""
    producer = Producer(endpoint.librdkafka(message_timeout_ms=20_000, **settings))
    offsets: list[int] = []
    errors: list[KafkaError] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            errors.append(error)
        else:
            offsets.append(message.offset() or 0)

    for value in values:
        producer.produce(topic, value, on_delivery=delivered)
    left = producer.flush(SECONDS_MAX)
    if errors:
        raise KafkaException(errors[0])
    assert left == 0, f"{left} records were not acknowledged"
    return offsets


def consumer(endpoint: Endpoint, group: str, **settings: Any) -> Consumer:
    """A consumer that starts at the beginning and reports the end of a partition."""
    defaults = {"auto.offset.reset": "earliest", "enable.auto.commit": False}
    return Consumer(endpoint.librdkafka(group_id=group, **settings) | defaults)


def read(reader: Consumer, count: int, seconds: float = SECONDS_MAX) -> list[bytes]:
    """Poll until `count` records came. Raises KafkaException at the first error."""
    values: list[bytes] = []
    deadline = time.monotonic() + seconds
    while len(values) < count:
        assert time.monotonic() < deadline, f"{len(values)} of {count} records came"
        message = reader.poll(0.2)
        if message is None:
            continue
        if message.error() is not None:
            raise KafkaException(message.error())
        values.append(message.value() or b"")
    return values


def consume(endpoint: Endpoint, topic: str, count: int, group: str, **settings: Any) -> list[bytes]:
    """Subscribe, read `count` records, commit, leave."""
    reader = consumer(endpoint, group, **settings)
    try:
        reader.subscribe([topic])
        values = read(reader, count)
        reader.commit(asynchronous=False)
    finally:
        reader.close()
    return values


def error_code(raised: KafkaException) -> int:
    """The error code inside a KafkaException."""
    error = raised.args[0]
    assert isinstance(error, KafkaError)
    return int(error.code())
