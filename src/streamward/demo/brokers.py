"""The brokers that the demo's gateway stands in front of: an in-process mock, or a real Kafka."""

import os
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from streamward.demo.clients import SECONDS_MAX, quiet
from streamward.demo.mock import MockCluster
from streamward.demo.wire import METADATA
from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from streamward.dev.maven import Progress
from streamward.errors import Unavailable

MOCK_BROKERS: Final = 3
PARTITIONS: Final = 4
METADATA_NEWEST: Final = 8
"""The last version of Metadata that librdkafka's mock answers as Kafka does."""


class Brokers(Protocol):
    """A running cluster without access control, which only the gateway should reach."""

    label: str
    addresses: tuple[tuple[str, int], ...]
    """Host and port of every broker."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def create_topics(self, *names: str) -> None:
        """Make topics of four partitions. Raises Unavailable."""
        ...

    def segments(self, topic: str) -> tuple[Path, ...]:
        """The files in which they keep the records of a topic; none where they keep no files."""
        ...


class MockBrokers:
    """librdkafka's mock cluster: threads of this process that speak Kafka over TCP on loopback.

    It keeps records in memory and has neither CreateTopics nor access control.
    """

    label = "mock"

    def __init__(self) -> None:
        self.addresses: tuple[tuple[str, int], ...] = ()
        self._cluster: MockCluster | None = None

    def __enter__(self) -> Self:
        self._cluster = MockCluster(MOCK_BROKERS)
        # Its newer answers end with a byte too many, which a gateway must not let through.
        self._cluster.serve(METADATA, METADATA_NEWEST)
        self._cluster.join_at_once()
        self.addresses = _addresses(self._cluster.bootstrap)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._cluster is not None:
            self._cluster.close()

    def create_topics(self, *names: str) -> None:
        """By the mock's own interface."""
        assert self._cluster is not None
        for name in names:
            self._cluster.create_topic(name, PARTITIONS)

    def segments(self, topic: str) -> tuple[Path, ...]:
        """None: the mock keeps records in memory."""
        del topic
        return ()


class RealBrokers:
    """A throw-away Apache Kafka of its own, deleted at the end."""

    def __init__(self, progress: Progress) -> None:
        options = KafkaOptions(auto_create_topics=False)
        self._server = KafkaServer(f"demo-{os.getpid()}", options, progress=progress)
        self.label = f"kafka {options.version}"
        self.addresses: tuple[tuple[str, int], ...] = ()

    def __enter__(self) -> Self:
        try:
            self._server.start()
        except BaseException:
            # Also where a person loses patience meanwhile.
            self._server.stop(delete=True)
            raise
        self.addresses = _addresses(self._server.bootstrap())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop(delete=True)

    def create_topics(self, *names: str) -> None:
        """By the API for it."""
        admin = AdminClient(quiet({"bootstrap.servers": self._server.bootstrap()}))
        made = admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
        for name, future in made.items():
            try:
                future.result(SECONDS_MAX)
            except KafkaException as error:
                raise Unavailable(f"Kafka did not make `{name}`") from error

    def segments(self, topic: str) -> tuple[Path, ...]:
        """The log segments of its partitions."""
        found = self._server.folder.rglob(f"{topic}-[0-9]*/*.log")
        return tuple(sorted(found))


def _addresses(bootstrap: str) -> tuple[tuple[str, int], ...]:
    parts = (each.rpartition(":") for each in bootstrap.split(","))
    return tuple(sorted((host, int(port)) for host, _, port in parts))
