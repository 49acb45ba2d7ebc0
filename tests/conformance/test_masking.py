"""One stream, two consumer groups: who may see a card and who sees a mask of it."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streamward.dev.kafka import KafkaServer
from tests.support.confluent import SECONDS_MAX, consumer, create_topics, error_code, read
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.protected import CODECS, ENVELOPE, KEYS, protecting_bundle, ring

PLAIN, SEALED = "conformance.masked.plain", "conformance.masked.sealed"
HIDDEN, FORGED = "conformance.masked.hidden", "conformance.masked.forged"
FIELDS = "conformance.masked.fields"
CARD = "4111222233334444"
_BUNDLE = f"""\
{KEYS}---
kind: AccessClass
name: analysing
readers: ["role:reader"]
owner: tests
{ring("test-ring")}---
kind: Grant
id: reader-masked
to: ["role:reader"]
allow: [read, describe]
on: ["stream:conformance.masked.*", "group:conformance.masked.*"]
---
kind: Stream
name: conformance.masked.sealed
classes: [test-data]
seal: {{ring: test-ring, key: deterministic, headers: [patient], unreadable: mask}}
---
kind: Stream
name: conformance.masked.fields
classes: [test-data]
seal: {{ring: test-ring, value: false, fields: [card, mail], unreadable: mask}}
---
kind: Stream
name: conformance.masked.plain
---
kind: Stream
name: conformance.masked.hidden
---
kind: Stream
name: conformance.masked.forged
"""
_CONTRACT = """\
---
apiVersion: v3.1.0
kind: DataContract
id: TOPIC
version: 1.0.0
status: active
team: {name: tests}
schema:
  - name: TOPIC
    customProperties:
      - property: streamward.schema
        value: {format: avro, file: card.avsc}
      - {property: streamward.validate, value: {write: off}}
      - {property: streamward.unmasked, value: [testing]}
MASKED
    properties:
      - {name: card, customProperties: [{property: streamward.mask, value: keep-last}]}
      - {name: mail, customProperties: [{property: streamward.mask, value: hash}]}
      - {name: cents}
"""
_MASKED = """\
      - property: streamward.masked
        value:
          {access_classes: [analysing], key: hash, headers: [trace], secret: "file:mask.key"}"""
AVRO: dict[str, Any] = {
    "type": "record",
    "name": "Card",
    "fields": [
        {"name": "card", "type": "string"},
        {"name": "mail", "type": ["null", "string"]},
        {"name": "cents", "type": "long"},
    ],
}


@pytest.fixture(scope="module")
def gateway(
    kafka: KafkaServer, direct: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    contracts = [
        _CONTRACT.replace("TOPIC", topic).replace("MASKED\n", masked)
        for topic, masked in (
            *((topic, _MASKED + "\n") for topic in (PLAIN, SEALED, FIELDS, FORGED)),
            (HIDDEN, ""),
        )
    ]
    declared = _BUNDLE + "".join(contracts)
    bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("masking"), declared)
    (bundle.folder / "card.avsc").write_text(json.dumps(AVRO))
    secret(bundle.folder / "mask.key")
    create_topics(direct, PLAIN, SEALED, FIELDS, HIDDEN, FORGED)
    with GatewayProcess(bundle) as process:
        yield process


def secret(path: Path) -> None:
    path.write_bytes(b"what hashes are made with\n")
    path.chmod(0o600)


def card(cents: int) -> bytes:
    stream = io.BytesIO()
    value = {"card": CARD, "mail": f"m{cents}@example.org", "cents": cents}
    fastavro.schemaless_writer(stream, AVRO, value)
    return stream.getvalue()


def write(endpoint: Endpoint, topic: str, codec: str, values: list[bytes]) -> None:
    producer = Producer(endpoint.librdkafka(compression_type=codec, linger_ms=200))
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    headers = [("trace", codec.encode()), ("patient", CARD.encode())]
    for value in values:
        producer.produce(topic, value, key=CARD, headers=headers, on_delivery=delivered)
    assert producer.flush(SECONDS_MAX) == 0
    assert failed == []


def group(endpoint: Endpoint, topic: str, count: int, name: str) -> list[Message]:
    """What a consumer of this group gets, with keys and headers."""
    reader = consumer(endpoint, f"conformance.masked.{name}")
    reader.subscribe([topic])
    found: list[Message] = []
    try:
        while len(found) < count:
            found += reader.consume(count - len(found), SECONDS_MAX)
    finally:
        reader.close()
    return found


def decoded(message: Message) -> dict[str, Any]:
    assert message.error() is None
    stream = io.BytesIO(message.value() or b"")
    value = fastavro.schemaless_reader(stream, fastavro.parse_schema(AVRO), None)
    assert isinstance(value, dict)
    assert stream.read() == b""
    return value


@pytest.mark.parametrize("topic", [PLAIN, SEALED, FIELDS])
def test_an_authorised_group_and_a_masked_one_read_side_by_side(
    gateway: GatewayProcess, topic: str
) -> None:
    tester, reader = (gateway.bundle.endpoint(name) for name in ("tester", "reader"))
    for codec in CODECS:
        write(tester, topic, codec, [card(index) for index in range(8)])
    count = 8 * len(CODECS)
    name = topic.rpartition(".")[2]

    whole = group(tester, topic, count, f"whole-{name}")
    masked = group(reader, topic, count, f"masked-{name}")

    assert [each.value() for each in whole] == [card(i % 8) for i in range(count)]
    assert {each.key() for each in whole} == {CARD.encode()}
    assert [each.offset() for each in masked] == [each.offset() for each in whole]
    assert [each.timestamp() for each in masked] == [each.timestamp() for each in whole]
    seen = [decoded(each) for each in masked]
    assert {one["card"] for one in seen} == {"*" * 12 + "4444"}
    assert [one["cents"] for one in seen] == [i % 8 for i in range(count)]
    # Equal values have equal hashes, and different ones have others.
    assert len({one["mail"] for one in seen}) == 8
    assert all(len(one["mail"]) == 32 for one in seen)
    keys = {each.key() for each in masked}
    assert len(keys) == 1
    assert CARD.encode() not in keys
    headers = [each.headers() or [] for each in masked]
    assert {name for each in headers for name, _ in each} == {"trace"}

    def entered() -> bool:
        rolled = of_kind(gateway, "access_rollup")
        states = {one["state"] for one in rolled if one["resource"]["name"] == topic}
        return states >= {"readable", "masked"}

    assert eventually(entered)


def test_the_broker_holds_sealed_fields_in_values_of_the_same_schema(
    gateway: GatewayProcess, direct: Endpoint
) -> None:
    write(gateway.bundle.endpoint("tester"), FIELDS, "zstd", [card(1)])

    lies = decoded(group(direct, FIELDS, 1, "broker")[0])

    assert lies["cents"] in range(8)
    for name in ("card", "mail"):
        envelope = base64.urlsafe_b64decode(lies[name] + "=" * (-len(lies[name]) % 4))
        assert envelope.startswith(ENVELOPE)
    assert CARD not in str(lies)
    assert "example.org" not in str(lies)


def test_a_value_that_is_not_of_the_schema_reaches_no_masked_reader(
    gateway: GatewayProcess, direct: Endpoint
) -> None:
    # Past the gateway, as an attacker with access to the broker would.
    write(direct, FORGED, "zstd", [card(1)])
    write(direct, FORGED, "zstd", [f"card {CARD}".encode()])
    reader = consumer(gateway.bundle.endpoint("reader"), "conformance.masked.invalid")
    reader.subscribe([FORGED])
    got: list[bytes] = []

    with pytest.raises(KafkaException):
        while True:
            got += read(reader, 1)
    reader.close()

    assert not any(CARD.encode() in value for value in got)

    def entered() -> bool:
        denied = of_kind(gateway, "denied")
        return any(one["rules"] == ["contract:unmaskable"] for one in denied)

    assert eventually(entered)
    assert CARD not in json.dumps(of_kind(gateway, "denied"))


def test_who_is_not_declared_to_see_masks_is_refused(gateway: GatewayProcess) -> None:
    write(gateway.bundle.endpoint("tester"), HIDDEN, "none", [card(1)])
    reader = consumer(gateway.bundle.endpoint("reader"), "conformance.masked.refused")
    reader.subscribe([HIDDEN])

    try:
        with pytest.raises(KafkaException) as refused:
            read(reader, 1)
    finally:
        reader.close()
    assert error_code(refused.value) == KafkaError.TOPIC_AUTHORIZATION_FAILED
