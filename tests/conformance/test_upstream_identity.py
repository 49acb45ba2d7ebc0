"""Whom brokers see: the gateway, which logs in by SCRAM, or each client, which does so itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import write_bundle
from tests.support.confluent import consume, create_topics, error_code, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import of_kind
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api
from tests.support.raw import RawClient
from tests.support.topologies import add_listener, copy_file, topology

USERS = ("admin", "proxy", "tester", "writer", "stranger")
TOPIC = "conformance.relayed"
CLOSED = "conformance.closed"


@dataclass(frozen=True)
class Place:
    """A gateway in front of a Kafka that authorises, and its ports by whom brokers see."""

    kafka: KafkaServer
    gateway: GatewayProcess
    ports: dict[str, int]

    def client(self, user: str) -> Endpoint:
        """The listener whose brokers see the client, with the user's password at the broker."""
        endpoint = replace(
            self.gateway.bundle.endpoint("tester"),
            name=f"relayed-{user}",
            bootstrap=f"localhost:{self.ports['client']}",
            mechanism="SCRAM-SHA-512",
        )
        return endpoint.with_password(user, self.kafka.password(user))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require_gateway()
    options = KafkaOptions(users=USERS, authorizer=True, auto_create_topics=False)
    with KafkaServer.ephemeral(options) as kafka:
        _prepare(kafka)
        bundle = write_bundle(tmp_path_factory.mktemp("relay") / "bundle", kafka.bootstrap())
        tls = {"ca": copy_file(kafka.ca_file, bundle.folder / "tls" / "kafka-ca.pem")}
        file = bundle.folder / "secrets" / "upstream.password"
        file.touch(mode=0o600)
        # A line break at the end, as editors leave it.
        file.write_text(kafka.password("proxy") + "\n")
        sasl = {
            "mechanism": "SCRAM-SHA-512",
            "username": "proxy",
            "password": "file:secrets/upstream.password",
        }
        addresses = [kafka.bootstrap("sasl_ssl")]
        with topology(bundle) as documents:
            for name in ("gateway", "client"):
                cluster = {"kind": "Cluster", "name": name, "identity": name}
                documents.append(cluster | {"bootstrap": addresses, "tls": tls, "sasl": sasl})
        listener = {
            "certificate": "file:tls/gateway.pem",
            "key": "file:tls/gateway.key",
            "client_certificate": "none",
        }
        ports = {
            "gateway": add_listener(bundle, "as-gateway", cluster="gateway"),
            "client": add_listener(
                bundle, "as-client", cluster="client", tls=listener, sasl=["SCRAM-SHA-512"]
            ),
        }
        access = bundle.folder / "access.yaml"
        text = access.read_text()
        for name in ("tester", "writer"):
            password = f'verifier: "file:secrets/{name}.verifier"}}\n'
            text = text.replace(password, f"{password}  - {{id: {name}-broker, type: broker}}\n")
        access.write_text(text)
        with GatewayProcess(bundle) as process:
            yield Place(kafka, process, ports)


def _prepare(kafka: KafkaServer) -> None:
    tls = kafka.folder / "tls"
    admin = Endpoint(
        "admin", kafka.bootstrap("ssl"), kafka.ca_file, tls / "admin.pem", tls / "admin.key"
    )
    create_topics(admin, TOPIC, CLOSED)
    rights = [
        ("proxy", ResourceType.TOPIC, "conformance.", AclOperation.ALL),
        ("proxy", ResourceType.GROUP, "conformance.", AclOperation.ALL),
        ("tester", ResourceType.TOPIC, TOPIC, AclOperation.ALL),
        ("tester", ResourceType.GROUP, "conformance.", AclOperation.ALL),
        ("writer", ResourceType.TOPIC, "conformance.", AclOperation.ALL),
    ]
    bindings = [
        AclBinding(
            kind,
            name,
            ResourcePatternType.PREFIXED,
            f"User:{user}",
            "*",
            operation,
            AclPermissionType.ALLOW,
        )
        for user, kind, name, operation in rights
    ]
    client = AdminClient(admin.librdkafka())
    for future in client.create_acls(bindings).values():
        future.result(30.0)


def test_the_gateway_logs_in_with_a_name_and_a_password(place: Place) -> None:
    endpoint = replace(
        place.gateway.bundle.endpoint("tester"), bootstrap=f"localhost:{place.ports['gateway']}"
    )
    assert produce(endpoint, CLOSED, [b"by the gateway"]) == [0]
    assert consume(endpoint, CLOSED, 1, "conformance.g1") == [b"by the gateway"]


def test_a_client_logs_in_to_the_broker_itself(place: Place) -> None:
    endpoint = place.client("tester")
    assert produce(endpoint, TOPIC, [b"by the client"]) == [0]
    assert consume(endpoint, TOPIC, 1, "conformance.g2") == [b"by the client"]
    entries = of_kind(place.gateway, "authentication", mechanism="SCRAM-SHA-512")
    assert {entry["credential"] for entry in entries} == {"tester-broker"}


def test_both_the_policy_and_the_broker_must_allow(place: Place) -> None:
    # The policy allows `tester` all of `conformance.*`; the broker only one topic.
    with pytest.raises(KafkaException) as raised:
        produce(place.client("tester"), CLOSED, [b"x"])
    assert error_code(raised.value) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    # The broker allows `writer` all of `conformance.*`; the policy only `conformance.open.*`.
    with pytest.raises(KafkaException) as raised:
        produce(place.client("writer"), CLOSED, [b"x"])
    assert error_code(raised.value) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert of_kind(place.gateway, "denied", principal="writer")
    assert not of_kind(place.gateway, "denied", principal="tester")


def failures(place: Place) -> str:
    """Why logins failed, one after the other."""
    entries = of_kind(place.gateway, "authentication")
    return "; ".join(entry.get("reason") or "" for entry in entries)


@pytest.mark.parametrize("user", ["stranger", "proxy"])
def test_whom_the_broker_knows_must_be_declared_too(place: Place, user: str) -> None:
    with pytest.raises(KafkaException):
        AdminClient(place.client(user).librdkafka()).list_topics(timeout=5.0)
    assert "no principal has this name" in failures(place)


def test_a_wrong_password_is_the_brokers_to_refuse(place: Place) -> None:
    endpoint = place.client("tester").with_password("tester", "not it")
    with pytest.raises(KafkaException):
        AdminClient(endpoint.librdkafka()).list_topics(timeout=5.0)
    assert "the broker refuses it" in failures(place)


def test_nothing_but_a_login_passes_before_it(place: Place, apis: dict[str, Api]) -> None:
    with RawClient(place.client("tester")) as client:
        client.send(apis["Metadata"], 9, {"Topics": None})
        assert client.is_closed_by_peer()
    with RawClient(place.client("tester")) as client:
        assert requests.offered(client, apis)["Metadata"]
