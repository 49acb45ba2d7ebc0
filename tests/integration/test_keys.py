"""Keys from end to end: a gateway that seals, a broker, and what `streamward keys` does."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import require_gateway

TOPIC = "payments.transactions"
CARD = "4111111111111111"
RING = "cardholder-card-readers"


FIRST, SECOND = (
    json.dumps({"payment": number, "cents": 1, "card": CARD}).encode() for number in range(2)
)
"""Values as the contract of the demo's stream has them."""


class House:
    """A mock broker, a gateway before it, and their clients."""

    def __init__(self, folder: Path, brokers: tuple[tuple[str, int], ...]) -> None:
        from streamward.app import Paths
        from streamward.demo.folder import write_folder
        from streamward.demo.running import RunningGateway

        self.bootstrap = ",".join(f"{host}:{port}" for host, port in brokers)
        self.folder = write_folder(folder / "bundle", brokers)
        self.state = folder / "state"
        self.gateway = RunningGateway(
            self.folder.path, Paths(state=self.state, audit=self.state / "audit")
        )

    def keys(self, *words: str) -> dict[str, Any]:
        """`streamward keys … --json`, through the control door."""
        done = self.run(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return dict(json.loads(done.stdout))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "streamward", "keys", *words, "--json"]
        command += ["--state-dir", str(self.state)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def write(self, value: bytes) -> None:
        from confluent_kafka import Producer

        from streamward.demo.clients import by_certificate, write

        producer = Producer(by_certificate(self.folder, "payments-api-2026"))
        _, errors = write(producer, TOPIC, [value])
        assert errors == []

    def read(self, settings: dict[str, Any], seconds: float = 20.0) -> list[bytes] | str:
        """All values from the beginning, or the name of the error that stands in their way."""
        from confluent_kafka import Consumer, TopicPartition

        consumer = Consumer({**settings, "group.id": "audit.e2e", "check.crcs": True})
        try:
            parts = consumer.list_topics(TOPIC, timeout=20).topics[TOPIC].partitions
            places = [TopicPartition(TOPIC, number, 0) for number in parts]
            wanted = sum(consumer.get_watermark_offsets(place, 20)[1] for place in places)
            consumer.assign(places)
            found: list[bytes] = []
            while len(found) < wanted:
                message = consumer.poll(seconds)
                if message is None:
                    return "nothing"
                if message.error() is not None:
                    return str(message.error().name())
                found.append(message.value() or b"")
            return found
        finally:
            consumer.close()

    def as_reader(self, seconds: float = 20.0) -> list[bytes] | str:
        from streamward.demo.clients import by_certificate

        return self.read(by_certificate(self.folder, "audit-archive-2026"), seconds)

    def at_broker(self) -> list[bytes] | str:
        return self.read({"bootstrap.servers": self.bootstrap})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    require_gateway()
    from streamward.demo.brokers import MockBrokers

    with MockBrokers() as brokers:
        brokers.create_topics(TOPIC)
        made = House(tmp_path, brokers.addresses)
        with made.gateway:
            yield made


def test_the_life_of_a_ring(house: House) -> None:
    house.write(FIRST)
    [stored] = house.at_broker()
    assert isinstance(stored, bytes)
    assert CARD.encode() not in stored
    assert house.as_reader() == [FIRST]

    # Rotation wraps anew; the record stays as it lies at the broker, and opens.
    [ring] = house.keys("rotate", RING)["rings"]
    assert ring["version"] == 2
    assert house.at_broker() == [stored]
    house.write(SECOND)
    assert sorted(house.as_reader()) == sorted([FIRST, SECOND])
    shown = house.keys("show", RING)
    assert {key["ring_version"] for key in shown["keys"]} == {1, 2}
    assert {key["provider_version"] for key in shown["keys"]} == {"2"}
    assert house.keys("verify")["rings"][0]["sound"]

    # Revocation is felt by the next fetch, though its key was open a moment ago.
    house.keys("revoke", RING, "--reason", "drill")
    assert isinstance(house.as_reader(2.0), str), "an error, and no record"
    house.keys("restore", RING, "--reason", "drill is over")
    assert len(house.as_reader()) == 2

    # Shredding: asked for, waited for, done, proved.
    preview = house.keys("destroy", RING, "--preview")
    assert [(one["stream"], one["records"]) for one in preview["streams"]] == [(TOPIC, "2")]
    house.keys("destroy", RING, "--reason", "drill")
    while "waits another" in house.run("destroy", RING).stderr:
        pass
    assert house.keys("show", RING)["state"] == "destroyed"
    assert isinstance(house.as_reader(2.0), str), "an error, and no record"
    assert len(house.at_broker()) == 2
