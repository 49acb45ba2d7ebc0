"""TLS towards brokers: whom the gateway takes for a broker, and what it shows of itself."""

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, Producer, TopicPartition

from streamward.dev.authority import Authority
from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.confluent import consumer, create_topics, produce, read
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually
from tests.support.gateway import GatewayProcess
from tests.support.topologies import add_listener, at_port, copy_file, topology

REFUSED = {
    "other-authority": "UnknownIssuer",
    "other-name": "not valid for name",
    "no-certificate": "ertificate",
}


@pytest.fixture(scope="module")
def upstreams(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[GatewayProcess, dict[str, int]]]:
    """A gateway with a cluster for each way to speak TLS with one broker; ports by cluster."""
    require_gateway()
    folder = tmp_path_factory.mktemp("upstreams") / "bundle"
    bundle = write_bundle(folder, kafka.bootstrap("ssl"))
    tls, theirs = folder / "tls", kafka.folder / "tls"
    (tls / "other-ca.pem").write_bytes(Authority.create("somebody else").issued.certificate)
    ca = copy_file(kafka.ca_file, tls / "kafka-ca.pem")
    known = {
        "ca": ca,
        "certificate": copy_file(theirs / "gateway.pem", tls / "upstream.pem"),
        "key": copy_file(theirs / "gateway.key", tls / "upstream.key"),
    }
    ways = {
        "mutual": known,
        "by-name": known | {"server_name": "localhost"},
        "other-authority": known | {"ca": "file:tls/other-ca.pem"},
        "other-name": known | {"server_name": "elsewhere.example.com"},
        "no-certificate": {"ca": ca},
    }
    bootstrap = [kafka.bootstrap("ssl")]
    with topology(bundle) as documents:
        for name, way in ways.items():
            head = {"kind": "Cluster", "name": name}
            documents.append(head | {"bootstrap": bootstrap, "tls": way})
    ports = {name: add_listener(bundle, name, cluster=name) for name in ways}
    with GatewayProcess(bundle) as process:
        yield process, ports


@pytest.mark.parametrize("way", ["mutual", "by-name"])
def test_records_go_there_and_back_over_mutual_tls(
    upstreams: tuple[GatewayProcess, dict[str, int]], topic: str, way: str
) -> None:
    gateway, ports = upstreams
    endpoint = at_port(gateway.bundle, "tester", ports[way])
    values = [f"{number} ".encode() * 3000 for number in range(100)]
    assert produce(endpoint, topic, values) == list(range(100))
    reader = consumer(endpoint, f"{topic}-group")
    try:
        reader.assign([TopicPartition(topic, 0, 0)])
        assert read(reader, len(values)) == values
    finally:
        reader.close()


def failure(endpoint: Endpoint, topic: str) -> int | None:
    """The error with which a producer gives up after a second and a half."""
    errors: list[KafkaError | None] = []
    producer = Producer(endpoint.librdkafka(message_timeout_ms=1500))
    producer.produce(topic, b"never", on_delivery=lambda error, _: errors.append(error))
    producer.flush(10)
    return errors[0].code() if errors and errors[0] is not None else None


@pytest.mark.parametrize("way", REFUSED)
def test_a_broker_that_is_not_the_one_meant_gets_nothing(
    upstreams: tuple[GatewayProcess, dict[str, int]], topic: str, way: str
) -> None:
    gateway, ports = upstreams
    endpoint = at_port(gateway.bundle, "tester", ports[way])
    assert failure(endpoint, topic) == KafkaError._MSG_TIMED_OUT
    clusters = {each["name"]: each["reachable"] for each in status(gateway)["clusters"]}
    assert clusters[way] is False
    assert clusters["mutual"] is True

    def said() -> bool:
        lines = gateway.log.read_text().splitlines()
        mine = [line for line in lines if f'"{way}"' in line and "WARN" in line.upper()]
        return any(REFUSED[way] in line for line in mine)

    assert eventually(said), gateway.tail()


def status(gateway: GatewayProcess) -> dict:
    with gateway.door() as door:
        return door.status()


def test_nothing_was_written_by_a_broker_that_was_refused(
    upstreams: tuple[GatewayProcess, dict[str, int]], direct: Endpoint, unique: str
) -> None:
    create_topics(direct, unique)
    gateway, ports = upstreams
    endpoint = at_port(gateway.bundle, "tester", ports["other-authority"])
    assert failure(endpoint, unique) == KafkaError._MSG_TIMED_OUT
    reader = consumer(direct, f"{unique}-group")
    try:
        assert reader.get_watermark_offsets(TopicPartition(unique, 0), timeout=10) == (0, 0)
    finally:
        reader.close()


def test_an_authority_that_is_mended_on_disk_is_believed(
    upstreams: tuple[GatewayProcess, dict[str, int]], topic: str
) -> None:
    gateway, ports = upstreams
    file = gateway.bundle.folder / "tls" / "other-ca.pem"
    before = file.read_bytes()
    file.write_bytes((file.parent / "kafka-ca.pem").read_bytes())
    try:
        gateway.reload()
        endpoint = at_port(gateway.bundle, "tester", ports["other-authority"])
        assert produce(endpoint, topic, [b"value"]) == [0]
    finally:
        file.write_bytes(before)
        gateway.reload()


def test_speaking_in_the_clear_to_a_broker_that_wants_tls_is_explained(
    upstreams: tuple[GatewayProcess, dict[str, int]],
) -> None:
    assert "the broker speaks TLS: declare `tls` for the cluster" in upstreams[0].log.read_text()
