"""Large batches in clear pass inside the kernel: they arrive, are entered, end with the right."""

import socket
from collections.abc import Iterator

import pytest

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import free_ports, write_bundle
from tests.support.confluent import consume, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, settled
from tests.support.figures import scrape
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api, encode_request
from tests.support.raw import RawClient

RECORD_BYTES = 20_000
RECORDS = 1_500


class Clear:
    """A gateway that clients reach without TLS, and whose brokers too."""

    def __init__(self, gateway: GatewayProcess, metrics_port: int) -> None:
        self.gateway = gateway
        self._metrics_port = metrics_port
        assert gateway.bundle.plain_port is not None
        self.port = gateway.bundle.plain_port
        self.settings = {
            "bootstrap_servers": f"127.0.0.1:{self.port}",
            "security_protocol": "PLAINTEXT",
        }

    def bypassed(self, peer: str) -> float:
        """Bytes from there that never were in the gateway's memory."""
        return scrape(self._metrics_port).sum("streamward_bypassed_bytes_total", peer=peer)


@pytest.fixture(scope="module")
def clear(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clear]:
    require_gateway()
    folder = tmp_path_factory.mktemp("clear") / "bundle"
    bundle = write_bundle(folder, kafka.bootstrap(), plaintext=True)
    metrics_port = free_ports(1)
    metrics = f"kind: Metrics\nname: prometheus\nport: {metrics_port}\n"
    (folder / "metrics.yaml").write_text(metrics)
    with GatewayProcess(bundle) as gateway:
        yield Clear(gateway, metrics_port)


def test_every_byte_arrives_and_every_record_is_entered(
    clear: Clear, direct: Endpoint, topic: str
) -> None:
    # Large and small batches by turns: what is bypassed and what is read keep their order.
    values = [
        number.to_bytes(4) * (RECORD_BYTES // 4 if number % 300 < 200 else 5)
        for number in range(RECORDS)
    ]
    total = sum(map(len, values))
    before = clear.bypassed("client"), clear.bypassed("broker")
    sending = {"linger_ms": 20, "enable_idempotence": True}
    produce(direct, topic, values, **clear.settings, **sending)
    assert consume(direct, topic, RECORDS, "straight-at-the-broker") == values
    large = {"fetch_message_max_bytes": 4 << 20}
    assert (
        consume(direct, topic, RECORDS, "conformance.in-clear", **clear.settings, **large) == values
    )
    # Heads of requests and small batches are read; of the large ones, most is not.
    assert clear.bypassed("client") - before[0] > total / 2
    assert clear.bypassed("broker") - before[1] > total / 2
    offsets = set(range(RECORDS))
    written, shown = (settled(clear.gateway, topic, it, offsets) for it in ("Write", "Read"))
    assert (written.all, written.records) == (offsets, RECORDS)
    assert shown.all == offsets


def test_what_is_half_way_ends_with_the_right_to_it(
    clear: Clear, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(clear.gateway.bundle.endpoint("tester")) as client:
        identity = requests.topic_id(client, apis, topic)
    wanted = requests.produce(topic, identity, b"x" * 900_000)
    frame = encode_request(apis["Produce"], 9, 1, wanted)
    before = clear.bypassed("client")
    with socket.create_connection(("127.0.0.1", clear.port), timeout=10) as client:
        client.sendall(frame[:500_000])
        assert eventually(lambda: clear.bypassed("client") - before > 400_000)
        containment = clear.gateway.quarantine(topic)
        try:
            client.sendall(frame[500_000:])
            ended = client.recv(1) == b""
        except ConnectionError:
            ended = True
        finally:
            clear.gateway.lift(containment)
    assert ended
    # The broker got a part of a request, which it discards.
    produce(direct, topic, [b"next"])
    assert consume(direct, topic, 1, "conformance.after-half") == [b"next"]


def test_a_peer_that_leaves_half_way_leaves_nothing_behind(
    clear: Clear, direct: Endpoint, apis: dict[str, Api], topic: str
) -> None:
    with RawClient(clear.gateway.bundle.endpoint("tester")) as client:
        identity = requests.topic_id(client, apis, topic)
    wanted = requests.produce(topic, identity, b"x" * 900_000)
    frame = encode_request(apis["Produce"], 9, 1, wanted)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", clear.port), timeout=10) as client:
            client.sendall(frame[:600_000])
    # Others that use the same pipes get their own bytes, and all of them.
    values = [bytes([index]) * 200_000 for index in range(40)]
    produce(direct, topic, values, **clear.settings)
    assert consume(direct, topic, 40, "conformance.after-leavers", **clear.settings) == values
