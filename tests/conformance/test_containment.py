"""Containment, reload and restarts, felt by clients that are connected meanwhile."""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException

from streamward.dev.kafka import KafkaServer
from streamward.errors import BundleInvalid
from tests.support import requests
from tests.support.bundles import VICTIMS, GatewayBundle
from tests.support.confluent import consumer, create_topics, error_code, produce, read
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api
from tests.support.raw import RawClient

ROUNDS = int(os.environ.get("STREAMWARD_LATENCY_ROUNDS", "10"))
LATENCY_SECONDS_MAX = 5.0
VICTIM = "victim-idle"


@pytest.fixture
def revoked(gateway: GatewayProcess) -> Iterator[list[str]]:
    """Containments that a test opens; what it leaves open is lifted."""
    opened: list[str] = []
    yield opened
    for identifier in opened:
        gateway.lift(identifier)


def test_a_revoked_principal_loses_its_connection_and_stays_out(
    gateway: GatewayProcess, apis: dict[str, Api], topic: str, revoked: list[str]
) -> None:
    endpoint = gateway.bundle.endpoint(VICTIM)
    with RawClient(endpoint, seconds=LATENCY_SECONDS_MAX) as client:
        client.request(apis["Metadata"], 12, {"Topics": [{"Name": topic}]})
        revoked.append(gateway.revoke(VICTIM))
        assert client.is_closed_by_peer()
    with pytest.raises((OSError, AssertionError)), RawClient(endpoint, seconds=5.0) as again:
        again.request(apis["Metadata"], 12, {"Topics": None})
    gateway.lift(revoked.pop())
    assert produce(endpoint, topic, [b"back"]) == [0]


def test_a_quarantined_stream_is_closed_to_all(
    gateway: GatewayProcess, topic: str, revoked: list[str]
) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    produce(endpoint, topic, [b"before"])
    revoked.append(gateway.quarantine(topic))
    with pytest.raises(KafkaException) as raised:
        produce(endpoint, topic, [b"during"])
    assert error_code(raised.value) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    gateway.lift(revoked.pop())
    assert produce(endpoint, topic, [b"after"]) == [1]


def test_a_long_poll_is_decided_again_before_it_is_answered(
    gateway: GatewayProcess, apis: dict[str, Api], direct: Endpoint, topic: str, revoked: list[str]
) -> None:
    with RawClient(gateway.bundle.endpoint("tester"), seconds=15.0) as client:
        identity = requests.topic_id(client, apis, topic)
        client.send(apis["Fetch"], 12, requests.fetch(topic, identity, wait_ms=8000))
        time.sleep(0.5)
        revoked.append(gateway.quarantine(topic))
        produce(direct, topic, [b"too late"])
        answer = client.read_frame()
    assert b"too late" not in answer


def test_a_new_grant_is_in_force_after_a_reload(gateway: GatewayProcess, topic: str) -> None:
    endpoint = gateway.bundle.endpoint("reader")
    with pytest.raises(KafkaException):
        produce(endpoint, topic, [b"not yet"])
    gateway.bundle.grants(
        "kind: Grant\nid: reload\nto: ['principal:reader']\nallow: [write]\n"
        f"on: ['stream:{topic}']\n"
    )
    try:
        gateway.reload()
        assert produce(endpoint, topic, [b"now"]) == [0]
    finally:
        gateway.bundle.grants("")
        gateway.reload()
    with pytest.raises(KafkaException):
        produce(endpoint, topic, [b"no more"])


def test_a_broken_bundle_leaves_all_as_it_was(gateway: GatewayProcess, topic: str) -> None:
    gateway.bundle.grants("kind: Grant\nid: broken\nto: ['role:nobody']\n")
    try:
        with pytest.raises(BundleInvalid, match="`on` is missing"):
            gateway.reload()
        assert produce(gateway.bundle.endpoint("tester"), topic, [b"value"]) == [0]
    finally:
        gateway.bundle.grants("")


@pytest.mark.slow
def test_a_consumer_outlives_a_restart_of_the_broker(
    kafka: KafkaServer, endpoint: Endpoint, topic: str
) -> None:
    _goes_on(endpoint, topic, kafka.restart)


@pytest.mark.slow
def test_a_consumer_outlives_a_crash_of_the_gateway(gateway: GatewayProcess, topic: str) -> None:
    def crash() -> None:
        gateway.kill()
        gateway.start()

    _goes_on(gateway.bundle.endpoint("tester"), topic, crash)


def _goes_on(endpoint: Endpoint, topic: str, interrupt: object) -> None:
    reader = consumer(endpoint, f"{topic}-group", reconnect_backoff_max_ms=500)
    try:
        reader.subscribe([topic])
        produce(endpoint, topic, [b"before"])
        assert read(reader, 1) == [b"before"]
        interrupt()
        produce(endpoint, topic, [b"after"])
        assert _read_through_errors(reader) == b"after"
    finally:
        reader.close()


def _read_through_errors(reader: object) -> bytes:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        message = reader.poll(0.5)
        if message is not None and message.error() is None:
            return message.value()
    raise AssertionError("nothing came after the interruption")


# How long containment takes


class Victim(threading.Thread):
    """A connection of one kind, and the moment when the gateway ended it."""

    def __init__(self, endpoint: Endpoint, apis: dict[str, Api], topic: str, kind: str) -> None:
        super().__init__(daemon=True)
        self._client = RawClient(endpoint, seconds=30.0)
        self._apis = apis
        self._topic = topic
        self._kind = kind
        self._identity = requests.topic_id(self._client, apis, topic)
        self.ended: float | None = None

    def run(self) -> None:
        try:
            if self._kind == "victim-busy":
                self._produce_for_ever()
            if self._kind == "victim-polling":
                values = requests.fetch(self._topic, self._identity, 1_000_000_000, wait_ms=25_000)
                self._client.send(self._apis["Fetch"], 12, values)
            if self._client.is_closed_by_peer():
                self.ended = time.monotonic()
        finally:
            self._client.socket.close()

    def _produce_for_ever(self) -> None:
        values = requests.produce(self._topic, self._identity)
        try:
            while True:
                self._client.request(self._apis["Produce"], 9, values)
        except (OSError, AssertionError):
            return


@pytest.mark.slow
def test_live_connections_feel_a_revocation_at_once(
    gateway: GatewayProcess,
    bundle: GatewayBundle,
    apis: dict[str, Api],
    direct: Endpoint,
    unique: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    create_topics(direct, unique)
    latencies: dict[str, list[float]] = {kind: [] for kind in VICTIMS}
    for _ in range(ROUNDS):
        victims = {k: Victim(bundle.endpoint(k), apis, unique, k) for k in VICTIMS}
        for victim in victims.values():
            victim.start()
        time.sleep(0.3)
        for kind, victim in victims.items():
            with gateway.door() as door:
                asked = time.monotonic()
                made = door.contain("revoke", "principal", kind, reason="round", expires="10m")
                victim.join(LATENCY_SECONDS_MAX)
                door.lift(made["id"], reason="round")
            assert victim.ended is not None, f"`{kind}` was not cut off"
            latencies[kind].append(victim.ended - asked)
    report = {kind: _summary(values) for kind, values in latencies.items()}
    with capsys.disabled():
        sys.stdout.write(f"\nrevoked to closed, {ROUNDS} rounds: {json.dumps(report)}\n")
    assert max(max(values) for values in latencies.values()) < LATENCY_SECONDS_MAX


def _summary(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {"p50_ms": round(ordered[len(ordered) // 2] * 1e3, 1), "p99_ms": round(p99 * 1e3, 1)}
