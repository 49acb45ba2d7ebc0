"""An orderly end, connection limits, and answers in the order of their requests."""

import time
from collections.abc import Iterator

import pytest

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import write_bundle
from tests.support.confluent import produce
from tests.support.endpoints import Endpoint
from tests.support.entries import settled
from tests.support.gateway import GatewayProcess
from tests.support.load import Load, read_all
from tests.support.messages import Api, decode_response
from tests.support.raw import RawClient
from tests.support.topologies import add_listener, at_port

CONNECTIONS_MAX = 3
IN_FLIGHT_MAX = 2
DRAIN_SECONDS_MAX = 10.0
TOPIC_AUTHORIZATION_FAILED = 29


@pytest.fixture(scope="module")
def limited(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[GatewayProcess, int]]:
    """A gateway, and the port of a listener with narrow limits."""
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("limited") / "bundle", kafka.bootstrap())
    narrow = {
        "connections_max": CONNECTIONS_MAX,
        "connections_per_source_max": CONNECTIONS_MAX,
        "connections_per_principal_max": CONNECTIONS_MAX,
        "in_flight_max": IN_FLIGHT_MAX,
    }
    port = add_listener(bundle, "narrow", limits=narrow)
    with GatewayProcess(bundle) as process:
        yield process, port


# Limits


def test_no_more_connections_than_the_limit_are_served(
    limited: tuple[GatewayProcess, int], apis: dict[str, Api]
) -> None:
    gateway, port = limited
    endpoint = at_port(gateway.bundle, "tester", port)
    clients = [RawClient(endpoint) for _ in range(CONNECTIONS_MAX)]
    try:
        for client in clients:
            client.request(apis["Metadata"], 12, {"Topics": []})
        for _ in range(3):
            with pytest.raises(OSError):
                RawClient(endpoint, seconds=5.0)
        with gateway.door() as door:
            assert door.status()["connections_refused"] >= 3
        with RawClient(gateway.bundle.endpoint("tester")) as elsewhere:
            elsewhere.request(apis["Metadata"], 12, {"Topics": []})
        clients.pop().socket.close()
        time.sleep(0.3)
        clients.append(RawClient(endpoint))
        for client in clients:
            client.request(apis["Metadata"], 12, {"Topics": []})
    finally:
        for client in clients:
            client.socket.close()


@pytest.mark.parametrize("listener", ["narrow", "clients"])
def test_answers_come_in_the_order_of_their_requests(
    limited: tuple[GatewayProcess, int], apis: dict[str, Api], topic: str, listener: str
) -> None:
    gateway, port = limited
    place = {"narrow": port, "clients": gateway.bundle.bootstrap_port}[listener]
    with RawClient(at_port(gateway.bundle, "tester", place), seconds=30.0) as client:
        identity = requests.topic_id(client, apis, topic)
        mixed = [
            ("Produce", 9, requests.produce(topic, identity)),
            ("Produce", 9, requests.produce("elsewhere", identity)),
            ("ApiVersions", 3, {"ClientSoftwareName": "raw", "ClientSoftwareVersion": "1"}),
            ("Fetch", 12, requests.fetch(topic, identity, 0, wait_ms=1)),
            ("Fetch", 12, requests.fetch("elsewhere", identity, 0, wait_ms=1)),
            ("Metadata", 12, {"Topics": [{"Name": topic}]}),
            ("Produce", 9, requests.produce(topic, identity, b"\0" * 100_000)),
        ]
        sent = []
        for name, version, values in mixed * 12:
            sent.append((client.send(apis[name], version, values), name, version, values))
        written = denied = 0
        for expected, name, version, values in sent:
            correlation, answer = decode_response(apis[name], version, client.read_frame())
            assert correlation == expected
            if name == "Produce":
                part = answer["Responses"][0]["PartitionResponses"][0]
                allowed = values["TopicData"][0]["Name"] == topic
                assert part["ErrorCode"] == (0 if allowed else TOPIC_AUTHORIZATION_FAILED)
                written += allowed
                denied += not allowed
                if allowed:
                    assert part["BaseOffset"] == written - 1
    assert (written, denied) == (24, 12)
    assert sorted(settled(gateway, topic, "Write", set(range(24))).offsets) == list(range(24))


# The end


@pytest.fixture
def ending(limited: tuple[GatewayProcess, int]) -> Iterator[GatewayProcess]:
    """The gateway, which runs again after the test."""
    gateway, _ = limited
    yield gateway
    gateway.stop()
    gateway.start()


def test_what_is_in_flight_is_answered_before_the_end(
    ending: GatewayProcess, apis: dict[str, Api], direct: Endpoint, topic: str
) -> None:
    with RawClient(ending.bundle.endpoint("tester"), seconds=15.0) as client:
        identity = requests.topic_id(client, apis, topic)
        poll = client.send(apis["Fetch"], 12, requests.fetch(topic, identity, wait_ms=5_000))
        wrote = client.send(apis["Produce"], 9, requests.produce(topic, identity))
        time.sleep(0.3)
        began = time.monotonic()
        ending.terminate()
        time.sleep(0.2)
        produce(direct, topic, [b"to end the poll"])
        for expected, name, version in ((poll, "Fetch", 12), (wrote, "Produce", 9)):
            correlation, answer = decode_response(apis[name], version, client.read_frame())
            assert correlation == expected
        assert answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"] == 0
        assert client.is_closed_by_peer()
    assert ending.wait() == 0, ending.tail()
    assert time.monotonic() - began < DRAIN_SECONDS_MAX
    offset = answer["Responses"][0]["PartitionResponses"][0]["BaseOffset"]
    assert settled(ending, topic, "Write", {offset}).offsets == [offset]


def test_a_large_answer_on_its_way_arrives_whole(
    ending: GatewayProcess, apis: dict[str, Api], direct: Endpoint, topic: str
) -> None:
    values = [b"x" * 20_000 for _ in range(600)]
    produce(direct, topic, values)
    with RawClient(ending.bundle.endpoint("tester"), seconds=15.0) as client:
        identity = requests.topic_id(client, apis, topic)
        wanted = requests.fetch(topic, identity, PartitionMaxBytes=50_000_000)
        asked = client.send(apis["Fetch"], 12, wanted | {"MaxBytes": 50_000_000})
        time.sleep(0.5)
        ending.terminate()
        time.sleep(0.5)
        correlation, answer = decode_response(apis["Fetch"], 12, client.read_frame())
    assert (ending.wait(), correlation) == (0, asked)
    records = answer["Responses"][0]["Partitions"][0]["Records"]
    assert len(records) > len(values) * 20_000
    logged = settled(ending, topic, "Read", set(range(len(values))))
    assert (logged.all, logged.bytes) == (set(range(len(values))), len(records))


def test_a_connection_that_waits_for_long_does_not_hold_up_the_end(
    ending: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(ending.bundle.endpoint("tester"), seconds=30.0) as client:
        identity = requests.topic_id(client, apis, topic)
        client.send(apis["Fetch"], 12, requests.fetch(topic, identity, wait_ms=60_000))
        time.sleep(0.3)
        began = time.monotonic()
        ending.terminate()
        assert client.is_closed_by_peer()
    assert ending.wait() == 0, ending.tail()
    assert time.monotonic() - began < DRAIN_SECONDS_MAX + 5


@pytest.mark.slow
def test_clients_go_on_after_an_orderly_restart(ending: GatewayProcess, topic: str) -> None:
    endpoint = ending.bundle.endpoint("tester")
    load = Load(endpoint, topic)
    load.start()
    for _ in range(2):
        load.wait_for(300)
        began = time.monotonic()
        ending.terminate()
        assert ending.wait() == 0, ending.tail()
        assert time.monotonic() - began < DRAIN_SECONDS_MAX
        ending.start()
    load.wait_for(300)
    load.stop()
    offsets = sorted(offset for _, offset, _ in load.acknowledged)
    assert load.errors == []
    assert offsets == list(range(len(offsets)))
    values = [value for *_, value in load.acknowledged]
    assert len(set(values)) == len(values)
    assert sorted(read_all(endpoint, topic, len(values))) == sorted(load.acknowledged)
    logged = settled(ending, topic, "Write", set(offsets))
    assert logged.all == set(offsets)
    assert not logged.recovered
