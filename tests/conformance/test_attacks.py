"""What somebody does to protected records who holds the broker, or may produce: each attack is
refused and entered in the log, when it is written through the gateway and when it is read.
"""

import asyncio
import json
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Partition
from confluent_kafka import Message, Producer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from streamward.app import open_sealer
from streamward.clock import now_milliseconds
from streamward.dev.kafka import KafkaServer
from streamward.sdk import Parts, Sealer
from tests.support import requests
from tests.support.attacks import ATTACKS, CONTRACTS, HEADER_BYTES, PLAIN, PREFIX, flipped
from tests.support.confluent import SECONDS_MAX, create_topics
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api, Values
from tests.support.protected import (
    CODECS,
    CORRUPT_MESSAGE,
    KEYS,
    protecting_bundle,
    ring,
)
from tests.support.raw import RawClient

_STREAMS = {
    # Programs seal; the gateway looks at what they write, and opens it for readers.
    "in": "seal: {ring: ring, sealed_by: producer}",
    # The gateway seals and opens.
    "sealed": "seal: {ring: ring, headers: [patient]}",
    "bound": "seal: {ring: ring, partition_bound: true}",
    "keys": "seal: {ring: ring, key: deterministic}",
    "other": "seal: {ring: other, sealed_by: producer}",
    "signed": "sign: {key: ours}",
}
_BY_GATEWAY = frozenset({"sealed", "bound", "keys", "signed"})
_BUNDLE = f"""\
{KEYS}{ring("ring")}{ring("other")}---
{{kind: Tenant, name: abroad}}
---
{{kind: Namespace, prefix: abroad., tenant: abroad}}
---
{{kind: Stream, prefix: abroad., classes: [test-data], seal: {{ring: ring, sealed_by: producer}}}}
---
{{kind: SigningKey, name: ours, key: "file:ours.pem"}}
---
{{kind: SchemaRegistry, name: empty, url: "URL"}}
"""
_CONTRACT = """\
---
{kind: Stream, name: NAME, classes: [test-data]}
---
apiVersion: v3.1.0
kind: DataContract
id: NAME
version: 1.0.0
status: active
team: {name: tests}
schema:
  - name: NAME
    customProperties:
      - {property: streamward.schema, value: SCHEMA}
      - {property: streamward.validate, value: {write: refuse, read: refuse}}
"""


@dataclass(frozen=True)
class Place:
    """A gateway, and what attackers hold beside it."""

    gateway: GatewayProcess
    direct: Endpoint
    sealer: Sealer

    @property
    def tester(self) -> Endpoint:
        """Somebody who may produce and consume all of it."""
        return self.gateway.bundle.endpoint("tester")


class _NoSchemas(BaseHTTPRequestHandler):
    """A registry that has none."""

    def do_GET(self) -> None:
        body = json.dumps({"error_code": 40403, "message": "none"}).encode()
        self.send_response(404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is told."""


@contextmanager
def registry() -> Iterator[str]:
    """Where schemas are asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _NoSchemas)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def place(
    kafka: KafkaServer, direct: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A gateway with a stream for every attack."""
    streams = "".join(
        f"---\nkind: Stream\nprefix: {PREFIX}{name}.\nclasses: [test-data]\n{how}\n"
        for name, how in _STREAMS.items()
    )
    contracts = "".join(
        _CONTRACT.replace("NAME", f"{PREFIX}contract-{number}").replace("SCHEMA", schema)
        for number, (schema, _) in enumerate(CONTRACTS.values())
    )
    with registry() as url:
        declared = _BUNDLE.replace("URL", url) + streams + contracts
        bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("attacks"), declared)
        (bundle.folder / "any.schema.json").write_text("{}")
        ours = bundle.folder / "ours.pem"
        ours.touch(mode=0o600)
        ours.write_bytes(
            ed25519.Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        with (
            GatewayProcess(bundle) as gateway,
            open_sealer(bundle.folder, state_dir=gateway.state) as sealer,
        ):
            yield Place(gateway, direct, sealer)


Record = tuple[str, int, Parts, str]
"""Topic, partition, what lies there, and the codec of its batch."""


def write(endpoint: Endpoint, records: Sequence[Record], at: int) -> list[int]:
    """Write each in a batch of its own; gives their errors, 0 for those that are taken."""
    codes = [-1] * len(records)
    for codec in CODECS:
        producer = Producer(endpoint.librdkafka(
            compression_type=codec, batch_num_messages=1, message_max_bytes=40 << 20,
            queue_buffering_max_kbytes=400_000,
        ))  # fmt: skip
        for index, (topic, partition, parts, its) in enumerate(records):

            def delivered(error: object, _: Message, index: int = index) -> None:
                codes[index] = 0 if error is None else error.code()  # type: ignore[attr-defined]

            if its == codec:
                producer.produce(
                    topic, parts.value, parts.key, partition, headers=list(parts.headers),
                    timestamp=at, on_delivery=delivered,
                )  # fmt: skip
        assert producer.flush(4 * SECONDS_MAX) == 0, [
            topic for (topic, *_), code in zip(records, codes, strict=True) if code == -1
        ]
    return codes


async def lying(endpoint: Endpoint, topics: Sequence[str]) -> dict[str, Parts]:
    """The first record of each topic."""
    found: dict[str, Parts] = {}
    async with (
        asyncio.timeout(2 * SECONDS_MAX),
        AIOKafkaConsumer(**endpoint.aiokafka(), enable_auto_commit=False) as reader,
    ):
        reader.assign([Partition(topic, 0) for topic in topics])
        await reader.seek_to_beginning()
        while len(found) < len(topics):
            for place, records in (await reader.getmany(timeout_ms=500)).items():
                first = records[0]
                found[place.topic] = Parts(first.key, first.value, tuple(first.headers))
    return found


def read(client: RawClient, api: Api, topic: str, partition: int, offset: int) -> Values:
    """A partition of an answer to Fetch, by the name of its topic."""
    more = {"Partition": partition, "PartitionMaxBytes": 64 << 20}
    values = requests.fetch(topic, uuid.UUID(int=0), offset, wait_ms=10_000, **more)
    answer: Values = client.request(api, 12, values)["Responses"][0]["Partitions"][0]
    return answer


def rules(gateway: GatewayProcess) -> set[tuple[str, str, str]]:
    """Topic, action and rule of everything that was refused."""
    return {
        (each["resource"]["name"], each["action"], rule)
        for each in of_kind(gateway, "denied")
        for rule in each["rules"]
    }


TIME = now_milliseconds()
"""Brokers take away what is old."""


def good(place: Place, topics: dict[str, str]) -> dict[str, Parts]:
    """A record of each topic as it lies at the broker: sealed by a program, or by the gateway."""
    plain = Parts(b"key", PLAIN, (("patient", PLAIN),))
    by_gateway = [
        it for it, kind in topics.items() if kind in {"sealed", "bound", "keys", "signed"}
    ]
    assert set(write(place.tester, [(it, 0, plain, "none") for it in by_gateway], TIME)) == {0}
    lies = asyncio.run(lying(place.direct, by_gateway))
    return lies | {it: place.sealer.seal(it, plain) for it, kind in topics.items() if kind == "in"}


def test_every_attack_is_refused_and_recorded_on_write_and_on_read(
    place: Place, apis: dict[str, Api], unique: str
) -> None:
    assert len(ATTACKS) >= 40
    assert len({(each.kind, each.what) for each in ATTACKS}) == len(ATTACKS)
    topics = {
        f"{PREFIX}{it.kind}"
        if it.kind.startswith("contract")
        else f"{PREFIX}{it.kind}.{unique}-{number}": it
        for number, it in enumerate(ATTACKS)
    }
    more = {"max.message.bytes": str(8 << 20)}
    create_topics(place.direct, *topics, partitions=2, config=more)
    own = good(place, {name: it.kind for name, it in topics.items()})
    bad: list[Record] = [
        (
            name,
            it.partition,
            it.forge(place.sealer, name, own.get(name, Parts(None, None))),
            it.codec,
        )
        for name, it in topics.items()
    ]

    written = write(place.tester, bad, TIME)
    # Past the gateway, as whoever holds the broker would.
    assert set(write(place.direct, bad, TIME)) == {0}

    for it, code in zip(topics.values(), written, strict=True):
        assert code == it.answer, it
    with RawClient(place.tester, seconds=SECONDS_MAX) as client:
        for name, it in topics.items():
            # Behind the good one, save what is told by what it comes behind.
            behind = it.kind in _BY_GATEWAY and it.partition == 0 and it.what != "brought again"
            # What the gateway signed itself is good too.
            start = int(behind) + (behind and it.kind == "signed" and it.answer == 0)
            answer = read(client, apis["Fetch"], name, it.partition, start)
            assert (answer["ErrorCode"], answer["Records"] or b"") == (CORRUPT_MESSAGE, b""), it
    assert PLAIN not in client.received
    wanted = {
        (name, action, rule)
        for name, it in topics.items()
        for action, rule in (("Write", it.on_write), ("Read", it.on_read))
        if rule is not None
    }
    assert eventually(lambda: wanted <= rules(place.gateway)), wanted - rules(place.gateway)


def test_a_flip_in_any_byte_of_an_envelopes_header_is_refused_and_recorded(
    place: Place, apis: dict[str, Api], unique: str
) -> None:
    topic = f"{PREFIX}in.{unique}"
    create_topics(place.direct, topic, partitions=HEADER_BYTES)
    sealed = place.sealer.seal(topic, Parts(b"key", PLAIN))
    assert sealed.value is not None
    bad: list[Record] = [
        (topic, at, replace(sealed, value=flipped(at, 0x10)(sealed.value)), "none")
        for at in range(HEADER_BYTES)
    ]
    assert set(write(place.direct, bad, TIME)) == {0}

    with RawClient(place.tester, seconds=SECONDS_MAX) as client:
        for at in range(HEADER_BYTES):
            answer = read(client, apis["Fetch"], topic, at, 0)
            assert (answer["ErrorCode"], answer["Records"] or b"") == (CORRUPT_MESSAGE, b""), at

    def counted() -> int:
        denied = of_kind(place.gateway, "denied", resource={"type": "Stream", "name": topic})
        return sum(each.get("count", 1) for each in denied)

    assert eventually(lambda: counted() >= HEADER_BYTES), counted()
