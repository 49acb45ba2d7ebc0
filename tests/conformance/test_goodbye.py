"""A client that leaves at once is still heard: nobody acknowledges, so nobody would send again.

Kafka itself loses such records now and then, so this is asked of the gateway alone.
"""

import uuid
from collections.abc import Iterator

import pytest

from streamward.dev.kafka import KafkaServer
from tests.support import requests
from tests.support.bundles import write_bundle
from tests.support.confluent import consume, produce
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api
from tests.support.raw import RawClient
from tests.support.relay import Relay

GOODBYES = 20
PRODUCE_VERSION = 9
VICTIM = "victim-idle"


@pytest.fixture(scope="module")
def relay(kafka: KafkaServer) -> Iterator[Relay]:
    """Stands between the gateway and the address that it dials first."""
    with Relay(kafka.bootstrap()) as relay:
        yield relay


@pytest.fixture(scope="module")
def far(relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """A gateway whose broker takes its time to answer a dial."""
    bundle = write_bundle(tmp_path_factory.mktemp("far") / "bundle", relay.address)
    with GatewayProcess(bundle) as process:
        yield process


def last_words(endpoint: Endpoint, apis: dict[str, Api], topic: str, value: bytes) -> None:
    """Produce without acknowledgement, and leave."""
    with RawClient(endpoint) as client:
        words = requests.produce(topic, uuid.UUID(int=0), value, acks=0)
        client.send(apis["Produce"], PRODUCE_VERSION, words)


def test_what_was_sent_before_leaving_arrives(
    gateway: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    values = [f"goodbye {number}".encode() for number in range(GOODBYES)]

    for value in values:
        last_words(endpoint, apis, topic, value)

    assert sorted(consume(endpoint, topic, GOODBYES, f"{topic}-group")) == sorted(values)


def test_it_arrives_although_the_broker_was_not_reached_before_the_client_left(
    far: GatewayProcess, relay: Relay, apis: dict[str, Api], topic: str
) -> None:
    endpoint = far.bundle.endpoint("tester")

    with relay.shut():
        last_words(endpoint, apis, topic, b"late")

    assert consume(endpoint, topic, 1, f"{topic}-group") == [b"late"]


def test_nothing_arrives_of_who_is_revoked_before_the_broker_is_reached(
    far: GatewayProcess, relay: Relay, apis: dict[str, Api], topic: str
) -> None:
    victim, tester = far.bundle.endpoint(VICTIM), far.bundle.endpoint("tester")

    with relay.shut():
        last_words(victim, apis, topic, b"forged")
        containment = far.revoke(VICTIM)
    far.lift(containment)

    # The dial had the time to be answered before this one was.
    assert produce(tester, topic, [b"honest"]) == [0]
    assert consume(tester, topic, 1, f"{topic}-group") == [b"honest"]
