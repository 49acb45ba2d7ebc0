"""What somebody does to protected records who holds the broker, or may produce: each attack is
refused and entered in the log, when it is written through the gateway and when it is read.
"""

import asyncio
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
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
from tests.support.confluent import SECONDS_MAX, create_topics
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.messages import Api, Values
from tests.support.protected import (
    CODECS,
    CORRUPT_MESSAGE,
    INVALID_RECORD,
    KEYS,
    MESSAGE_TOO_LARGE,
    protecting_bundle,
    ring,
)
from tests.support.raw import RawClient

PREFIX = "conformance.attacked."
PLAIN = b"nothing that a reader may take for real"
BOMB = bytes(33 << 20)
"""More than a batch may inflate to, whatever a codec makes of it."""

HEADER_BYTES = 46
"""Of an envelope, all before the ciphertext: tag, protected header and nonce."""

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
_JSON = "{format: json, file: any.schema.json}"
_REGISTERED = "{format: avro, registry: {name: empty}}"
_CONTRACTS = {
    "a field twice": (_JSON, b'{"card":"a","card":"b"}'),
    "lists in lists, 10,000 deep": (_JSON, b"[" * 10_000 + b"]" * 10_000),
    "what is no JSON": (_JSON, b'{"card":'),
    "a schema id that nobody knows": (_REGISTERED, b"\0\0\x0f\x42\x3f" + b"\x02a"),
    "no schema id": (_REGISTERED, b"plain"),
}


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


Forge = Callable[[Place, str, Parts], Parts]
"""From a good record of a topic, as it lies there, to a bad one."""


@dataclass(frozen=True)
class Attack:
    """What is done in a stream of a kind, and the rules that are entered; None: it is taken."""

    kind: str
    what: str
    forge: Forge
    on_write: str | None
    on_read: str | None
    codec: str = "none"
    partition: int = 0

    @property
    def answer(self) -> int:
        """What whoever writes it is told."""
        if self.on_write == "sealing:bomb":
            return MESSAGE_TOO_LARGE
        return 0 if self.on_write is None else INVALID_RECORD


def envelope(change: Callable[[bytes], bytes]) -> Forge:
    """Another value in the place of the envelope."""
    return lambda _, __, good: replace(good, value=change(good.value or b""))


def protected(*entries: bytes, head: bytes = b"") -> Forge:
    """Another protected header: a map of these, or what `head` says."""
    inside = (head or bytes([0xA0 | len(entries)])) + b"".join(entries)
    length = bytes([0x40 | len(inside)]) if len(inside) < 24 else bytes([0x58, len(inside)])
    return envelope(lambda good: b"\xd0\x83" + length + inside + good[31:])


def unprotected(content: bytes) -> Forge:
    """Another unprotected header, which holds the nonce."""
    return envelope(lambda good: good[:31] + content + good[HEADER_BYTES:])


def flipped(at: int, bit: int = 1) -> Callable[[bytes], bytes]:
    """One bit is another."""

    def change(good: bytes) -> bytes:
        at_ = at % len(good)
        return good[:at_] + bytes([good[at_] ^ bit]) + good[at_ + 1 :]

    return change


def of_topic(topic: str, key: bytes | None = b"key") -> Forge:
    """What was sealed for another stream."""
    return lambda place, _, __: place.sealer.seal(topic, Parts(key, PLAIN))


ALG, VERSION = b"\x01\x03", b"\x3a\x00\x01\x00\x00\x01"
KID = b"\x04\x50" + bytes([9]) * 16
URL = b"https://attacker.example/key1"


def _envelopes() -> Iterator[tuple[str, Forge, str | None, str | None]]:
    """Values where an envelope belongs: refused on write by how they look, on read by all."""

    def both(rule: str, rows: dict[str, Forge]) -> Iterator[tuple[str, Forge, str, str]]:
        return ((what, forge, rule, rule) for what, forge in rows.items())

    yield from both("plaintext", {
        "plaintext": envelope(lambda _: PLAIN),
        "an empty value": envelope(lambda _: b""),
        "an envelope of another product": envelope(lambda _: b"\x00\x01KROXY" + bytes(40)),
        "no tag": envelope(lambda good: good[1:]),
        "the tag of a signature": envelope(lambda good: b"\xd2\x84" + good[2:]),
        "the tag of a MAC": envelope(lambda good: b"\xd1\x84" + good[2:]),
    })  # fmt: skip
    yield from both("truncated", {
        "cut in the protected header": envelope(lambda good: good[:20]),
        "cut in the nonce": envelope(lambda good: good[:40]),
        "cut by one byte": envelope(lambda good: good[:-1]),
        "2^32 entries": protected(ALG, KID, VERSION, head=b"\xba\xff\xff\xff\xff"),
        "a length beyond memory": envelope(lambda good: good[:46] + b"\x5b" + b"\xff" * 8),
    })  # fmt: skip
    yield from both("trailing", {
        "a byte more": envelope(lambda good: good + b"\0"),
        "two envelopes": envelope(lambda good: good + good),
    })  # fmt: skip
    yield from both("key_id", {
        "a key id that is a URL": protected(ALG, b"\x04\x58\x1d" + URL, VERSION),
        "an empty key id": protected(ALG, b"\x04\x40", VERSION),
        "a key id as text": protected(ALG, b"\x04\x61a", VERSION),
    })  # fmt: skip
    yield from both("unknown_key", {"a foreign key id": protected(ALG, KID, VERSION)})
    yield from both("missing_label", {
        "no key id": protected(ALG, VERSION),
        "no algorithm": protected(KID, VERSION),
        "no version": protected(ALG, KID),
        "no nonce": unprotected(b"\xa0"),
    })  # fmt: skip
    yield from both("algorithm", {
        "AES-128-GCM": protected(b"\x01\x01", KID, VERSION),
        "AES-CTR, which has no tag": protected(b"\x01\x39\xff\xfd", KID, VERSION),
        "no encryption at all": protected(b"\x01\x00", KID, VERSION),
        "the mode of keys in a value": protected(b"\x01\x3a\x00\x01\x00\x00", KID, VERSION),
    })  # fmt: skip
    yield from both("version", {
        "an older version": protected(ALG, KID, VERSION[:-1] + b"\x00"),
        "a version to come": protected(ALG, KID, VERSION[:-1] + b"\x02"),
    })  # fmt: skip
    yield from both("duplicate_label", {
        "the algorithm twice": protected(ALG, ALG, KID, VERSION),
        "the key id twice": protected(ALG, KID, KID, VERSION),
        "the nonce twice": unprotected(b"\xa2" + (b"\x05\x4c" + bytes(12)) * 2),
    })  # fmt: skip
    yield from both("unknown_label", {
        "a critical label that is unknown": protected(ALG, b"\x02\x81\x18\x63", KID, VERSION),
    })  # fmt: skip
    yield from both("malformed", {
        "lists in lists": protected(head=b"\x81" * 200),
        "a map without a length": protected(ALG, KID, VERSION, b"\xff", head=b"\xbf"),
        "detached content": envelope(lambda good: good[:46] + b"\xf6"),
    })  # fmt: skip
    yield from both("nonce", {"a short nonce": unprotected(b"\xa1\x05\x48" + bytes(8))})
    yield from both("foreign_ring", {"of another ring": of_topic(f"{PREFIX}other.x")})
    # The gateway opens nothing of these on write; whoever reads does.
    for what, forge in {
        "the nonce of another record": unprotected(b"\xa1\x05\x4c" + bytes(11) + b"\x01"),
        "a bit of the ciphertext": envelope(flipped(50)),
        "a bit of the tag": envelope(flipped(-1)),
        "from another stream": of_topic(f"{PREFIX}in.elsewhere"),
        "from another tenant": of_topic("abroad.in"),
        "beside another key": lambda _, __, good: replace(good, key=b"another"),
        "beside no key": lambda _, __, good: replace(good, key=None),
        "beside an empty key": lambda _, __, good: replace(good, key=b""),
    }.items():
        yield what, forge, None, "moved"


def _with_header(name: str, value: bytes | None) -> Forge:
    return lambda _, __, good: replace(good, headers=((name, value),))


def _signature(change: Callable[[bytes], bytes]) -> Forge:
    def forge(_: Place, __: str, good: Parts) -> Parts:
        name, value = good.headers[-1]
        return replace(good, headers=(*good.headers[:-1], (name, change(value or b""))))

    return forge


def _exchanged(_: Place, __: str, good: Parts) -> Parts:
    return replace(good, value=dict(good.headers)["patient"])


def _attacks() -> Iterator[Attack]:
    for what, forge, on_write, on_read in _envelopes():
        yield Attack(
            "in", what, forge, on_write and f"sealing:{on_write}", on_read and f"sealing:{on_read}"
        )
    sealed, signed = "sealing:already_sealed", "signing:forged_signature"
    same: Forge = lambda _, __, good: good  # noqa: E731
    yield Attack("bound", "in another partition", same, sealed, "sealing:moved", partition=1)
    yield Attack("sealed", "a header in place of the value", _exchanged, sealed, "sealing:moved")
    plain = _with_header("patient", PLAIN)
    yield Attack("sealed", "a header in plaintext", plain, sealed, "sealing:plaintext")
    for what, key, rule in (
        ("a key in plaintext", lambda _: b"key", "plaintext"),
        ("the value as the key", lambda good: good.value, "algorithm"),
    ):
        forge = lambda _, __, good, key=key: replace(good, key=key(good))  # noqa: E731
        yield Attack("keys", what, forge, sealed, f"sealing:{rule}")
    for codec in CODECS[1:]:
        bomb: Forge = lambda _, __, good: replace(good, value=BOMB, headers=())  # noqa: E731
        yield Attack("sealed", f"a bomb in {codec}", bomb, "sealing:bomb", "sealing:bomb", codec)
    yield Attack("signed", "brought again", same, signed, "signing:replayed")
    for what, forge, rule in (
        ("another value", lambda _, __, good: replace(good, value=b"another"), "invalid_signature"),
        ("another key", lambda _, __, good: replace(good, key=b"x"), "invalid_signature"),
        ("a signature that is cut", _signature(lambda it: it[:30]), "malformed_signature"),
        ("a signature's last bit", _signature(flipped(-1)), "invalid_signature"),
        (
            "another algorithm",
            _signature(lambda it: it.replace(b"\x01\x27\x04\x50", b"\x01\x26\x04\x50", 1)),
            "unknown_signer",
        ),
        (
            "a header behind the signature",
            lambda _, __, good: replace(good, headers=(*good.headers, ("trace", b"1"))),
            "forged_signature",
        ),
    ):
        yield Attack("signed", what, forge, signed, f"signing:{rule}")
    unsigned: Forge = lambda _, __, good: replace(good, headers=())  # noqa: E731
    yield Attack("signed", "no signature", unsigned, None, "signing:unsigned")
    for number, (what, (_, value)) in enumerate(_CONTRACTS.items()):
        forge = lambda _, __, good, value=value: Parts(b"key", value)  # noqa: E731
        rule = "contract:invalid"
        yield Attack(f"contract-{number}", what, forge, rule, rule)


ATTACKS = tuple(_attacks())


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
        for number, (schema, _) in enumerate(_CONTRACTS.values())
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
        (name, it.partition, it.forge(place, name, own.get(name, Parts(None, None))), it.codec)
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
            answer = read(client, apis["Fetch"], name, it.partition, int(behind))
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
