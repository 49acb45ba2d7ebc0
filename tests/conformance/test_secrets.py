"""The gateway's own credentials by reference: leased, rotated, withheld, and never to be seen."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from ruamel.yaml import YAML

from streamward.app import following, read_bundle
from streamward.app.following import SignatureFollowing
from streamward.dev.kafka import KafkaServer
from streamward.dev.kafka_files import KafkaOptions
from streamward.gateway.secret_stores import store_settings
from streamward.model.document import Bundle
from streamward.model.topology import Cluster
from streamward.secrets import Secret, SecretKeeper
from streamward.secrets.stores import open_store
from tests.conftest import require_gateway
from tests.support import requests
from tests.support.bundles import write_bundle
from tests.support.confluent import create_topics, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api
from tests.support.raw import RawClient
from tests.support.token_endpoint import AUDIENCE, CLIENT, ISSUER, SECRET, TokenEndpoint
from tests.support.topologies import Document, add_listener, brokers, copy_file, topology
from tests.support.vault import ROLE_ID, SECRET_ID, VaultStub

TOPIC = "conformance.secrets"
SESSION_MS = 3_000
"""How long Kafka takes the gateway's login for proved."""

PASSWORD = secrets.token_urlsafe(24)

_OAUTH = "listener.name.sasl_ssl.oauthbearer"
_LOGIN = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class Place:
    """A gateway whose secrets lie in a Vault and at a token endpoint."""

    kafka: KafkaServer
    gateway: GatewayProcess
    vault: VaultStub
    tokens: TokenEndpoint
    ports: dict[str, int]

    def endpoint(self, cluster: str) -> Endpoint:
        """Clients' way to the brokers that the gateway logs in to as declared for this cluster."""
        endpoint = self.gateway.bundle.endpoint("tester")
        return replace(endpoint, bootstrap=f"localhost:{self.ports[cluster]}")


def _options(folder: Path, tokens: TokenEndpoint) -> KafkaOptions:
    keys = folder / "jwks.json"
    keys.write_text(tokens.jwks())
    settings = {
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": (
            f'{_LOGIN}.plain.PlainLoginModule required user_follower="{PASSWORD}";'
        ),
        "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": (
            f"{_LOGIN}.scram.ScramLoginModule required;"
        ),
        f"{_OAUTH}.sasl.jaas.config": f"{_LOGIN}.oauthbearer.OAuthBearerLoginModule required;",
        f"{_OAUTH}.sasl.server.callback.handler.class": (
            f"{_LOGIN}.oauthbearer.OAuthBearerValidatorCallbackHandler"
        ),
        "sasl.oauthbearer.jwks.endpoint.url": keys.as_uri(),
        "sasl.oauthbearer.expected.audience": AUDIENCE,
        "sasl.oauthbearer.expected.issuer": ISSUER,
        "connections.max.reauth.ms": str(SESSION_MS),
    }
    allowed = f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={keys.as_uri()}"
    return KafkaOptions(auto_create_topics=False, settings=settings, jvm=(allowed,))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require_gateway()
    folder = tmp_path_factory.mktemp("secrets")
    with (
        VaultStub() as vault,
        TokenEndpoint(lifetime_seconds=6) as tokens,
        KafkaServer.ephemeral(_options(folder, tokens)) as kafka,
    ):
        create_topics(brokers(kafka)[0], TOPIC)
        vault.write("gateway", password=kafka.password("admin"))
        bundle = write_bundle(folder / "bundle", kafka.bootstrap())
        tls = {"ca": copy_file(kafka.ca_file, bundle.folder / "tls" / "kafka-ca.pem")}
        for name, text in (("vault", SECRET_ID), ("oauth", SECRET)):
            file = bundle.folder / "secrets" / f"{name}.secret"
            file.touch(mode=0o600)
            file.write_text(text)
        sasl = {
            "vault": {
                "mechanism": "SCRAM-SHA-512",
                "username": "admin",
                "password": "vault:corporate/secret/gateway#password",
            },
            "oauth": {
                "mechanism": "OAUTHBEARER",
                "oauth": {
                    "token_endpoint": tokens.address,
                    "client_id": CLIENT,
                    "client_secret": "file:secrets/oauth.secret",
                    "scope": "kafka",
                },
            },
        }
        auth = {"method": "approle", "role": ROLE_ID, "secret": "file:secrets/vault.secret"}
        with topology(bundle) as documents:
            stored = {"kind": "SecretStore", "name": "corporate", "refresh": "1s", "held": "5s"}
            documents.append(stored | {"vault": {"address": vault.address, "auth": auth}})
            for name, how in sasl.items():
                cluster = {"kind": "Cluster", "name": name, "tls": tls, "sasl": how}
                documents.append(cluster | {"bootstrap": [kafka.bootstrap("sasl_ssl")]})
        ports = {name: add_listener(bundle, f"by-{name}", cluster=name) for name in sasl}
        with GatewayProcess(bundle) as process:
            yield Place(kafka, process, vault, tokens, ports)


@pytest.mark.parametrize("cluster", ["vault", "oauth"])
def test_a_connection_outlives_the_gateways_session_with_the_broker(
    place: Place, apis: dict[str, Api], cluster: str
) -> None:
    """Requests without a pause, for longer than two sessions: each is answered, in order."""
    produced = list[int]()
    with RawClient(place.endpoint(cluster), seconds=20.0) as client:
        identity = requests.topic_id(client, apis, TOPIC)
        tokens = len(place.tokens.given)

        def done() -> bool:
            answer = client.request(apis["Produce"], 13, requests.produce(TOPIC, identity))
            partition = answer["Responses"][0]["PartitionResponses"][0]
            assert partition["ErrorCode"] == 0, partition
            produced.append(partition["BaseOffset"])
            return False

        eventually(done, seconds=2.5 * SESSION_MS / 1000)
        assert cluster != "oauth" or len(place.tokens.given) > tokens, "the token was replaced"
    assert produced == list(range(produced[0], produced[0] + len(produced)))
    assert len(produced) > 10


def test_a_rotated_password_is_in_force_and_connections_live_on(
    place: Place, apis: dict[str, Api]
) -> None:
    fresh = secrets.token_urlsafe(24)
    with RawClient(place.endpoint("vault")) as client:
        identity = requests.topic_id(client, apis, TOPIC)
        admin = AdminClient(brokers(place.kafka)[0].librdkafka())
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion("admin", info, fresh.encode())
        admin.alter_user_scram_credentials([change])["admin"].result(30.0)
        place.vault.write("gateway", password=fresh)

        def in_force() -> bool:
            accesses = of_kind(place.gateway, "secret_access")
            return any(each["secret"].get("version") == "2" for each in accesses)

        assert eventually(in_force)
        answer = client.request(apis["Produce"], 13, requests.produce(TOPIC, identity))
        assert answer["Responses"][0]["PartitionResponses"][0]["ErrorCode"] == 0
    assert eventually(lambda: _produces(place.endpoint("vault")))


def _produces(endpoint: Endpoint) -> bool:
    try:
        produce(endpoint, TOPIC, [b"x"])
    except KafkaException:
        return False
    return True


def test_what_the_store_no_longer_gives_is_withheld_and_comes_back(place: Place) -> None:
    place.vault.sealed = True
    try:
        assert place.gateway.says("materials withheld")
        said = place.gateway.said()
        assert not _reaches(place.endpoint("vault"))
        assert _reaches(place.endpoint("oauth")), "another cluster is served"
    finally:
        place.vault.sealed = False
    assert eventually(lambda: _reaches(place.endpoint("vault")), seconds=30.0)
    assert place.gateway.says("materials in force", since=said)


def _reaches(endpoint: Endpoint) -> bool:
    try:
        AdminClient(endpoint.librdkafka()).list_topics(timeout=3.0)
    except KafkaException:
        return False
    return True


def test_each_access_is_an_entry_and_no_secret_is_anywhere(place: Place) -> None:
    accesses = of_kind(place.gateway, "secret_access")
    told = {name for each in accesses for name in each["secret"]["references"]}
    assert {"vault:corporate/secret/gateway#password", "token:oauth", "file:tls/gateway.key"} < told
    assert {each["secret"].get("store") for each in accesses} == {"corporate", "oauth", None}
    canaries = {SECRET, SECRET_ID, *place.tokens.given, *place.vault.tokens}
    canaries |= {fields["password"] for fields in place.vault.versions["gateway"] if fields}
    for file in place.gateway.state.rglob("*"):
        if not file.is_file():
            continue
        data = file.read_bytes()
        found = [canary for canary in canaries if canary.encode() in data]
        assert not found, f"{file.name} holds a secret"
    status = json.dumps(place.gateway.door().status())
    assert not [canary for canary in canaries if canary in status]


# Signed streams are read beside the gateway, by the same logins.

_FOLLOWED = """\
{kind: Bundle, name: followed, environment: development, owner: tests}
---
{kind: DataClass, name: plain, level: internal, owner: tests}
---
{kind: SigningKey, name: ours, key: "file:ours.pem"}
---
{kind: Stream, name: FOLLOWED, classes: [plain], sign: {key: ours, follow: true}}
"""


class Log:
    """Entries in memory."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []

    def record(self, entry: bytes) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1


def _followed(place: Place, folder: Path, topic: str) -> Bundle:
    """A stream, and a cluster for each way in which a gateway can log in to its brokers."""
    tls = place.kafka.folder / "tls"
    files = {
        "ca": place.kafka.ca_file.read_bytes(),
        "certificate": (tls / "gateway.pem").read_bytes(),
        "key": (tls / "gateway.key").read_bytes(),
        "follower": PASSWORD.encode(),
        "client": SECRET.encode(),
        "ours.pem": _new_key(),
    }
    for name, content in files.items():
        copy = folder / name
        copy.touch(mode=0o600)
        copy.write_bytes(content)
    follower = {"username": "follower", "password": "file:follower"}
    oauth = {
        "token_endpoint": place.tokens.address,
        "client_id": CLIENT,
        "client_secret": "file:client",
        "scope": "kafka",
        "extensions": {"pool": "a"},
    }
    ca = {"ca": "file:ca"}
    logins: dict[str, tuple[str, Document]] = {
        "plaintext": ("plaintext", {}),
        "certificate": (
            "ssl",
            {"tls": ca | {"certificate": "file:certificate", "key": "file:key"}},
        ),
        "plain": ("sasl_ssl", {"tls": ca, "sasl": {"mechanism": "PLAIN"} | follower}),
        "scram-256": ("sasl_ssl", {"tls": ca, "sasl": {"mechanism": "SCRAM-SHA-256"} | follower}),
        "scram-512": ("sasl_ssl", {"tls": ca, "sasl": {"mechanism": "SCRAM-SHA-512"} | follower}),
        "token": ("sasl_ssl", {"tls": ca, "sasl": {"mechanism": "OAUTHBEARER", "oauth": oauth}}),
    }
    clusters = [
        {"kind": "Cluster", "name": name, "bootstrap": [place.kafka.bootstrap(listener)]} | how
        for name, (listener, how) in logins.items()
    ]
    with (folder / "streamward.yaml").open("w") as out:
        out.write(_FOLLOWED.replace("FOLLOWED", topic) + "---\n")
        YAML(typ="safe").dump_all(clusters, out)
    read = read_bundle(folder, materials=False)
    assert read.errors == ()
    return read.bundle


def _new_key() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_signed_streams_are_followed_by_every_login_that_brokers_take(
    place: Place, tmp_path: Path, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How long one cluster may have nothing, while others wait for their turn.
    monkeypatch.setattr(following, "READ_SECONDS", 0.2)
    broker = brokers(place.kafka)[0]
    create_topics(broker, unique)
    produce(broker, unique, [b"injected"])
    client = AdminClient(broker.librdkafka())
    for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
        info = ScramCredentialInfo(mechanism, 4096)
        change = UserScramCredentialUpsertion("follower", info, PASSWORD.encode())
        client.alter_user_scram_credentials([change])["follower"].result(30.0)
    bundle, keeper, log = _followed(place, tmp_path, unique), SecretKeeper(open_store), Log()

    def answer(reference: str, private: bool) -> Secret:
        return keeper.resolve(reference, tmp_path, private=private)

    keeper.configure(store_settings(bundle, answer))
    worker = SignatureFollowing(lambda: bundle, answer, log, tmp_path)
    clusters = len(bundle.of(Cluster))

    def found() -> bool:
        worker.follow(once=True)
        return len(log.entries) >= clusters

    try:
        assert eventually(found, seconds=60.0), sorted(tmp_path.glob("signatures-*.json"))
    finally:
        keeper.close()
    alerts = [json.loads(entry)["streaming"]["alert"] for entry in log.entries]
    assert [each["detection"] for each in alerts] == ["signing.unverified"] * clusters
    assert len(list(tmp_path.glob("signatures-*.json"))) == clusters
