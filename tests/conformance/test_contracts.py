"""A stream with a contract: real clients with every codec, and what the broker then holds."""

import json
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, Message, Producer

from streamward.dev.kafka import KafkaServer
from tests.conftest import require_gateway
from tests.support.bundles import write_bundle
from tests.support.confluent import (
    SECONDS_MAX,
    consumer,
    create_topics,
    read,
)
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess

HELD = "conformance.contract.held"
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: {topic}
version: 1.0.0
status: active
team: {{name: tests}}
schema:
  - name: {topic}
    customProperties:
      - property: streamward.schema
        value: {{format: json, file: card.schema.json}}
      - property: streamward.content
        value: [jndi]
    properties: [{{name: card}}]
---
kind: Stream
name: {topic}
---
"""
SCHEMA = '{"type": "object", "properties": {"card": {"type": "string"}}, "required": ["card"]}'


@pytest.fixture(scope="module")
def gateway(
    kafka: KafkaServer, direct: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("contracts") / "bundle", kafka.bootstrap())
    (bundle.folder / "contracts.yaml").write_text(CONTRACT.format(topic=HELD))
    (bundle.folder / "card.schema.json").write_text(SCHEMA)
    create_topics(direct, HELD)
    with GatewayProcess(bundle) as process:
        yield process


def card(number: str) -> bytes:
    return json.dumps({"card": number}).encode()


def outcomes(endpoint: Endpoint, values: list[bytes], codec: str) -> list[int]:
    """The error code of each record, 0 for those that are acknowledged."""
    settings = endpoint.librdkafka(message_timeout_ms=20_000, compression_type=codec, linger_ms=500)
    producer = Producer(settings)
    codes = dict.fromkeys(range(len(values)), -1)
    for index, value in enumerate(values):

        def delivered(error: KafkaError | None, _: Message, index: int = index) -> None:
            codes[index] = 0 if error is None else error.code()

        producer.produce(HELD, value, on_delivery=delivered)
    assert producer.flush(SECONDS_MAX) == 0
    return list(codes.values())


@pytest.mark.parametrize("codec", CODECS)
def test_records_are_taken_or_refused_by_their_contract(
    gateway: GatewayProcess, codec: str
) -> None:
    tester = gateway.bundle.endpoint("tester")
    good = [card(f"{codec}-{number}" * 20) for number in range(5)]

    assert outcomes(tester, good, codec) == [0] * 5
    for bad in (b'{"card": 1}', b"plain", card("${jndi:ldap://h/a}"), b'{"card":"a","card":"b"}'):
        assert outcomes(tester, [bad], codec) == [KafkaError.INVALID_RECORD]
    # The whole batch is refused, and the client is told which record is to blame.
    mixed = outcomes(tester, [*good, b"plain"], codec)
    assert mixed[-1] == KafkaError.INVALID_RECORD
    assert set(mixed[:-1]) <= {KafkaError._INVALID_DIFFERENT_RECORD, KafkaError.INVALID_RECORD}


def test_the_broker_holds_what_was_taken_and_the_log_no_content(
    gateway: GatewayProcess, direct: Endpoint
) -> None:
    tester = gateway.bundle.endpoint("tester")
    outcomes(tester, [b'{"card": "${jndi:ldap://canary/a}"}'], "none")
    assert outcomes(tester, [card("last")], "none") == [0]

    reader = consumer(direct, f"group-{uuid.uuid4().hex}")
    reader.subscribe([HELD])
    found = [b""]
    try:
        while found[-1] != card("last"):
            found += read(reader, 1)
    finally:
        reader.close()

    def entered() -> bool:
        return any(entry["rules"] == ["contract:invalid"] for entry in of_kind(gateway, "denied"))

    assert all(set(json.loads(value)) == {"card"} for value in found[1:])
    assert not any(b"jndi" in value for value in found)
    assert eventually(entered)
    assert "canary" not in json.dumps(of_kind(gateway, "denied"))
