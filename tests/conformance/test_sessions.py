"""Sessions end after three seconds: real clients authenticate again (KIP-368) and lose nothing."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.confluent import consume, consumer, read
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.java_tools import JavaTools
from tests.support.messages import Api
from tests.support.raw import RawClient
from tests.support.requests import fetch

SESSION_SECONDS = 3
LOAD_SECONDS = 8.0


@pytest.fixture(scope="module")
def gateway(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("sessions") / "bundle", kafka.bootstrap())
    topology = bundle.folder / "streamward.yaml"
    declared = f"sasl: [PLAIN]\nsession_lifetime_max: {SESSION_SECONDS}s\n"
    topology.write_text(topology.read_text().replace("sasl: [PLAIN]\n", declared))
    with GatewayProcess(bundle) as process:
        yield process


@pytest.fixture
def endpoint(gateway: GatewayProcess) -> Endpoint:
    bundle = gateway.bundle
    return bundle.endpoint("tester").with_password("tester", bundle.password("tester"))


def times_proved(gateway: GatewayProcess) -> Counter[str]:
    """How often each connection authenticated."""
    entries = of_kind(gateway, "authentication", principal="tester", mechanism="PLAIN")
    return Counter(entry["connection"] for entry in entries if "reason" not in entry)


def produce_for_a_while(endpoint: Endpoint, topic: str) -> list[bytes]:
    """A record every few milliseconds, each acknowledged; gives them in order."""
    producer = Producer(endpoint.librdkafka(enable_idempotence=True, linger_ms=1))
    errors: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            errors.append(error)

    values: list[bytes] = []
    ends = time.monotonic() + LOAD_SECONDS
    while time.monotonic() < ends:
        values.append(f"record {len(values)}".encode())
        producer.produce(topic, values[-1], on_delivery=delivered)
        producer.poll(0.005)
    assert producer.flush(30) == 0
    if errors:
        raise KafkaException(errors[0])
    return values


def test_librdkafka_authenticates_again_under_load_and_loses_nothing(
    gateway: GatewayProcess, endpoint: Endpoint, topic: str
) -> None:
    reader = consumer(endpoint, f"{topic}-group")
    try:
        reader.subscribe([topic])
        with ThreadPoolExecutor(1) as pool:
            produced = pool.submit(produce_for_a_while, endpoint, topic)
            got = read(reader, 1)
            values = produced.result(LOAD_SECONDS + 40)
        got += read(reader, len(values) - 1)
    finally:
        reader.close()

    assert got == values
    # The producer's connection and the consumer's, each more than once.
    proved = times_proved(gateway)
    assert len([count for count in proved.values() if count >= 2]) >= 2, proved


def test_a_connection_ends_with_its_session_whatever_it_waits_for(
    endpoint: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(endpoint, seconds=30) as idle, RawClient(endpoint, seconds=30) as polling:
        assert endpoint.username is not None
        assert endpoint.password is not None
        lifetimes = []
        for client in (idle, polling):
            proved = client.authenticate(apis, endpoint.username, endpoint.password)
            lifetimes.append(proved["SessionLifetimeMs"] / 1000)
        began = time.monotonic()
        polling.send(apis["Fetch"], 12, fetch(topic, uuid.UUID(int=0), wait_ms=30_000))
        assert polling.is_closed_by_peer()
        took = time.monotonic() - began
        assert idle.is_closed_by_peer()

    assert all(0 < lifetime <= SESSION_SECONDS for lifetime in lifetimes)
    # Within a second, and what a busy machine takes.
    assert SESSION_SECONDS - 1 < took < SESSION_SECONDS + 5


@pytest.mark.slow
def test_the_java_client_authenticates_again_under_load_and_loses_nothing(
    gateway: GatewayProcess, endpoint: Endpoint, java: JavaTools, topic: str
) -> None:
    before = times_proved(gateway)
    count = 800
    arguments = ["--topic", topic, "--num-records", f"{count}", "--record-size", "100"]
    arguments += ["--throughput", "100", "--bootstrap-server", endpoint.bootstrap]
    arguments += ["--command-config", str(endpoint.java(java.folder))]
    told = java.tool("ProducerPerformance", *arguments)
    assert f"{count} records sent" in told

    assert len(consume(endpoint, topic, count, f"{topic}-group")) == count
    proved = times_proved(gateway) - before
    assert max(proved.values()) >= 2, proved


def test_a_client_that_cannot_authenticate_again_connects_anew_and_loses_nothing(
    gateway: GatewayProcess, endpoint: Endpoint, topic: str, tmp_path: Path
) -> None:
    before = times_proved(gateway)

    async def produce() -> list[bytes]:
        values: list[bytes] = []
        settings = endpoint.aiokafka() | {"enable_idempotence": True}
        async with AIOKafkaProducer(**settings, retry_backoff_ms=50) as producer:
            ends = time.monotonic() + LOAD_SECONDS
            while time.monotonic() < ends:
                values.append(f"record {len(values)}".encode())
                await producer.send_and_wait(topic, values[-1])
                await asyncio.sleep(0.01)
        return values

    values = asyncio.run(produce())

    assert consume(endpoint, topic, len(values), f"{topic}-group") == values
    assert eventually(lambda: "did not authenticate again" in gateway.log.read_text())
    proved = times_proved(gateway) - before
    assert len(proved) > LOAD_SECONDS // SESSION_SECONDS, proved
