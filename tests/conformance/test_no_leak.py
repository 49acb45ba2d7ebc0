"""No address of a broker ever leaves the gateway, in whatever message and version."""

import struct
from collections.abc import Iterator

import pytest

from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import BOOTSTRAP_NAME, NODE_NAME, GatewayBundle, write_bundle
from tests.support.confluent import create_topics
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api, Values
from tests.support.raw import RawClient

HOST = b"127.0.0.1"
HOSTS = (HOST, b"localhost")


def leaks(received: bytes, kafka: KafkaServer) -> list[str]:
    """Which of the brokers' hosts and ports occur in these bytes (ports as Kafka writes them)."""
    # A group member's `ClientHost`, which Kafka writes with a slash, is the host that connected to
    # the broker: the gateway itself, which the caller knows.
    found = [HOST.decode()] if HOST in received.replace(b"/" + HOST, b"") else []
    for node in kafka.nodes:
        for listener in ("plaintext", "sasl_ssl", "ssl"):
            port = node.ports.of(listener)
            # Four bytes, two of them zeros, may stand there by chance; behind the name of a host
            # they are an address.
            named = any(host + struct.pack(">i", port) in received for host in HOSTS)
            if named or f":{port}".encode() in received:
                found.append(f"{listener}:{port}")
    return found


def questions(name: str, topic: str, identity: object) -> Values | None:
    """A request whose answer may hold an address, or names a topic, group or transaction."""
    group = f"{topic}-group"
    return {
        "Metadata": {"Topics": [{"Name": topic}]},
        "FindCoordinator": {"Key": group, "CoordinatorKeys": [group]},
        "DescribeCluster": {"EndpointType": 1},
        "DescribeTopicPartitions": {"Topics": [{"Name": topic}]},
        "Produce": requests.produce(topic, identity),
        "Fetch": requests.fetch(topic, identity),
        "ListOffsets": {
            "ReplicaId": -1,
            "Topics": [{"Name": topic, "Partitions": [{"PartitionIndex": 0, "Timestamp": -1}]}],
        },
        "InitProducerId": {"TransactionalId": None, "TransactionTimeoutMs": 1000},
        "DescribeGroups": {"Groups": [group]},
        "ListGroups": {},
        "DescribeConfigs": {"Resources": [{"ResourceType": 4, "ResourceName": "0"}]},
        "DescribeLogDirs": {"Topics": None},
        "DescribeQuorum": {
            "Topics": [{"TopicName": "__cluster_metadata", "Partitions": [{"PartitionIndex": 0}]}]
        },
        "CreateTopics": {
            "Topics": [{"Name": f"{topic}-new", "NumPartitions": 1, "ReplicationFactor": 1}],
            "timeoutMs": 5000,
        },
        "DescribeProducers": {"Topics": [{"Name": topic, "PartitionIndexes": [0]}]},
        "ConsumerGroupDescribe": {"GroupIds": [group]},
        "JoinGroup": {
            "GroupId": group,
            "SessionTimeoutMs": 10_000,
            "RebalanceTimeoutMs": 1_000,
            "ProtocolType": "consumer",
            "Protocols": [{"Name": "range", "Metadata": b"\0\0"}],
        },
        "GetTelemetrySubscriptions": {},
    }.get(name)


def ask_everything(client: RawClient, apis: dict[str, Api], topic: str) -> list[str]:
    """Ask each question in each version on offer; gives what was asked."""
    identity = requests.topic_id(client, apis, topic)
    asked = []
    for name, versions in requests.offered(client, apis).items():
        values = questions(name, topic, identity)
        for version in versions if values is not None else ():
            if name == "JoinGroup":
                # A group of its own: the members of those before would be waited for.
                values = {**values, "GroupId": f"{topic}-group-{version}"}
            client.request(apis[name], version, values)
            asked.append(f"{name} {version}")
    return asked


def test_the_broker_itself_is_caught(
    kafka: KafkaServer, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(direct) as client:
        asked = ask_everything(client, apis, topic)
    assert len(asked) > 100
    assert set(leaks(bytes(client.received), kafka)) >= {HOST.decode(), f"ssl:{direct.address[1]}"}


def test_no_answer_holds_an_address_of_a_broker(
    kafka: KafkaServer, bundle: GatewayBundle, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(bundle.endpoint("tester")) as client:
        asked = ask_everything(client, apis, topic)
    assert {"Metadata 12", "FindCoordinator 4", "Produce 9", "Fetch 12"} <= set(asked)
    assert leaks(bytes(client.received), kafka) == []


def test_by_server_name_the_nodes_have_names(
    bundle: GatewayBundle, kafka: KafkaServer, apis: dict[str, Api], topic: str
) -> None:
    at = bundle.endpoint("tester")
    named = Endpoint("named", f"127.0.0.1:{bundle.sni_port}", at.ca, at.certificate, at.key)
    with RawClient(named, server_name=BOOTSTRAP_NAME) as client:
        nodes = client.request(apis["Metadata"], 12, {"Topics": []})["Brokers"]
        found = client.request(apis["FindCoordinator"], 4, {"CoordinatorKeys": [f"{topic}-group"]})
    assert [(node["Host"], node["Port"]) for node in nodes] == [
        (NODE_NAME.replace("{id}", "0"), bundle.sni_port)
    ]
    assert found["Coordinators"][0]["Host"] in (NODE_NAME.replace("{id}", "0"), "")
    with RawClient(named, server_name=NODE_NAME.replace("{id}", "0")) as node_client:
        ask_everything(node_client, apis, topic)
    assert leaks(bytes(client.received + node_client.received), kafka) == []


@pytest.fixture(scope="module")
def pair() -> Iterator[KafkaServer]:
    """Two brokers, so that one of them isn't the leader."""
    options = KafkaOptions(brokers=2, heap="256m", auto_create_topics=False)
    with KafkaServer.ephemeral(options) as server:
        yield server


def hints(
    endpoint_of_node: list[Endpoint], apis: dict[str, Api], topic: str
) -> tuple[list[dict], bytes]:
    """Produce to and fetch from every node, newest versions: the endpoints that answers name."""
    found: list[dict] = []
    received = b""
    for endpoint in endpoint_of_node:
        with RawClient(endpoint) as client:
            identity = requests.topic_id(client, apis, topic)
            versions = requests.offered(client, apis)
            for name, values in (
                ("Produce", requests.produce(topic, identity)),
                ("Fetch", requests.fetch(topic, identity)),
            ):
                response = client.request(apis[name], versions[name][-1], values)
                found += response.get("NodeEndpoints", [])
            received += bytes(client.received)
    return found, received


@pytest.mark.slow
@pytest.mark.parametrize("where", ["direct", "gateway"])
def test_the_hint_at_a_leader_names_the_gateway(
    pair: KafkaServer,
    apis: dict[str, Api],
    unique: str,
    where: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tls = pair.folder / "tls"
    addresses = pair.bootstrap("ssl").split(",")
    brokers = [
        Endpoint("direct", each, pair.ca_file, tls / "admin.pem", tls / "admin.key")
        for each in addresses
    ]
    create_topics(brokers[0], unique)
    if where == "direct":
        found, _ = hints(brokers, apis, unique)
        assert {f"{each['Host']}:{each['Port']}" for each in found} <= set(addresses)
        assert len(found) == 2
        return
    require_gateway()
    folder = tmp_path_factory.mktemp("pair") / "bundle"
    bundle = write_bundle(folder, pair.bootstrap(), nodes=2)
    with GatewayProcess(bundle):
        nodes = [bundle.endpoint_of_node("tester", node) for node in range(2)]
        found, received = hints(nodes, apis, unique)
    ports = {each["Port"] for each in found}
    assert ports <= {bundle.bootstrap_port + 1, bundle.bootstrap_port + 2}
    assert leaks(received, pair) == []
