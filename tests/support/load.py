"""Clients that go on while something happens to what they are connected to."""

import threading
import time

from confluent_kafka import KafkaError, Message, Producer, TopicPartition

from tests.support.confluent import consumer
from tests.support.endpoints import Endpoint


class Load(threading.Thread):
    """A producer without duplicates that goes on until told to stop."""

    def __init__(self, endpoint: Endpoint, topic: str) -> None:
        super().__init__(daemon=True)
        self._producer = Producer(
            endpoint.librdkafka(
                enable_idempotence=True,
                linger_ms=5,
                message_timeout_ms=60_000,
                reconnect_backoff_max_ms=500,
            )
        )
        self._topic = topic
        self._enough = threading.Event()
        self._given_up = False
        self.acknowledged: list[tuple[int, int, bytes]] = []
        self.errors: list[KafkaError] = []

    def run(self) -> None:
        number = 0
        while not self._enough.is_set():
            value = str(number).encode()
            self._producer.produce(self._topic, value, on_delivery=self._delivered)
            self._producer.poll(0.002)
            number += 1
        if self._given_up:
            self._producer.purge()
        self._producer.flush(60)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.errors.append(error)
        else:
            place = (message.partition() or 0, message.offset() or 0)
            self.acknowledged.append((*place, message.value() or b""))

    def stop(self) -> None:
        self._enough.set()
        self.join(90)
        assert not self.is_alive()

    def give_up(self) -> None:
        """Stop, and send nothing of what waits."""
        self._given_up = True
        self.stop()

    def wait_for(self, more: int, seconds: float = 60.0) -> None:
        """Until so many more records are acknowledged."""
        wanted = len(self.acknowledged) + more
        deadline = time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, f"no progress; {self.errors[:3]}"
            time.sleep(0.05)


class Reading(threading.Thread):
    """A consumer that goes on until told to stop, and remembers each place it was given."""

    def __init__(self, endpoint: Endpoint, topic: str, partitions: int = 1) -> None:
        super().__init__(daemon=True)
        self._reader = consumer(endpoint, f"{topic}-reading", reconnect_backoff_max_ms=300)
        self._reader.assign([TopicPartition(topic, each, 0) for each in range(partitions)])
        self._enough = threading.Event()
        self.places: list[tuple[int, int]] = []

    def run(self) -> None:
        while not self._enough.is_set():
            message = self._reader.poll(0.1)
            if message is not None and message.error() is None:
                self.places.append((message.partition() or 0, message.offset() or 0))
        self._reader.close()

    def stop(self) -> None:
        self._enough.set()
        self.join(30)
        assert not self.is_alive()


def read_all(endpoint: Endpoint, topic: str, count: int) -> list[tuple[int, int, bytes]]:
    """`count` records with their places, through whatever goes wrong on the way."""
    reader = consumer(endpoint, f"{topic}-group", reconnect_backoff_max_ms=500)
    found: list[tuple[int, int, bytes]] = []
    deadline = time.monotonic() + 60
    try:
        reader.subscribe([topic])
        while len(found) < count and time.monotonic() < deadline:
            message = reader.poll(0.2)
            if message is not None and message.error() is None:
                place = (message.partition() or 0, message.offset() or 0)
                found.append((*place, message.value() or b""))
    finally:
        reader.close()
    return found
