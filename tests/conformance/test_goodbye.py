"""A client that leaves at once is still heard: nobody acknowledges, so nobody would send again.

Kafka itself loses such records now and then, so this is asked of the gateway alone.
"""

import uuid

from tests.support import requests
from tests.support.confluent import consume
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api
from tests.support.raw import RawClient

GOODBYES = 20
PRODUCE_VERSION = 9


def test_what_was_sent_before_leaving_arrives(
    gateway: GatewayProcess, apis: dict[str, Api], topic: str
) -> None:
    endpoint = gateway.bundle.endpoint("tester")
    nobody = uuid.UUID(int=0)
    values = [f"goodbye {number}".encode() for number in range(GOODBYES)]

    for value in values:
        with RawClient(endpoint) as client:
            last_words = requests.produce(topic, nobody, value, acks=0)
            client.send(apis["Produce"], PRODUCE_VERSION, last_words)

    assert sorted(consume(endpoint, topic, GOODBYES, f"{topic}-group")) == sorted(values)
