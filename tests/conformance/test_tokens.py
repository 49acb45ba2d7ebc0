"""Tokens of a real OpenID provider, shown by librdkafka, Java, aiokafka, and in bare bytes."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import KafkaError, KafkaException, Producer

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.confluent import create_topics, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, leaves, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.issuers import Issuer, SigningKey, issuer
from tests.support.java_tools import JavaTools
from tests.support.load import Load, Reading, read_all
from tests.support.messages import Api
from tests.support.ocsf import problems
from tests.support.oidc import OpenIdProvider
from tests.support.tokens import TokenEndpoint, show_token
from tests.support.topologies import add_listener

FAILED = 58
TOKEN_SECONDS = 4
WHO = """\
kind: TokenIssuer
name: login
issuer: {provider}
audiences: [kafka]
algorithms: [ES256]
role_claim:
  claim: groups
  roles: {{kafka-writers: writer}}
mfa_claim: {{acr: [gold]}}
---
kind: TokenIssuer
name: asked
issuer: {asked}
audiences: [kafka]
subject_claim: client_id
introspection:
  url: {asked}/token/introspection
  client_id: gateway
  client_secret: file:secrets/introspection.secret
---
kind: TokenIssuer
name: own
issuer: {own}
audiences: [kafka]
refresh: 30s
clock_skew: 1s
---
kind: Principal
name: payments-api
type: service
tenant: conformance
roles: [tester]
credentials:
  - {{id: payments-api-login, type: token, issuer: login, subject: payments-api}}
  - {{id: payments-api-opaque, type: token, issuer: asked, subject: payments-api}}
  - {{id: payments-api-own, type: token, issuer: own, subject: payments-api}}
---
kind: Principal
name: bound-api
type: service
tenant: conformance
roles: [tester]
credentials:
  - {{id: bound-api-login, type: token, issuer: login, subject: bound-api}}
---
kind: Principal
name: alice
type: user
tenant: conformance
credentials:
  - {{id: alice-login, type: token, issuer: login, subject: alice}}
---
kind: DataClass
name: guarded
level: confidential
requires: {{mfa: true}}
---
kind: Stream
prefix: conformance.open.guarded.
classes: [guarded]
"""


@dataclass(frozen=True)
class Place:
    """A gateway that takes tokens of three issuers, and its ports."""

    gateway: GatewayProcess
    provider: OpenIdProvider
    asked: OpenIdProvider
    own: Issuer
    ports: dict[str, int]

    def endpoint(self, listener: str = "tokens") -> Endpoint:
        """A listener, without a certificate."""
        tester = self.gateway.bundle.endpoint("tester")
        bootstrap = f"localhost:{self.ports[listener]}"
        return replace(tester, name=listener, certificate=None, key=None, bootstrap=bootstrap)

    def certified(self, principal: str) -> Endpoint:
        """The listener where tokens must be bound, with the certificate of a principal."""
        endpoint = self.gateway.bundle.endpoint(principal)
        return replace(endpoint, bootstrap=f"localhost:{self.ports['bound']}")

    def client(self, token: str = "", client_id: str = "payments-api") -> TokenEndpoint:
        """A client with one token, or one that gets its own from the provider."""
        plain = self.endpoint()
        return TokenEndpoint(
            plain.name,
            plain.bootstrap,
            plain.ca,
            get_token=lambda: token or self.provider.token(client_id),
            token_endpoint="" if token else self.provider.token_endpoint,
            client_id=client_id,
        )

    def reasons(self) -> list[str]:
        """Why tokens were not taken, in order."""
        entries = of_kind(self.gateway, "authentication", mechanism="OAUTHBEARER")
        return [entry["reason"] for entry in entries if "reason" in entry]


@pytest.fixture(scope="module")
def place(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("tokens") / "bundle", kafka.bootstrap())
    ports = {"tokens": add_listener(bundle, "tokens", sasl=["OAUTHBEARER"])}
    tls = {
        "certificate": "file:tls/gateway.pem",
        "key": "file:tls/gateway.key",
        "client_ca": "file:tls/ca.pem",
        "client_certificate": "required",
    }
    ports["bound"] = add_listener(bundle, "bound", sasl=["OAUTHBEARER"], bound_tokens=True, tls=tls)
    with OpenIdProvider() as provider, OpenIdProvider() as asked, issuer() as own:
        secret = bundle.folder / "secrets" / "introspection.secret"
        secret.touch(mode=0o600)
        secret.write_text("gateway-secret\n")
        who = WHO.format(provider=provider.issuer, own=own.url, asked=asked.issuer)
        (bundle.folder / "tokens.yaml").write_text(who)
        with GatewayProcess(bundle) as gateway:
            yield Place(gateway, provider, asked, own, ports)


def test_librdkafka_gets_its_token_from_the_provider(place: Place, topic: str) -> None:
    assert produce(place.client(), topic, [b"one", b"two"]) == [0, 1]

    entry = of_kind(place.gateway, "authentication", credential="payments-api-login")[0]
    assert (entry["principal"], entry["mechanism"]) == ("payments-api", "OAUTHBEARER")


def test_librdkafka_is_refused_with_a_token_of_nobody(place: Place, topic: str) -> None:
    errors: set[int] = set()
    client = place.client(place.provider.token("stranger"))
    told = {"error_cb": lambda error: errors.add(error.code())}
    producer = Producer(client.librdkafka() | told)
    unmapped = "no principal has the subject `stranger` of the token issuer `login`"

    producer.produce(topic, b"one")
    refused = eventually(
        lambda: producer.poll(0.1) >= 0 and KafkaError._AUTHENTICATION in errors, 30
    )
    producer.purge()
    producer.flush(10)

    assert refused
    assert unmapped in place.reasons()


def test_the_java_client_gets_its_token_from_the_provider(
    place: Place, topic: str, java: JavaTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = place.client()
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", client.java_options())

    listed = java.tool(
        "TopicCommand", "--list", "--bootstrap-server", client.bootstrap,
        "--command-config", str(client.java(tmp_path)),
    )  # fmt: skip

    assert topic in listed


def test_aiokafka_shows_a_token_to_every_broker(place: Place, topic: str) -> None:
    async def scenario() -> int:
        async with asyncio.timeout(60), AIOKafkaProducer(**place.client().aiokafka()) as producer:
            sent = await producer.send_and_wait(topic, b"one")
            return int(sent.offset)

    assert asyncio.run(scenario()) == 0


def test_what_the_provider_asserts_decides_what_a_person_may(
    place: Place, unique: str, topic: str
) -> None:
    name = unique.rpartition(".")[2]
    opened, guarded = f"conformance.open.{name}", f"conformance.open.guarded.{name}"
    create_topics(place.gateway.bundle.endpoint("tester"), opened, guarded)
    by_password = place.client(place.provider.token_of_person("alice"))
    by_two_factors = place.client(place.provider.token_of_device("alice+otp"))

    # Only the token has the role `writer`, and the second factor that the class asks for.
    assert produce(by_password, opened, [b"one"]) == [0]
    assert produce(by_two_factors, guarded, [b"one"]) == [0]
    for client, stream in ((by_password, guarded), (by_two_factors, topic)):
        with pytest.raises(KafkaException):
            produce(client, stream, [b"one"])
    denied = of_kind(place.gateway, "denied", principal="alice")
    rules = {entry["resource"]["name"]: entry["rules"] for entry in denied}
    assert rules == {guarded: ["class:guarded#mfa"], topic: ["default"]}
    given = [
        leaf
        for leaf in leaves(place.gateway)
        if leaf["streaming"]["kind"] == "session_authorized" and leaf["user"]["name"] == "alice"
    ]
    assert {tuple(leaf["privileges"]) for leaf in given} == {("role:writer",)}
    assert [problems(leaf) for leaf in given] == [[]] * len(given)


@pytest.mark.parametrize(
    ("client", "resource", "reason"),
    [
        ("stranger", "urn:kafka", "no principal has the subject `stranger`"),
        ("payments-api", "urn:other", "the token is for another audience"),
        (
            "bound-api",
            "urn:kafka",
            "the token is bound to a certificate, and the client shows none",
        ),
    ],
)
def test_a_token_of_the_provider_that_is_not_for_this_is_refused(
    place: Place, apis: dict[str, Api], client: str, resource: str, reason: str
) -> None:
    certificate = place.gateway.bundle.endpoint("tester").certificate
    bound = certificate if client == "bound-api" else None
    token = place.provider.token(client, resource, bound)

    answer = show_token(apis, place.endpoint(), token)

    assert (answer["ErrorCode"], answer["ErrorMessage"]) == (FAILED, "authentication failed")
    assert reason in place.reasons()[-1]


def test_a_bound_token_is_good_with_its_certificate_only(
    place: Place, apis: dict[str, Api]
) -> None:
    mine, other = place.certified("tester"), place.certified("writer")
    token = place.provider.token("bound-api", certificate=mine.certificate)

    first = show_token(apis, mine, token)
    assert first["ErrorCode"] == 0
    # KIP-368: the client is told to come back before the token ends (600 s, and the clock skew).
    assert 0 < first["SessionLifetimeMs"] <= 630_000
    # The same token to a second connection, as a Kafka client does it.
    assert show_token(apis, mine, token)["ErrorCode"] == 0
    assert show_token(apis, other, token)["ErrorCode"] == FAILED
    assert place.reasons()[-1] == "the token is bound to another certificate"
    unbound = place.provider.token("payments-api")
    assert show_token(apis, mine, unbound)["ErrorCode"] == FAILED
    assert place.reasons()[-1] == "the token is bound to no certificate"


def test_the_issuer_is_asked_about_opaque_tokens(place: Place, apis: dict[str, Api]) -> None:
    token = place.asked.token("payments-api", "urn:kafka:opaque")

    assert show_token(apis, place.endpoint(), token)["ErrorCode"] == 0
    assert show_token(apis, place.endpoint(), "2YotnFZFEjr1zCsicMWpAA")["ErrorCode"] == FAILED
    assert place.reasons()[-1] == "its issuer says that the token is not active"
    entries = of_kind(place.gateway, "authentication", credential="payments-api-opaque")
    assert [entry["principal"] for entry in entries] == ["payments-api"]
    with place.asked.stopped():
        # What it said is good for a while; of others it says nothing.
        assert show_token(apis, place.endpoint(), token)["ErrorCode"] == 0
        assert show_token(apis, place.endpoint(), "another")["ErrorCode"] == FAILED
    assert place.reasons()[-1] == "the token issuer `asked` gave no answer about the token"


def test_keys_that_rotate_are_followed_at_once(place: Place, apis: dict[str, Api]) -> None:
    before = place.provider.token("payments-api")
    assert show_token(apis, place.endpoint(), before)["ErrorCode"] == 0

    place.provider.tell("rotate")

    after = place.provider.token("payments-api")
    # Another test's token with an unknown key may have been the reason for a read just now.
    assert eventually(lambda: show_token(apis, place.endpoint(), after)["ErrorCode"] == 0)
    # The key is gone, and what it signed with it.
    assert show_token(apis, place.endpoint(), before)["ErrorCode"] == FAILED
    assert "names a key that its issuer `login` doesn't have" in place.reasons()[-1]


def test_a_new_bundle_keeps_the_keys_that_are_known(place: Place, apis: dict[str, Api]) -> None:
    token = place.provider.token("payments-api")
    assert eventually(lambda: show_token(apis, place.endpoint(), token)["ErrorCode"] == 0)
    with place.provider.stopped():
        place.gateway.reload()

        assert show_token(apis, place.endpoint(), token)["ErrorCode"] == 0


def test_a_credential_that_is_revoked_does_not_come_in(place: Place, apis: dict[str, Api]) -> None:
    token = place.provider.token("payments-api")
    containment = place.gateway.revoke("payments-api")

    try:
        answer = show_token(apis, place.endpoint(), token)
    finally:
        place.gateway.lift(containment)

    assert answer["ErrorCode"] == FAILED
    assert containment in place.reasons()[-1]
    assert show_token(apis, place.endpoint(), token)["ErrorCode"] == 0


def test_an_issuer_that_can_not_be_reached_fails_closed_and_alone(
    place: Place, apis: dict[str, Api]
) -> None:
    key, now = SigningKey("first"), int(time.time())
    claims = {
        "iss": place.own.url,
        "aud": "kafka",
        "sub": "payments-api",
        "iat": now,
        "exp": now + 300,
    }
    token = key.sign(claims)

    assert show_token(apis, place.endpoint(), token)["ErrorCode"] == FAILED
    assert place.reasons()[-1] == "no keys of the token issuer `own` are known"
    assert (
        show_token(apis, place.endpoint(), place.provider.token("payments-api"))["ErrorCode"] == 0
    )
    entries = of_kind(place.gateway, "issuer", resource={"type": "TokenIssuer", "name": "own"})
    assert "answered 404" in entries[-1]["reason"]

    place.own.publish(key)

    assert eventually(lambda: show_token(apis, place.endpoint(), token)["ErrorCode"] == 0, 70)
    forged = SigningKey("first").sign(claims)
    assert show_token(apis, place.endpoint(), forged)["ErrorCode"] == FAILED
    assert place.reasons()[-1] == "the signature of the token is wrong"


class ShortLived:
    """Tokens of the own issuer that end after seconds; whoever is stale gets its first for ever."""

    def __init__(self, place: Place, key: SigningKey, *, stale: bool = False) -> None:
        self._place = place
        self._stale = stale
        self._first: tuple[str, float] | None = None
        self.key = key

    def __call__(self, _: str = "") -> tuple[str, float]:
        """As librdkafka asks for it: the token, and when it ends."""
        if self._stale and self._first is not None:
            return self._first
        now = int(time.time())
        claims = {"iss": self._place.own.url, "aud": "kafka", "sub": "payments-api"}
        ends = now + TOKEN_SECONDS
        self._first = self.key.sign(claims | {"iat": now, "exp": ends}), float(ends)
        return self._first


@dataclass(frozen=True)
class RenewingEndpoint(TokenEndpoint):
    """A client that gets the next token before the one it has ends."""

    tokens: Callable[[str], tuple[str, float]] | None = None

    def librdkafka(self, **extra: Any) -> dict[str, Any]:
        return super().librdkafka(**extra) | {"oauth_cb": self.tokens}


def times_proved(place: Place) -> Counter[str]:
    """How often each connection showed a good token of the own issuer."""
    entries = of_kind(place.gateway, "authentication", credential="payments-api-own")
    return Counter(entry["connection"] for entry in entries if "reason" not in entry)


def test_tokens_and_keys_change_under_load_and_no_record_is_lost(
    place: Place, apis: dict[str, Api], direct: Endpoint, topic: str
) -> None:
    old, new = SigningKey("old"), SigningKey("new")
    place.own.publish(old)
    tokens, stale = ShortLived(place, old), ShortLived(place, old, stale=True)

    def is_known() -> bool:
        # A key that is not known is asked for at once, but not again and again.
        time.sleep(1.0)
        return bool(show_token(apis, place.endpoint(), tokens()[0])["ErrorCode"] == 0)

    assert eventually(is_known, 150)
    plain = place.client("-")
    facts = {each.name: getattr(plain, each.name) for each in fields(plain)}
    client = RenewingEndpoint(**facts, tokens=tokens)
    producer, reader = Load(client, topic), Reading(client, topic)
    doomed = Load(replace(client, tokens=stale), topic)
    before = times_proved(place)
    for each in (producer, reader, doomed):
        each.start()
    try:
        producer.wait_for(20)
        doomed.wait_for(20)
        place.own.publish(old, new)
        tokens.key = new
        assert eventually(lambda: any("has expired" in it for it in place.reasons()), 30)
        place.own.publish(new)
        assert eventually(lambda: max((times_proved(place) - before).values(), default=0) >= 3, 60)
        out = len(doomed.acknowledged)
        producer.wait_for(200)
        assert len(doomed.acknowledged) == out, "a session outlived its token"
    finally:
        doomed.give_up()
        producer.stop()
        wanted = {(partition, offset) for partition, offset, _ in producer.acknowledged}
        assert eventually(lambda: wanted <= set(reader.places), 30)
        reader.stop()

    assert producer.errors == []
    stored = read_all(direct, topic, len(wanted) + out)
    assert set(producer.acknowledged) <= set(stored)
