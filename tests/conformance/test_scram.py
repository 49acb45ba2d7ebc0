"""SCRAM with passwords of the identity store: three clients, and the life of a password."""

import asyncio
import base64
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer, KafkaError

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.confluent import consume, consumer, create_topics, produce, read
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.java_tools import SEND_ON, JavaTools, Said, lost
from tests.support.load import Load, Reading
from tests.support.topologies import find, topology

TOPIC = "conformance.open.scram"
STORE = """\
kind: IdentityStore
name: identities
key: file:secrets/identity.key
iterations: 4096
---
kind: CredentialClass
name: short
lifetime: 30d
overlap: 1h
"""


@dataclass(frozen=True)
class Place:
    """A gateway whose clients log in by SCRAM."""

    gateway: GatewayProcess

    def identity(self, *words: str) -> Any:
        """A `streamward identity` command, as a person would use it."""
        options = ["--state-dir", str(self.gateway.state), "--json"]
        return json.loads(self.gateway.run("identity", *words, *options).stdout)

    def add(self, principal: str, **more: str) -> dict[str, Any]:
        """The same by the control door, without the time that a command takes to start."""
        with self.gateway.door() as door:
            return door.add_credential({"principal": principal, **more})

    def change(self, identifier: str, verb: str) -> None:
        """End a credential, or take it back."""
        with self.gateway.door() as door:
            door.change_credential(identifier, verb, "test")

    def endpoint(self, user: str, password: str, mechanism: str = "SCRAM-SHA-512") -> Endpoint:
        """A client of the listener."""
        endpoint = replace(
            self.gateway.bundle.endpoint("tester"), name=f"scram-{user}", mechanism=mechanism
        )
        return endpoint.with_password(user, password)


@pytest.fixture(scope="module")
def place(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("scram") / "bundle", kafka.bootstrap())
    with topology(bundle) as documents:
        listener = find(documents, "Listener", "clients")
        listener["sasl"] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
        listener["limits"] = {"failure_delay_milliseconds": 20}
    (bundle.folder / "identities.yaml").write_text(STORE)
    key = bundle.folder / "secrets" / "identity.key"
    key.touch(mode=0o600)
    key.write_bytes(base64.b64encode(b"k" * 32))
    with GatewayProcess(bundle) as process:
        create_topics(bundle.endpoint("tester"), TOPIC)
        yield Place(process)


def refused(endpoint: Endpoint) -> bool:
    """Whether the client is told that authentication failed."""
    told: list[KafkaError] = []
    settings = endpoint.librdkafka(group_id="conformance.scram-refused")
    reader = Consumer(settings | {"error_cb": told.append})
    try:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            reader.poll(0.05)
            if any(error.code() == KafkaError._AUTHENTICATION for error in told):
                return True
    finally:
        reader.close()
    return False


def reasons(place: Place, principal: str) -> list[str]:
    found = of_kind(place.gateway, "authentication", principal=principal)
    return [entry["reason"] for entry in found if "reason" in entry]


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"])
def test_librdkafka_logs_in_with_a_stored_password(place: Place, mechanism: str) -> None:
    issued = place.add("tester")
    endpoint = place.endpoint("tester", issued["password"], mechanism)

    offsets = produce(endpoint, TOPIC, [b"one"])

    assert len(offsets) == 1
    credential = issued["credential"]["id"]
    entries = of_kind(place.gateway, "authentication", credential=credential)
    assert entries
    assert all(entry["mechanism"] == mechanism for entry in entries)
    place.change(credential, "revoke")


@pytest.mark.slow
def test_java_and_aiokafka_log_in(place: Place, java: JavaTools) -> None:
    issued = place.add("tester")
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        endpoint = place.endpoint("tester", issued["password"], mechanism)
        arguments = ["--bootstrap-server", endpoint.bootstrap, "--topic", TOPIC]
        arguments += ["--command-config", str(endpoint.java(java.folder))]
        java.tool("ConsoleProducer", *arguments, text="of java\n")

        async def send(endpoint: Endpoint = endpoint) -> None:
            async with asyncio.timeout(60), AIOKafkaProducer(**endpoint.aiokafka()) as producer:
                await producer.send_and_wait(TOPIC, b"of aiokafka")

        asyncio.run(send())
    identifier = issued["credential"]["id"]
    mechanisms = {
        e["mechanism"] for e in of_kind(place.gateway, "authentication", credential=identifier)
    }
    assert mechanisms == {"SCRAM-SHA-256", "SCRAM-SHA-512"}
    place.change(identifier, "revoke")


def test_a_declared_verifier_lets_in_by_its_mechanism(place: Place) -> None:
    password = place.gateway.bundle.password("writer")
    assert produce(place.endpoint("writer", password, "SCRAM-SHA-256"), TOPIC, [b"declared"])
    # Its verifier is of SHA-256.
    assert refused(place.endpoint("writer", password, "SCRAM-SHA-512"))
    assert any("no password for SCRAM-SHA-512" in reason for reason in reasons(place, "writer"))


def test_a_rotation_leaves_both_in_force_and_a_revocation_ends_a_connection(place: Place) -> None:
    old = place.identity("add", "reader", "--class", "short")
    produce(place.gateway.bundle.endpoint("tester"), TOPIC, [b"first"])
    reader = consumer(place.endpoint("reader", old["password"]), "conformance.open.scram")
    reader.subscribe([TOPIC])
    assert read(reader, 1)

    new = place.identity("rotate", old["credential"]["id"])

    fresh = place.endpoint("reader", new["password"], "SCRAM-SHA-256")
    assert consume(fresh, TOPIC, 1, "conformance.open.scram-2")
    shown = place.identity("show", old["credential"]["id"])["credentials"][0]
    assert (shown["state"], shown["successor"]) == ("active", new["credential"]["id"])
    said, begun = place.gateway.said(), time.monotonic()
    place.change(old["credential"]["id"], "revoke")
    assert place.gateway.says("the principal's rights have ended", since=said)
    assert time.monotonic() - begun < 5, "a connection outlived its credential"
    reader.close()
    assert refused(place.endpoint("reader", old["password"]))
    assert eventually(
        lambda: any("is disabled" in it or "revoked by" in it for it in reasons(place, "reader"))
    )
    # The other one still holds.
    assert consume(fresh, TOPIC, 1, "conformance.open.scram-3")
    changes = [
        e["account"]["change"] for e in of_kind(place.gateway, "account_change", principal="reader")
    ]
    assert changes == ["added", "rotated", "added", "revoked"]


@pytest.mark.slow
def test_rotation_and_revocation_under_load_lose_no_record_of_others(
    place: Place, java: JavaTools, direct: Endpoint, topic: str
) -> None:
    """Java, librdkafka and aiokafka send on meanwhile, by the old password and the new one."""
    old, doomed = place.add("tester"), place.add("tester")
    clients = [
        replace(place.endpoint("tester", issued["password"]), name=name)
        for name, issued in (("old", old), ("doomed", doomed))
    ]
    files = [str(each.java(java.folder)) for each in clients]
    rdkafka = Load(place.endpoint("tester", old["password"]), topic)
    reader = Reading(place.endpoint("tester", old["password"]), topic)
    rdkafka.start()
    reader.start()
    with java.start(str(SEND_ON), topic, *files) as process:
        try:
            said = Said(process)
            said.wait_for("old live", "doomed live")
            new = place.identity("rotate", old["credential"]["id"])
            begun = place.gateway.said(), time.monotonic()
            place.change(doomed["credential"]["id"], "revoke")
            assert place.gateway.says("the principal's rights have ended", since=begun[0])
            sys.stdout.write(f"closed {1e3 * (time.monotonic() - begun[1]):.0f} ms after\n")
            fresh = asyncio.run(_send_some(place.endpoint("tester", new["password"]), topic))
            rdkafka.wait_for(20)
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            sent = said.wait_for("old sent")
        finally:
            process.kill()
            rdkafka.stop()
            places = {(partition, offset) for partition, offset, _ in rdkafka.acknowledged}
            assert eventually(lambda: places <= set(reader.places), 30), "the consumer lost some"
            reader.stop()

    assert rdkafka.errors == []
    assert lost(direct, topic, [*sent, f"fresh sent {fresh}"]) == set()
    count = len(rdkafka.acknowledged)
    assert lost(direct, topic, [f"librdkafka sent {count}"]) == set()
    for issued in (old, new):
        place.change(issued["credential"]["id"], "revoke")


async def _send_some(endpoint: Endpoint, topic: str, count: int = 20) -> int:
    """aiokafka sends so many records, each acknowledged."""
    async with asyncio.timeout(60), AIOKafkaProducer(**endpoint.aiokafka()) as producer:
        for number in range(count):
            await producer.send_and_wait(topic, f"fresh {number}".encode())
    return count


def test_guessing_makes_the_source_wait_and_a_certificate_is_not_held_up(place: Place) -> None:
    for _ in range(7):
        assert refused(place.endpoint("administrator", "a wrong guess"))
        if any("too many failed attempts" in it for it in reasons(place, "administrator")):
            break
    assert eventually(
        lambda: any("too many failed attempts" in it for it in reasons(place, "administrator"))
    )
    # The same principal from the same source, by what it declares besides.
    produce(place.gateway.bundle.endpoint("administrator"), TOPIC, [b"not held up"])


def test_a_password_is_in_no_file(place: Place) -> None:
    issued = place.add("tester")
    password, identifier = issued["password"], issued["credential"]["id"]
    produce(place.endpoint("tester", password), TOPIC, [b"known"])
    place.change(identifier, "disable")
    assert refused(place.endpoint("tester", password))
    folders = (place.gateway.state, place.gateway.bundle.folder)
    for path in (file for folder in folders for file in folder.rglob("*") if file.is_file()):
        content = path.read_bytes()
        assert password.encode() not in content, path
        assert b"SCRAM-SHA-512$" not in content, path
