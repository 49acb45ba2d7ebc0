"""A bundle that changes under live connections: rights, credentials, certificates, mistakes."""

import contextlib
import os
import signal
import ssl
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from confluent_kafka import KafkaError, KafkaException
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from streamward.dev.authority import Authority
from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import GatewayBundle, write_bundle
from tests.support.confluent import error_code, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind, settled
from tests.support.gateway import GatewayProcess
from tests.support.load import Load, Reading
from tests.support.messages import Api, decode_response
from tests.support.raw import RawClient

TOPIC_AUTHORIZATION_FAILED = 29
FELT_SECONDS_MAX = 1.0
NOTICED_SECONDS_MAX = 5.0


@pytest.fixture(scope="module")
def changing(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway of this file's own, since its bundle changes."""
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("changing") / "bundle", kafka.bootstrap())
    with GatewayProcess(bundle) as process:
        yield process


def hang_up(gateway: GatewayProcess, wait_for: str = "bundle in force") -> None:
    """SIGHUP, and wait until the gateway says what became of it."""
    since = gateway.said()
    os.kill(gateway.pid, signal.SIGHUP)
    assert gateway.says(wait_for, since), gateway.tail()


def rights(bundle: GatewayBundle, *streams: str) -> None:
    """What the intruder, who has no rights otherwise, may read and write."""
    names = ", ".join(f"'stream:{stream}'" for stream in streams)
    text = "kind: Grant\nid: guest\nto: ['principal:intruder']\n"
    bundle.grants(f"{text}allow: [read, write]\non: [{names}]\n" if streams else "")


@dataclass
class Client:
    """A raw connection that produces to and fetches from one topic."""

    raw: RawClient
    apis: dict[str, Api]
    topic: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.socket.close()

    def produce(self) -> int:
        """Produce one record; gives the error code."""
        values = requests.produce(self.topic, requests.topic_id(self.raw, self.apis, self.topic))
        answer = self.raw.request(self.apis["Produce"], 9, values)
        return answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"]


def connect(
    gateway: GatewayProcess, apis: dict[str, Api], topic: str, principal: str, **more: float
) -> Client:
    return Client(RawClient(gateway.bundle.endpoint(principal), **more), apis, topic)


def test_a_grant_that_goes_is_felt_by_live_connections_and_by_nobody_else(
    changing: GatewayProcess, apis: dict[str, Api], direct: Endpoint, topic: str
) -> None:
    produce(direct, topic, [b"%d" % number for number in range(1000)])
    rights(changing.bundle, topic)
    hang_up(changing)
    with (
        connect(changing, apis, topic, "intruder") as producing,
        connect(changing, apis, topic, "intruder", seconds=20.0) as polling,
        connect(changing, apis, topic, "tester") as bystander,
        connect(changing, apis, topic, "tester", seconds=20.0) as waiting,
    ):
        assert (producing.produce(), bystander.produce()) == (0, 0)
        identity = requests.topic_id(polling.raw, apis, topic)
        for client in (polling, waiting):
            values = requests.fetch(topic, identity, 1_002, wait_ms=3_000)
            client.raw.send(apis["Fetch"], 12, values)
        time.sleep(0.3)
        rights(changing.bundle)
        hang_up(changing)
        in_force = time.monotonic()
        refused = polling.raw.read_frame()
        assert time.monotonic() - in_force < FELT_SECONDS_MAX
        _, answer = decode_response(apis["Fetch"], 12, refused)
        part = answer["Responses"][0]["Partitions"][0]
        assert part["ErrorCode"] == TOPIC_AUTHORIZATION_FAILED
        assert producing.produce() == TOPIC_AUTHORIZATION_FAILED
        assert bystander.produce() == 0
        assert len(waiting.raw.read_frame()) > 0
        # What the broker answers later to the poll that was refused reaches nobody.
        rights(changing.bundle, topic)
        hang_up(changing)
        assert producing.produce() == 0
        assert polling.produce() == 0
        assert waiting.produce() == 0


def test_a_change_of_the_files_is_noticed_without_being_told(
    changing: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    rights(changing.bundle)
    hang_up(changing)
    with connect(changing, apis, topic, "intruder") as client:
        with connect(changing, apis, topic, "tester") as other:
            values = requests.produce(topic, requests.topic_id(other.raw, apis, topic))

        def code() -> int:
            answer = client.raw.request(apis["Produce"], 9, values)
            return answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"]

        assert code() == TOPIC_AUTHORIZATION_FAILED
        rights(changing.bundle, topic)
        assert eventually(lambda: code() == 0, NOTICED_SECONDS_MAX)
        rights(changing.bundle)
        assert eventually(lambda: code() == TOPIC_AUTHORIZATION_FAILED, NOTICED_SECONDS_MAX)


def test_reloads_disturb_nobody_whose_rights_stay(changing: GatewayProcess, topic: str) -> None:
    endpoint = changing.bundle.endpoint("tester")
    load, reading = Load(endpoint, topic), Reading(endpoint, topic)
    load.start()
    reading.start()
    load.wait_for(100)
    before = connections(changing)
    for number in range(5):
        rights(changing.bundle, f"conformance.other-{number}")
        hang_up(changing)
        load.wait_for(100)
    assert connections(changing) == before
    load.stop()
    offsets = [offset for _, offset, _ in load.acknowledged]
    assert load.errors == []
    assert eventually(lambda: len(reading.places) == len(offsets))
    reading.stop()
    assert sorted(offsets) == list(range(len(offsets)))
    logged = settled(changing, topic, "Write", set(offsets))
    assert sorted(logged.offsets) == sorted(offsets)
    assert len(of_kind(changing, "access_opened", action="Write", principal="tester")) >= 6
    rights(changing.bundle)
    hang_up(changing)


def connections(gateway: GatewayProcess) -> set[str]:
    """The connections of everybody, by the numbers that they have in the log."""
    return {part["connection"] for part in of_kind(gateway, "authentication")}


def test_real_clients_are_told_when_a_grant_goes_and_comes(
    changing: GatewayProcess, topic: str
) -> None:
    endpoint = changing.bundle.endpoint("intruder")
    rights(changing.bundle, topic)
    hang_up(changing)
    assert produce(endpoint, topic, [b"one"]) == [0]
    rights(changing.bundle)
    hang_up(changing)
    with pytest.raises(KafkaException) as raised:
        produce(endpoint, topic, [b"two"])
    assert error_code(raised.value) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    rights(changing.bundle, topic)
    hang_up(changing)
    assert produce(endpoint, topic, [b"two"]) == [1]


def test_a_broken_bundle_says_so_and_changes_nothing(
    changing: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    rights(changing.bundle, topic)
    hang_up(changing)
    with changing.door() as door:
        version = door.policy_version()
    with connect(changing, apis, topic, "intruder") as client:
        assert client.produce() == 0
        changing.bundle.grants("kind: Grant\nid: guest\nto: ['role:nobody']\n")
        hang_up(changing, wait_for="the old policy stays")
        assert client.produce() == 0
        with changing.door() as door:
            assert door.policy_version() == version
        assert "more.yaml" in changing.tail()
    rights(changing.bundle)
    hang_up(changing)


# Who may call


@pytest.mark.parametrize("what", ["credential", "principal"])
def test_a_credential_that_goes_ends_its_connections(
    changing: GatewayProcess, apis: dict[str, Api], topic: str, what: str
) -> None:
    file = changing.bundle.folder / "access.yaml"
    before = file.read_text()
    line = '  - {id: writer-certificate, type: certificate, subject: "CN=writer,O=Conformance"}\n'
    document = next(each for each in before.split("---\n") if line in each)
    after = before.replace(*{"credential": (line, ""), "principal": (document, "")}[what])
    assert after != before
    with (
        connect(changing, apis, topic, "writer", seconds=3.0) as gone,
        connect(changing, apis, topic, "tester") as stays,
    ):
        gone.raw.request(apis["Metadata"], 12, {"Topics": []})
        file.write_text(after)
        hang_up(changing)
        began = time.monotonic()
        assert gone.raw.is_closed_by_peer()
        assert time.monotonic() - began < FELT_SECONDS_MAX
        assert stays.produce() == 0
    with pytest.raises((OSError, AssertionError)):
        connect(changing, apis, topic, "writer").raw.request(apis["Metadata"], 12, {"Topics": []})
    file.write_text(before)
    hang_up(changing)
    with connect(changing, apis, topic, "writer") as back:
        back.raw.request(apis["Metadata"], 12, {"Topics": []})


def test_rights_that_end_while_an_answer_is_on_its_way_end_it(
    changing: GatewayProcess, apis: dict[str, Api], direct: Endpoint, topic: str
) -> None:
    values = [b"x" * 20_000 for _ in range(600)]
    produce(direct, topic, values)
    rights(changing.bundle, topic)
    hang_up(changing)
    with connect(changing, apis, topic, "intruder") as client:
        identity = requests.topic_id(client.raw, apis, topic)
        wanted = requests.fetch(topic, identity, PartitionMaxBytes=50_000_000)
        client.raw.send(apis["Fetch"], 12, wanted | {"MaxBytes": 50_000_000})
        (length,) = struct.unpack(">i", client.raw.socket.recv(4))
        assert length > len(values) * 20_000
        rights(changing.bundle)
        hang_up(changing)
        got = 0
        with contextlib.suppress(OSError):
            while chunk := client.raw.socket.recv(65_536):
                got += len(chunk)
    assert got < length, "the whole answer came"


# Certificates of the gateway


def served(endpoint: Endpoint) -> int:
    """The serial number of the certificate that a new connection is shown."""
    with RawClient(endpoint) as client:
        shown = client.socket.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def authority(folder: Path) -> Authority:
    """The authority that signed the bundle's certificates."""
    certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(certificate, key)


def test_a_new_certificate_is_shown_to_new_connections_while_old_ones_live(
    changing: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    endpoint = changing.bundle.endpoint("tester")
    tls = changing.bundle.folder / "tls"
    old = served(endpoint)
    with connect(changing, apis, topic, "tester") as client:
        assert client.produce() == 0
        renewed = authority(tls).server("localhost", ["localhost", "127.0.0.1"])
        (tls / "gateway.pem").write_bytes(renewed.certificate)
        (tls / "gateway.key").write_bytes(renewed.key)
        assert eventually(lambda: served(endpoint) != old, NOTICED_SECONDS_MAX)
        assert client.produce() == 0


def test_a_certificate_without_its_key_changes_nothing(
    changing: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    endpoint = changing.bundle.endpoint("tester")
    file = changing.bundle.folder / "tls" / "gateway.pem"
    before, old = file.read_bytes(), served(endpoint)
    other = Authority.create("other").server("localhost", ["localhost"])
    file.write_bytes(other.certificate)
    try:
        hang_up(changing, wait_for="the old policy stays")
        assert served(endpoint) == old
        with connect(changing, apis, topic, "tester") as client:
            assert client.produce() == 0
    finally:
        file.write_bytes(before)
        hang_up(changing)


def test_an_authority_that_is_replaced_is_asked_for_new_connections(
    changing: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    file = changing.bundle.folder / "tls" / "ca.pem"
    before = file.read_bytes()
    context = changing.bundle.endpoint("tester").tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    endpoint = changing.bundle.endpoint("tester")
    file.write_bytes(Authority.create("other").issued.certificate)
    try:
        hang_up(changing)
        kept = changing.bundle.folder / "tls" / "kept-ca.pem"
        kept.write_bytes(before)
        known = Endpoint("tester", endpoint.bootstrap, kept, endpoint.certificate, endpoint.key)
        with pytest.raises(OSError), RawClient(known) as client:
            client.request(apis["Metadata"], 12, {"Topics": []})
    finally:
        file.write_bytes(before)
        hang_up(changing)
    assert produce(endpoint, topic, [b"back"]) == [0]
