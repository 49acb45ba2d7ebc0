"""Streams whose schemas are in a registry: a real Apicurio, real clients, a real broker."""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, Message

from streamward.app import read_bundle
from streamward.dev.kafka import KafkaServer
from streamward.dev.registry import SchemaRegistryServer, find_registry_java
from streamward.errors import Unavailable
from tests.conftest import require_gateway
from tests.support.bundles import free_ports, write_bundle
from tests.support.confluent import SECONDS_MAX, consumer, create_topics, produce
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually
from tests.support.gateway import GatewayProcess
from tests.support.letters import told, until_refused
from tests.support.protected import messages, values
from tests.support.registries import CONTRACT, avro, framed, outcome, reasons

PREFIX = "conformance.registry."
AVRO, HEADED, PROTO, EVENTS, MARKED, REFUSED, STRICT, LENIENT = (
    PREFIX + name
    for name in ("avro", "headed", "proto", "events", "marked", "refused", "strict", "lenient")
)
DEAD = f"{REFUSED}.dead"
MASKED = f"{PREFIX}masked"
CARD = {
    "type": "record",
    "name": "Card",
    "fields": [{"name": "card", "type": "string"}, {"name": "cents", "type": "long"}],
}
_MASKS = """\
kind: AccessClass
name: testing
readers: ["role:tester"]
owner: tests
---
kind: AccessClass
name: analysing
readers: ["role:reader"]
owner: tests
---
kind: Grant
id: reader-masked
to: ["role:reader"]
allow: [read, describe]
on: ["stream:{topic}", "group:conformance.*"]
---
kind: Stream
name: {topic}
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
      - {{property: streamward.schema, value: {{format: avro, {source}}}}}
      - {{property: streamward.validate, value: {{write: 'off'}}}}
      - {{property: streamward.unmasked, value: [testing]}}
      - {{property: streamward.masked, value: {{access_classes: [analysing]}}}}
    properties:
      - {{name: card, customProperties: [{{property: streamward.mask, value: keep-last}}]}}
      - {{name: cents}}
"""
ADDRESS = {
    "type": "record",
    "name": "Address",
    "namespace": "shop",
    "fields": [{"name": "zip", "type": "string"}],
}
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [{"name": "id", "type": "long"}, {"name": "to", "type": "shop.Address"}],
}
ORDER_2 = {**ORDER, "fields": [*ORDER["fields"], {"name": "note", "type": "string", "default": ""}]}
TEXT = {"type": "record", "name": "Text", "fields": [{"name": "text", "type": "string"}]}
MESSAGES = """
syntax = "proto3";
package shop;
message First { string text = 1; message Within { int32 number = 1; } }
message Second { string text = 1; }
"""
REGISTRIES = """\
kind: SchemaRegistry
name: main
url: {url}
cache: 1m
---
kind: SchemaRegistry
name: strict
url: {url}
cache: 1s
timeout: 2s
---
kind: SchemaRegistry
name: lenient
url: {url}
cache: 1s
timeout: 2s
on_outage: serve-cached
---
"""


class Registry:
    """The API as a program of the test's speaks it."""

    def __init__(self, server: SchemaRegistryServer) -> None:
        self.server = server

    def register(
        self, subject: str, schema: Any, kind: str = "AVRO", references: list[Any] | None = None
    ) -> int:
        """The id of a new version."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        body = {"schema": text, "schemaType": kind, "references": references or []}
        request = urllib.request.Request(
            f"{self.server.url}/subjects/{subject}/versions",
            json.dumps(body).encode(),
            {"content-type": "application/vnd.schemaregistry.v1+json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(json.load(answer)["id"])


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    try:
        find_registry_java()
    except Unavailable as error:
        pytest.skip(str(error))
    with SchemaRegistryServer(free_ports(1)) as server:
        yield Registry(server)


@pytest.fixture(scope="module")
def gateway(
    registry: Registry,
    kafka: KafkaServer,
    direct: Endpoint,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[GatewayProcess]:
    require_gateway()
    bundle = write_bundle(tmp_path_factory.mktemp("registry") / "bundle", kafka.bootstrap())
    _write_contracts(bundle.folder, registry.server.url)
    create_topics(direct, AVRO, HEADED, PROTO, EVENTS, MARKED, REFUSED, STRICT, LENIENT)
    create_topics(direct, DEAD, MASKED)
    with GatewayProcess(bundle) as process:
        yield process


def _write_contracts(folder: Path, url: str) -> None:
    main, write = "{name: main}", "{write: refuse}"
    events = "{name: main, subjects: topic-record, records: [shop.Address, Text]}"
    held = [
        (AVRO, "schema", "avro", main, write),
        (HEADED, "schema", "avro", "{name: main, ids: header}", write),
        (PROTO, "schema", "protobuf", main, write),
        (EVENTS, "key_schema", "avro", events, write),
        (MARKED, "schema", "avro", main, '{write: "off", read: mark}'),
        (REFUSED, "schema", "avro", main, '{write: "off", read: refuse}'),
        (STRICT, "schema", "avro", "{name: strict}", write),
        (LENIENT, "schema", "avro", "{name: lenient}", write),
    ]
    texts = [
        CONTRACT.format(topic=topic, part=part, format=form, registry=named, validate=validate)
        for topic, part, form, named, validate in held
    ]
    declared = REGISTRIES.format(url=url) + "".join(texts)
    copied = f"name: {REFUSED}\ndead_letter: {DEAD}\n---\n"
    (folder / "registry.yaml").write_text(declared.replace(f"name: {REFUSED}\n---\n", copied))


def order(schema: Any, **more: Any) -> bytes:
    within = {**schema, "fields": [*schema["fields"]]}
    within["fields"][1] = {"name": "to", "type": ADDRESS}
    return avro(within, {"id": 7, "to": {"zip": "1010"}, **more})


def test_values_are_held_to_the_schema_of_their_id(
    gateway: GatewayProcess, registry: Registry
) -> None:
    registry.register("address", ADDRESS)
    refers = [{"name": "shop.Address", "subject": "address", "version": 1}]
    first = registry.register(f"{AVRO}-value", ORDER, references=refers)
    foreign = registry.register("elsewhere-value", TEXT)

    assert outcome(gateway, AVRO, framed(first, order(ORDER))) == 0
    assert outcome(gateway, AVRO, None, b"deleted") == 0
    refused = {
        "a body of another schema": framed(first, b"\x0e\x08101"),
        "an id that is registered for another stream": framed(foreign, avro(TEXT, {"text": "a"})),
        "an id that nobody knows": framed(999_999, order(ORDER)),
        "no id at all": order(ORDER),
        "another magic byte": b"\1" + framed(first, order(ORDER))[1:],
    }
    for what, value in refused.items():
        assert outcome(gateway, AVRO, value) == KafkaError.INVALID_RECORD, what
    beside = [("__value_schema_id", b"\1" + bytes(16))]
    value = framed(first, order(ORDER))
    assert outcome(gateway, AVRO, value, headers=beside) == KafkaError.INVALID_RECORD
    # Ids in headers count where the contract says so; GUIDs where the registry has them, as
    # Apicurio has not.
    guid = [("__value_schema_id", b"\1" + bytes(range(16)))]
    assert outcome(gateway, HEADED, order(ORDER), headers=guid) == KafkaError.INVALID_RECORD
    unresolved = "which its registry does not resolve"
    assert eventually(lambda: any(unresolved in it for it in reasons(gateway, HEADED)))
    in_header = registry.register(f"{HEADED}-value", ORDER, references=refers)
    number = [("__value_schema_id", framed(in_header, b""))]
    assert outcome(gateway, HEADED, order(ORDER), headers=number) == 0
    assert outcome(gateway, HEADED, value, headers=number) == KafkaError.INVALID_RECORD
    assert outcome(gateway, HEADED, value) == KafkaError.INVALID_RECORD
    place = "partition 0, record 0 of a batch: "
    assert eventually(lambda: any(it.startswith(place) for it in reasons(gateway, AVRO)))

    # The next version passes as soon as it is registered, beside the first.
    second = registry.register(f"{AVRO}-value", ORDER_2, references=refers)
    assert second != first
    assert outcome(gateway, AVRO, framed(second, order(ORDER_2, note="x"))) == 0
    assert outcome(gateway, AVRO, framed(first, order(ORDER))) == 0
    wrong = framed(first, order(ORDER_2, note="x"))
    assert outcome(gateway, AVRO, wrong) == KafkaError.INVALID_RECORD


def test_indexes_name_the_message_of_a_protobuf_value(
    gateway: GatewayProcess, registry: Registry
) -> None:
    known = registry.register(f"{PROTO}-value", MESSAGES, "PROTOBUF")

    text, number = b"\x0a\x01a", b"\x08\x07"
    assert outcome(gateway, PROTO, framed(known, b"\0" + text)) == 0
    assert outcome(gateway, PROTO, framed(known, b"\x02\x02" + text)) == 0
    assert outcome(gateway, PROTO, framed(known, b"\x04\0\0" + number)) == 0
    for indexes, body in ((b"\x02\x04", text), (b"\x04\0\0", text), (b"\x04\0\x02", number)):
        value = framed(known, indexes + body)
        assert outcome(gateway, PROTO, value) == KafkaError.INVALID_RECORD


def test_keys_are_held_to_schemas_of_named_records(
    gateway: GatewayProcess, registry: Registry
) -> None:
    address = registry.register(f"{EVENTS}-shop.Address", ADDRESS)
    text = registry.register(f"{EVENTS}-Text", TEXT)
    # The same text under another subject may have the same id, and helps nobody else.
    other = registry.register(f"{EVENTS}-value", {**TEXT, "name": "Other"})

    assert outcome(gateway, EVENTS, b"any", framed(address, avro(ADDRESS, {"zip": "1"}))) == 0
    assert outcome(gateway, EVENTS, b"any", framed(text, avro(TEXT, {"text": "1"}))) == 0
    key = framed(other, avro(TEXT, {"text": "1"}))
    assert outcome(gateway, EVENTS, b"any", key) == KafkaError.INVALID_RECORD


def test_what_is_read_is_marked_or_refused(
    gateway: GatewayProcess, registry: Registry, direct: Endpoint
) -> None:
    tester = gateway.bundle.endpoint("tester")
    for topic in (MARKED, REFUSED):
        known = registry.register(f"{topic}-value", TEXT)
        produce(direct, topic, [framed(known, avro(TEXT, {"text": "good"})), b"plain"])

    reader = consumer(tester, f"conformance.{uuid.uuid4().hex}")
    reader.subscribe([MARKED])
    found: list[Message] = []
    try:
        while len(found) < 2:
            found += reader.consume(2, SECONDS_MAX)
    finally:
        reader.close()
    assert [each.error() for each in found] == [None, None]
    assert found[0].headers() is None
    assert found[1].headers() == [("streamward.violation", b"contract_invalid")]
    assert found[1].value() == b"plain"

    reader = consumer(tester, f"conformance.{uuid.uuid4().hex}")
    reader.subscribe([REFUSED])
    records: list[Message] = []

    def entered() -> bool:
        records.extend(each for each in reader.consume(1, 0.2) if each.error() is None)
        return any("partition 0, offset 1:" in it for it in reasons(gateway, REFUSED))

    try:
        assert eventually(entered)
    finally:
        reader.close()
    # Both lie in one answer: what is refused is the partition.
    assert not records
    copies = messages(tester, DEAD, 2)
    assert [it.value() for it in copies] == [framed(known, avro(TEXT, {"text": "good"})), b"plain"]
    assert [told(it)["offset"] for it in copies] == ["0", "1"]
    assert told(copies[0])["reason"].startswith("contract:invalid: ")


def test_readers_with_masks_see_them_on_values_of_registered_ids(
    gateway: GatewayProcess, registry: Registry
) -> None:
    """A mask must fit its field before a value comes: its schema stands in the bundle, with ids."""
    folder = gateway.bundle.folder
    (folder / "card.avsc").write_text(json.dumps(CARD))
    known = registry.register(f"{MASKED}-value", CARD)
    other = registry.register("elsewhere-value", {**CARD, "name": "Other"})
    assert other != known
    masks = folder / "masks.yaml"
    masks.write_text(_MASKS.format(topic=MASKED, source="registry: {name: main}"))
    found = [it.what for it in read_bundle(folder, materials=False).errors]
    assert found == ["`card` has a mask, but its schema is in a registry"]
    source = f"file: card.avsc, schema_ids: [{known}]"
    masks.write_text(_MASKS.format(topic=MASKED, source=source))
    gateway.reload()

    body = avro(CARD, {"card": "4111222233334444", "cents": 7})
    produce(gateway.bundle.endpoint("tester"), MASKED, [framed(known, body)])
    reader = gateway.bundle.endpoint("reader")
    (seen,) = values(reader, MASKED, 1)
    assert seen == framed(known, avro(CARD, {"card": "************4444", "cents": 7}))
    assert values(gateway.bundle.endpoint("tester"), MASKED, 1) == [framed(known, body)]

    # An id that is none of the stream's: nobody knows where the card stands behind it.
    produce(gateway.bundle.endpoint("tester"), MASKED, [framed(other, body)])
    assert until_refused(reader, MASKED) == [seen]
    assert eventually(lambda: any("schema id" in it for it in reasons(gateway, MASKED)))


def test_a_registry_that_is_down_is_the_gateways_trouble_not_the_clients(
    gateway: GatewayProcess, registry: Registry
) -> None:
    registry.server.start()
    values = {}
    for topic in (STRICT, LENIENT):
        known = registry.register(f"{topic}-value", TEXT)
        values[topic] = framed(known, avro(TEXT, {"text": "a"}))
        assert outcome(gateway, topic, values[topic]) == 0
    registry.server.stop()

    def is_felt() -> bool:
        code = outcome(gateway, STRICT, values[STRICT], message_timeout_ms=1_500)
        return code == KafkaError._MSG_TIMED_OUT

    assert eventually(is_felt)
    answer = "partition 0: the registry of its schemas gives no answer"
    assert eventually(lambda: answer in reasons(gateway, STRICT))
    # What is cached serves on; an id that isn't can't be judged, and is not taken.
    assert outcome(gateway, LENIENT, values[LENIENT]) == 0
    unknown = framed(999_998, values[LENIENT][5:])
    code = outcome(gateway, LENIENT, unknown, message_timeout_ms=1_500)
    assert code == KafkaError._MSG_TIMED_OUT
