"""Whom brokers see: the gateway, which logs in by SCRAM, or each client, which does so itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from streamward.policy.kafka_acls.cluster import describe_acls
from streamward.policy.kafka_acls.properties import read_connection
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import write_bundle
from tests.support.confluent import consume, create_topics, error_code, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api
from tests.support.raw import RawClient
from tests.support.topologies import Document, add_listener, at_port, brokers, copy_file, topology

USERS = ("admin", "proxy", "tester", "writer", "stranger", "administrator")
DECLARED = ("tester", "writer", "administrator")
TOPIC = "conformance.relayed"
CLOSED = "conformance.closed"
METERED = "conformance.open.metered"
SETTINGS = {"delegation.token.secret.key": "only a test knows it"}
CLUSTER_AUTHORIZATION_FAILED = 31


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
    options = KafkaOptions(
        users=USERS, authorizer=True, auto_create_topics=False, settings=SETTINGS
    )
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
            documents.append(_mapped(bundle.folder, kafka) | {"bootstrap": addresses, "tls": tls})
        listener = {
            "certificate": "file:tls/gateway.pem",
            "key": "file:tls/gateway.key",
            "client_certificate": "none",
        }
        ports = {
            "mapped": add_listener(bundle, "as-mapped", cluster="mapped"),
            "gateway": add_listener(bundle, "as-gateway", cluster="gateway"),
            "client": add_listener(
                bundle, "as-client", cluster="client", tls=listener, sasl=["SCRAM-SHA-512"]
            ),
        }
        access = bundle.folder / "access.yaml"
        text = access.read_text()
        for name in DECLARED:
            password = f'verifier: "file:secrets/{name}.verifier"}}\n'
            text = text.replace(password, f"{password}  - {{id: {name}-broker, type: broker}}\n")
        access.write_text(text)
        with GatewayProcess(bundle) as process:
            yield Place(kafka, process, ports)


def _mapped(folder: Path, kafka: KafkaServer) -> Document:
    """A cluster that knows `tester` by a password, which the gateway shows for it."""
    file = folder / "secrets" / "mapped.password"
    file.touch(mode=0o600)
    file.write_text(kafka.password("tester"))
    sasl = {
        "mechanism": "SCRAM-SHA-512",
        "username": "tester",
        "password": "file:secrets/mapped.password",
    }
    own = sasl | {"username": "proxy", "password": "file:secrets/upstream.password"}
    principals = [{"principal": "tester", "sasl": sasl}]
    cluster = {"kind": "Cluster", "name": "mapped", "identity": "mapped"}
    return cluster | {"sasl": own, "principals": principals}


def _prepare(kafka: KafkaServer) -> None:
    admin = brokers(kafka)[0]
    create_topics(admin, TOPIC, CLOSED, METERED)
    rights = [
        ("proxy", ResourceType.TOPIC, "conformance.", AclOperation.ALL),
        ("proxy", ResourceType.GROUP, "conformance.", AclOperation.ALL),
        ("tester", ResourceType.TOPIC, TOPIC, AclOperation.ALL),
        ("tester", ResourceType.GROUP, "conformance.", AclOperation.ALL),
        ("writer", ResourceType.TOPIC, "conformance.", AclOperation.ALL),
        ("administrator", ResourceType.BROKER, "kafka-cluster", AclOperation.ALTER),
        ("administrator", ResourceType.BROKER, "kafka-cluster", AclOperation.ALTER_CONFIGS),
    ]
    bindings = [binding(*each) for each in rights]
    client = AdminClient(admin.librdkafka())
    for future in client.create_acls(bindings).values():
        future.result(30.0)


def binding(user: str, kind: ResourceType, name: str, operation: AclOperation) -> AclBinding:
    """A right of a user on everything whose name starts so; librdkafka calls a cluster `BROKER`."""
    literal = kind is ResourceType.BROKER
    pattern = ResourcePatternType.LITERAL if literal else ResourcePatternType.PREFIXED
    allow = AclPermissionType.ALLOW
    return AclBinding(kind, name, pattern, f"User:{user}", "*", operation, allow)


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


# What means the caller goes to the broker as the caller's own.


@contextmanager
def logged_in(place: Place, apis: dict[str, Api], user: str) -> Iterator[RawClient]:
    """A connection through the gateway on which the user has logged in to the broker."""
    with RawClient(place.client(user)) as client:
        answer = client.authenticate_scram(apis, user, place.kafka.password(user))
        assert answer["ErrorCode"] == 0, answer
        yield client


def quota_of(user: str, bytes_per_second: float | None) -> dict[str, object]:
    """AlterClientQuotas: how fast a user may produce; None takes the quota away."""
    op = {
        "Key": "producer_byte_rate",
        "Value": bytes_per_second or 0.0,
        "Remove": bytes_per_second is None,
    }
    entity = [{"EntityType": "user", "EntityName": user}]
    return {"Entries": [{"Entity": entity, "Ops": [op]}], "ValidateOnly": False}


def test_acls_that_an_administrator_creates_are_the_brokers(place: Place) -> None:
    added = binding("tester", ResourceType.TOPIC, "elsewhere.", AclOperation.READ)
    client = AdminClient(place.client("administrator").librdkafka())
    client.create_acls([added])[added].result(30.0)
    at_the_broker = read_connection(place.kafka.folder / "admin-ssl.properties")

    def is_there() -> bool:
        acls = describe_acls(place.kafka.bootstrap("ssl"), at_the_broker)
        return ("User:tester", "elsewhere.") in {(acl.principal, acl.name) for acl in acls}

    assert eventually(is_there)


def test_who_may_not_alter_the_cluster_by_the_policy_changes_no_acl(place: Place) -> None:
    added = binding("tester", ResourceType.TOPIC, "taken.", AclOperation.ALL)
    client = AdminClient(place.client("tester").librdkafka())
    with pytest.raises(KafkaException) as raised:
        client.create_acls([added])[added].result(30.0)
    assert error_code(raised.value) == KafkaError.CLUSTER_AUTHORIZATION_FAILED
    denied = of_kind(place.gateway, "denied", principal="tester", api="CreateAcls")
    assert [each["action"] for each in denied] == ["Alter"]


def test_a_password_that_an_administrator_sets_opens_the_broker(place: Place) -> None:
    client = AdminClient(place.client("administrator").librdkafka())
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    change = UserScramCredentialUpsertion("newcomer", info, b"chosen by the administrator")
    client.alter_user_scram_credentials([change])["newcomer"].result(30.0)
    direct = replace(
        place.client("tester").with_password("newcomer", "chosen by the administrator"),
        bootstrap=place.kafka.bootstrap("sasl_ssl"),
        ca=place.kafka.ca_file,
    )

    def opens() -> bool:
        try:
            AdminClient(direct.librdkafka()).list_topics(timeout=2.0)
        except KafkaException:
            return False
        return True

    assert eventually(opens, seconds=20.0)


def test_a_quota_that_an_administrator_sets_slows_the_client_itself(
    place: Place, apis: dict[str, Api]
) -> None:
    with logged_in(place, apis, "administrator") as client:
        answer = client.request(apis["AlterClientQuotas"], 1, quota_of("writer", 1.0))
        assert [entry["ErrorCode"] for entry in answer["Entries"]] == [0]
        try:
            assert eventually(lambda: throttled(place, apis), seconds=20.0)
        finally:
            client.request(apis["AlterClientQuotas"], 1, quota_of("writer", None))


def throttled(place: Place, apis: dict[str, Api]) -> bool:
    """Whether the broker has a writer wait after a kilobyte."""
    with logged_in(place, apis, "writer") as client:
        identity = requests.topic_id(client, apis, METERED)
        values = requests.produce(METERED, identity, b"x" * 1_000)
        answer = client.request(apis["Produce"], 12, values)
        partition = answer["Responses"][0]["PartitionResponses"][0]
        assert partition["ErrorCode"] == 0, partition
        return answer["ThrottleTimeMs"] > 0


def test_what_the_broker_does_not_allow_the_client_itself_is_refused(
    place: Place, apis: dict[str, Api]
) -> None:
    # The policy lets `tester` describe the cluster; the broker doesn't, though the gateway may.
    anything = {"ResourceTypeFilter": 1, "PatternTypeFilter": 1, "Operation": 1}
    with logged_in(place, apis, "tester") as client:
        answer = client.request(apis["DescribeAcls"], 3, anything | {"PermissionType": 1})
    assert answer["ErrorCode"] == CLUSTER_AUTHORIZATION_FAILED
    assert not of_kind(place.gateway, "denied", principal="tester", api="DescribeAcls")


def test_a_delegation_token_is_minted_for_the_client_itself(
    place: Place, apis: dict[str, Api]
) -> None:
    with logged_in(place, apis, "tester") as client:
        token = client.request(apis["CreateDelegationToken"], 3, {"MaxLifetimeMs": 60_000})
        assert token["ErrorCode"] == 0, token
        assert (token["PrincipalType"], token["PrincipalName"]) == ("User", "tester")

        def owners() -> list[str]:
            found = client.request(apis["DescribeDelegationToken"], 3, {"Owners": None})
            assert found["ErrorCode"] == 0, found
            tokens = [each for each in found["Tokens"] if each["TokenId"] == token["TokenId"]]
            return [each["PrincipalName"] for each in tokens]

        assert eventually(lambda: owners() == ["tester"])
        renewed = client.request(
            apis["RenewDelegationToken"], 2, {"Hmac": token["Hmac"], "RenewPeriodMs": 30_000}
        )
        assert renewed["ErrorCode"] == 0, renewed
        ended = client.request(
            apis["ExpireDelegationToken"], 2, {"Hmac": token["Hmac"], "ExpiryTimePeriodMs": -1}
        )
        assert ended["ErrorCode"] == 0, ended


# A client that proves itself to the gateway by certificate, and is known to brokers by a password.


def test_a_mapped_client_is_known_to_brokers_by_its_own_credential(
    place: Place, apis: dict[str, Api]
) -> None:
    endpoint = at_port(place.gateway.bundle, "tester", place.ports["mapped"])
    produce(endpoint, TOPIC, [b"as the client"])
    # The policy and the gateway's own rights allow it; those of `tester` at the broker don't.
    with pytest.raises(KafkaException) as raised:
        produce(endpoint, CLOSED, [b"x"])
    assert error_code(raised.value) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert not of_kind(place.gateway, "denied", principal="tester", api="Produce")
    with RawClient(endpoint) as client:
        token = client.request(apis["CreateDelegationToken"], 3, {"MaxLifetimeMs": 60_000})
    assert (token["ErrorCode"], token["PrincipalName"]) == (0, "tester")


def test_a_client_that_is_not_mapped_is_not_let_in(place: Place) -> None:
    endpoint = at_port(place.gateway.bundle, "administrator", place.ports["mapped"])
    with pytest.raises(KafkaException):
        AdminClient(endpoint.librdkafka()).list_topics(timeout=3.0)
    assert "no credential at the brokers is declared for it" in failures(place)
