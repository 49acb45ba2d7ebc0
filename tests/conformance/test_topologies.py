"""Several brokers: a name or a port for each, leaders that move, addresses that nobody is told."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from tests.conformance import test_java_tools
from tests.conformance.test_no_leak import leaks
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import BOOTSTRAP_NAME, NODE_NAME, GatewayBundle, write_bundle
from tests.support.confluent import create_topics
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually
from tests.support.gateway import GatewayProcess
from tests.support.java_tools import JavaTools
from tests.support.load import Load, Reading, read_all
from tests.support.messages import Api, Values
from tests.support.raw import RawClient
from tests.support.topologies import add_listener, at_port, brokers, copy_file, find, topology

NODES = 3
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trio() -> Iterator[KafkaServer]:
    """Three brokers that ask for no client certificate."""
    options = KafkaOptions(
        brokers=NODES,
        heap="256m",
        auto_create_topics=False,
        settings={"listener.name.ssl.ssl.client.auth": "requested"},
    )
    with KafkaServer.ephemeral(options) as server:
        yield server


@pytest.fixture(scope="module")
def wide(
    trio: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[GatewayProcess, int]]:
    """A gateway that speaks TLS to three brokers; beside it a listener with room for only two."""
    require_gateway()
    folder = tmp_path_factory.mktemp("trio") / "bundle"
    bundle = write_bundle(folder, trio.bootstrap("ssl"), nodes=NODES)
    with topology(bundle) as documents:
        ca = copy_file(trio.ca_file, folder / "tls" / "kafka-ca.pem")
        find(documents, "Cluster", "main")["tls"] = {"ca": ca}
    narrow = add_listener(bundle, "narrow", nodes=NODES - 1)
    with GatewayProcess(bundle) as process:
        yield process, narrow


@pytest.fixture
def spread(trio: KafkaServer, unique: str) -> str:
    """A topic with three replicas of each partition, and on each broker a partition's leader."""
    admin = AdminClient(brokers(trio)[0].librdkafka())
    admin.create_topics([NewTopic(unique, NODES, NODES)])[unique].result(30)
    return unique


def leaders(client: RawClient, apis: dict[str, Api], topic: str) -> dict[int, int]:
    """Which broker leads each partition."""
    answer = client.request(apis["Metadata"], 12, {"Topics": [{"Name": topic}]})
    partitions = answer["Topics"][0]["Partitions"]
    return {each["PartitionIndex"]: each["LeaderId"] for each in partitions}


# A port for each broker, TLS to the brokers


def test_each_partition_is_written_at_the_port_of_its_leader(
    wide: tuple[GatewayProcess, int], trio: KafkaServer, apis: dict[str, Api], spread: str
) -> None:
    bundle = wide[0].bundle
    with RawClient(bundle.endpoint("tester")) as client:
        led = leaders(client, apis, spread)
    assert set(led.values()) == set(range(NODES))
    for partition, leader in led.items():
        with RawClient(bundle.endpoint_of_node("tester", leader)) as client:
            values = requests.produce(spread, requests.topic_id(client, apis, spread))
            values["TopicData"][0]["PartitionData"][0]["Index"] = partition
            answer = client.request(apis["Produce"], 9, values)
            assert leaks(bytes(client.received), trio) == []
        assert answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"] == 0


def test_a_broker_outside_the_declared_nodes_is_left_out(
    wide: tuple[GatewayProcess, int], trio: KafkaServer, apis: dict[str, Api], spread: str
) -> None:
    gateway, narrow = wide
    with RawClient(at_port(gateway.bundle, "tester", narrow)) as client:
        answer = client.request(apis["Metadata"], 12, {"Topics": [{"Name": spread}]})
        assert [node["NodeId"] for node in answer["Brokers"]] == [0, 1]
        assert {node["Port"] for node in answer["Brokers"]} == {narrow + 1, narrow + 2}
        assert leaks(bytes(client.received), trio) == []
    assert gateway.says("a broker has no address on this listener: widen `nodes`"), gateway.tail()


def fetch_of_all(topic: str, identity: object) -> Values:
    """A fetch of every partition, as much as there is."""
    values = requests.fetch(topic, identity)
    one = values["Topics"][0]["Partitions"][0]
    values["Topics"][0]["Partitions"] = [one | {"Partition": index} for index in range(NODES)]
    return values


def fill(endpoint: Endpoint, topic: str, values: list[bytes]) -> None:
    """Write the values to the partitions in turn."""
    producer = Producer(endpoint.librdkafka())
    for number, value in enumerate(values):
        producer.produce(topic, value, partition=number % NODES)
    assert producer.flush(30) == 0


@pytest.mark.parametrize("size", [100, 300_000])
def test_a_fetch_at_the_wrong_broker_names_no_broker(
    wide: tuple[GatewayProcess, int],
    trio: KafkaServer,
    apis: dict[str, Api],
    unique: str,
    size: int,
) -> None:
    # With one replica each: a follower would serve the fetch.
    create_topics(brokers(trio)[0], unique, partitions=NODES)
    fill(brokers(trio)[0], unique, [bytes([65 + n]) * (size // 10) for n in range(30)])
    hinted, named, seen = [], set(), set()
    bundle = wide[0].bundle
    ours = [bundle.endpoint_of_node("tester", node) for node in range(NODES)]
    for direct, through in zip(brokers(trio), ours, strict=True):
        with RawClient(direct) as client:
            values = fetch_of_all(unique, requests.topic_id(client, apis, unique))
            hinted.append(client.request(apis["Fetch"], 16, values)["NodeEndpoints"])
        with RawClient(through) as client:
            values = fetch_of_all(unique, requests.topic_id(client, apis, unique))
            answer = client.request(apis["Fetch"], 16, values)
            assert leaks(bytes(client.received), trio) == []
        named |= {each["Port"] for each in answer.get("NodeEndpoints", [])}
        for partition in answer["Responses"][0]["Partitions"]:
            if partition["ErrorCode"] == 0 and partition["Records"]:
                seen.add(partition["PartitionIndex"])
    assert all(len(each) == NODES - 1 for each in hinted), "the brokers give no hints"
    assert seen, "nothing was read"
    ports = {endpoint.address[1] for endpoint in ours}
    # A large answer leaves while it arrives: hints can't be replaced there, and are blanked.
    assert named == (ports if size == 100 else set())


def test_clients_go_on_when_leaders_move(
    wide: tuple[GatewayProcess, int], trio: KafkaServer, apis: dict[str, Api], spread: str
) -> None:
    endpoint = wide[0].bundle.endpoint("tester")
    load, reading = Load(endpoint, spread), Reading(endpoint, spread, NODES)
    load.start()
    reading.start()
    try:
        load.wait_for(300)
        trio.stop_node(2)
        with RawClient(endpoint) as client:
            assert 2 not in leaders(client, apis, spread).values()
            assert leaks(bytes(client.received), trio) == []
        load.wait_for(300)
        trio.start()
        load.wait_for(300)
    finally:
        load.stop()
    assert load.errors == []
    written = {(partition, offset) for partition, offset, _ in load.acknowledged}
    assert eventually(lambda: written <= set(reading.places), 30)
    reading.stop()
    assert len(reading.places) == len(set(reading.places)) == len(written)
    values = [value for *_, value in load.acknowledged]
    assert len(set(values)) == len(values)
    assert sorted(read_all(endpoint, spread, len(values))) == sorted(load.acknowledged)


# One port, a name for each broker


@pytest.fixture
def named(wide: tuple[GatewayProcess, int]) -> Endpoint:
    bundle = wide[0].bundle
    at = bundle.endpoint("tester")
    place = f"{BOOTSTRAP_NAME}:{bundle.sni_port}"
    return Endpoint("named", place, at.ca, at.certificate, at.key)


def names(bundle: GatewayBundle) -> list[str]:
    return [BOOTSTRAP_NAME, *(NODE_NAME.replace("{id}", str(node)) for node in range(NODES))]


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch, wide: tuple[GatewayProcess, int]) -> None:
    """Names that no resolver knows lead to this machine."""
    known, resolve = set(names(wide[0].bundle)), socket.getaddrinfo

    def ours(host: Any, *arguments: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if host in known else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", ours)


@pytest.mark.usefixtures("resolved")
def test_a_client_reaches_every_broker_by_its_name(named: Endpoint, spread: str) -> None:
    values = [f"value {number}".encode() for number in range(60)]

    async def there_and_back() -> list[bytes]:
        async with AIOKafkaProducer(**named.aiokafka()) as producer:
            sent = [await producer.send(spread, v, partition=n % 3) for n, v in enumerate(values)]
            await asyncio.gather(*sent)
        arguments = {"group_id": f"{spread}-group", "auto_offset_reset": "earliest"}
        async with AIOKafkaConsumer(spread, **named.aiokafka(), **arguments) as reader:
            return [(await reader.getone()).value for _ in values]

    got = asyncio.run(asyncio.wait_for(there_and_back(), 60))
    assert sorted(got) == sorted(values)


def test_kafkas_own_client_reaches_every_broker_by_its_name(
    wide: tuple[GatewayProcess, int],
    trio: KafkaServer,
    named: Endpoint,
    spread: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in names(wide[0].bundle)))
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Djdk.net.hosts.file={hosts}")
    java = JavaTools(trio.jar_folder, tmp_path)
    test_java_tools.produce(java, named, spread)
    count = len(test_java_tools.VALUES)
    read = test_java_tools.consume(java, named, spread, count=count)
    assert sorted(read) == sorted(test_java_tools.VALUES)


@pytest.mark.parametrize("name", ["broker-3.kafka.example.com", "127.0.0.1", "localhost"])
def test_a_server_name_of_nobody_is_refused(
    wide: tuple[GatewayProcess, int], apis: dict[str, Api], name: str
) -> None:
    at = wide[0].bundle.endpoint("tester")
    place = f"127.0.0.1:{wide[0].bundle.sni_port}"
    endpoint = Endpoint("nobody", place, at.ca, at.certificate, at.key)
    since = wide[0].said()
    with RawClient(endpoint, server_name=name) as client, pytest.raises(OSError):
        client.request(apis["ApiVersions"], 3, {"ClientSoftwareName": "raw"})
    assert wide[0].says("the TLS server name is of no broker", since), wide[0].tail()
