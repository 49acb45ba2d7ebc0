"""Programs that sign and verify by themselves, with both client libraries, and gateways between."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from confluent_kafka import Message, Producer
from confluent_kafka import TopicPartition as Place
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from streamward.app import open_sealer, open_signer
from streamward.dev.kafka import KafkaServer
from streamward.sdk import Parts, RecordRefused, Sealer, Signer
from streamward.sdk.aio_signing import AIOSigningProducer, AIOVerifyingConsumer
from streamward.sdk.signing_clients import SigningProducer, VerifyingConsumer
from tests.support.confluent import SECONDS_MAX, create_topics, produce
from tests.support.endpoints import Endpoint
from tests.support.gateway import GatewayProcess
from tests.support.protected import (
    ENVELOPE,
    INVALID_RECORD,
    KEYS,
    SIGNATURE,
    messages,
    protecting_bundle,
    reasons,
    refused_on_read,
    ring,
)

VALUES = [f"signed by a program {index}".encode() for index in range(12)]
T = TypeVar("T")
TRACE = [("trace", b"1")]
TESTER = ed25519.Ed25519PrivateKey.generate()
_STREAMS = f"""\
{KEYS}{ring("test-ring")}---
{{kind: SigningKey, name: gateways, key: "file:gateway.pem"}}
---
{{kind: SigningKey, name: testers, public: "file:tester.pub.pem", principal: tester}}
---
kind: Stream
prefix: conformance.programs.own.
classes: [test-data]
sign: {{by: producer, each: record, keys: [testers]}}
---
kind: Stream
prefix: conformance.programs.gateway.
classes: [test-data]
sign: {{key: gateways}}
---
kind: Stream
prefix: conformance.programs.both.
classes: [test-data]
seal: {{ring: test-ring, key: deterministic, sealed_by: producer, opened_by: consumer}}
sign: {{by: producer, each: record, keys: [testers]}}
---
kind: Stream
prefix: conformance.programs.sealed.
classes: [test-data]
seal: {{ring: test-ring}}
sign: {{key: gateways}}
"""


def private_pem(key: ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture(scope="module")
def programs(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway with streams that programs sign, and others that programs verify."""
    bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("programs"), _STREAMS)
    own = TESTER.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (bundle.folder / "tester.pub.pem").write_bytes(own)
    gateways = bundle.folder / "gateway.pem"
    gateways.write_bytes(private_pem(ed25519.Ed25519PrivateKey.generate()))
    gateways.chmod(0o600)
    with GatewayProcess(bundle) as process:
        yield process


@pytest.fixture
def tester(programs: GatewayProcess) -> Endpoint:
    return programs.bundle.endpoint("tester")


@pytest.fixture
def signer(programs: GatewayProcess) -> Signer:
    """The producer's: with a private key, and counters of its own."""
    return open_signer(programs.bundle.folder, producer="tester", key=private_pem(TESTER))


@pytest.fixture
def verifier(programs: GatewayProcess) -> Signer:
    """With nothing but public keys."""
    return open_signer(programs.bundle.folder)


@pytest.fixture(scope="module")
def sealer(programs: GatewayProcess) -> Iterator[Sealer]:
    """Takes its keys from the gateway's own store."""
    with open_sealer(programs.bundle.folder, state_dir=programs.state) as opened:
        yield opened


def topic_of(direct: Endpoint, unique: str, kind: str, partitions: int = 1) -> str:
    name = unique.replace("conformance.", f"conformance.programs.{kind}.")
    create_topics(direct, name, partitions=partitions)
    return name


def limited(scenario: Coroutine[Any, Any, T]) -> T:
    """Run it; no broker is waited for longer."""

    async def run() -> T:
        async with asyncio.timeout(2 * SECONDS_MAX):
            return await scenario

    return asyncio.run(run())


async def aio_write(
    endpoint: Endpoint, topic: str, signer: Signer, sealer: Sealer | None = None
) -> None:
    """All of `VALUES`, from as many tasks."""
    async with AIOSigningProducer(endpoint.aiokafka(), signer, sealer) as producer:
        await asyncio.gather(*(
            producer.send_and_wait(topic, value, b"key", 0, headers=TRACE) for value in VALUES
        ))  # fmt: skip


async def aio_read(
    endpoint: Endpoint, topic: str, count: int, signer: Signer, sealer: Sealer | None = None
) -> list[ConsumerRecord[Any, Any] | RecordRefused]:
    """The first records of partition 0, or why each isn't handed over."""
    consumer = AIOKafkaConsumer(**endpoint.aiokafka(), enable_auto_commit=False)
    found: list[ConsumerRecord[Any, Any] | RecordRefused] = []
    async with AIOVerifyingConsumer(consumer, signer, sealer) as reader:
        reader.assign([TopicPartition(topic, 0)])
        await reader.seek_to_beginning()
        while len(found) < count:
            try:
                found.append(await reader.getone())
            except RecordRefused as refused:
                found.append(refused)
    return found


def seen(records: list[Any]) -> list[tuple[bytes, list[tuple[str, bytes]]]]:
    """Values and headers of aiokafka's records."""
    return [(each.value, list(each.headers)) for each in records]


def verified(endpoint: Endpoint, topic: str, signer: Signer, sealer: Sealer) -> list[Message]:
    """All of it as a program with confluent-kafka gets it."""
    settings = endpoint.librdkafka(group_id=f"{topic}-group")
    reader = VerifyingConsumer(settings, signer, sealer=sealer)
    try:
        reader.assign([Place(topic, 0, 0)])
        return reader.consume(len(VALUES), SECONDS_MAX)
    finally:
        reader.close()


def put(
    endpoint: Endpoint, topic: str, value: bytes | None, headers: Any, at: int, partition: int = 0
) -> int | None:
    """Write a record as it is; gives the error, if there is one."""
    producer = Producer(endpoint.librdkafka())
    failed: list[int] = []
    producer.produce(
        topic, value, b"key", partition, headers=headers, timestamp=at,
        on_delivery=lambda error, _: failed.append(error.code()) if error else None,
    )  # fmt: skip
    assert producer.flush(SECONDS_MAX) == 0
    return failed[0] if failed else None


def test_what_coroutines_sign_the_gateway_takes_and_everybody_verifies(
    tester: Endpoint, direct: Endpoint, signer: Signer, verifier: Signer, unique: str
) -> None:
    topic = topic_of(direct, unique, "own")

    limited(aio_write(tester, topic, signer))

    assert all((it.headers() or [])[-1][0] == SIGNATURE for it in messages(direct, topic, 12))
    # Past any gateway, and through one, which has verified it, too.
    for endpoint in (direct, tester):
        found = limited(aio_read(endpoint, topic, len(VALUES), verifier))
        assert sorted(seen(found)) == sorted((value, TRACE) for value in VALUES)


def test_what_a_gateway_signs_coroutines_verify(
    tester: Endpoint, direct: Endpoint, verifier: Signer, unique: str
) -> None:
    topic = topic_of(direct, unique, "gateway")

    produce(tester, topic, VALUES, linger_ms=100)

    for endpoint in (direct, tester):
        found = limited(aio_read(endpoint, topic, len(VALUES), verifier))
        assert seen(found) == [(value, []) for value in VALUES]


def test_sealed_and_signed_by_one_program_verified_and_opened_by_another(
    tester: Endpoint,
    direct: Endpoint,
    signer: Signer,
    verifier: Signer,
    sealer: Sealer,
    unique: str,
) -> None:
    by_aio = topic_of(direct, unique, "both")
    by_confluent = topic_of(direct, f"{unique}-confluent", "both")

    limited(aio_write(tester, by_aio, signer, sealer))
    producer = SigningProducer(tester.librdkafka(), signer, sealer)
    for value in VALUES:
        producer.produce(by_confluent, value, b"key", 0, headers=dict(TRACE))
    assert producer.flush(SECONDS_MAX) == 0

    for topic in (by_aio, by_confluent):
        for lies in messages(tester, topic, len(VALUES)):
            assert (lies.value() or b"").startswith(ENVELOPE)
            assert (lies.headers() or [])[-1][0] == SIGNATURE
        found = limited(aio_read(direct, topic, len(VALUES), verifier, sealer))
        assert sorted(seen(found)) == sorted((value, TRACE) for value in VALUES)
        read = verified(tester, topic, verifier, sealer)
        assert sorted(it.value() or b"" for it in read) == sorted(VALUES)
        assert {it.key() for it in read} == {b"key"}
        assert all(it.headers() == TRACE for it in read)


def test_what_a_gateway_seals_and_signs_is_verified_and_opened_where_it_lies(
    tester: Endpoint, direct: Endpoint, verifier: Signer, sealer: Sealer, unique: str
) -> None:
    topic = topic_of(direct, unique, "sealed")

    produce(tester, topic, VALUES, linger_ms=100)

    found = limited(aio_read(direct, topic, len(VALUES), verifier, sealer))
    assert seen(found) == [(value, []) for value in VALUES]


def test_what_is_forged_moved_or_brought_again_is_refused_both_ways(
    programs: GatewayProcess,
    tester: Endpoint,
    direct: Endpoint,
    signer: Signer,
    verifier: Signer,
    unique: str,
) -> None:
    topic = topic_of(direct, unique, "own")
    limited(aio_write(tester, topic, signer))
    good = messages(direct, topic, 1)[0]
    value, headers, at = good.value(), good.headers(), good.timestamp()[1]
    stranger = _signed_by_another(programs, topic)
    attacks: dict[str, tuple[str, bytes | None, Any, int, int]] = {
        "unsigned": ("unsigned", value, TRACE, at, 0),
        "changed": ("invalid_signature", b"changed", headers, at, 0),
        "another time": ("invalid_signature", value, headers, at + 1, 0),
        "another stream": ("invalid_signature", value, headers, at, 0),
        "another partition": ("invalid_signature", value, headers, at, 1),
        "another key": ("unknown_signer", b"v", list(stranger.headers), at, 0),
    }
    for number, (what, (rule, bad, its, time, partition)) in enumerate(attacks.items()):
        target = topic_of(direct, f"{unique}-{number}", "own", partitions=2)
        assert put(tester, target, bad, its, time, partition) == INVALID_RECORD, what
        assert f"signing:{rule}" in reasons(programs, target), what
        # Past the gateway, as whoever holds the broker would.
        assert put(direct, target, bad, its, time, partition) is None
        signed = Parts(b"key", bad, tuple(its))
        with pytest.raises(RecordRefused):
            verifier.verify(target, signed, time, partition)
        if partition == 0:
            (refused,) = limited(aio_read(direct, target, 1, verifier))
            assert isinstance(refused, RecordRefused), what
            assert "partition 0, offset 0" in str(refused)
            refused_on_read(programs, tester, target, f"signing:{rule}")
    # In its own place once more, its signature holds; the counter does not grow.
    assert put(direct, topic, value, headers, at) is None
    refused_on_read(programs, tester, topic, "signing:replayed")


def _signed_by_another(programs: GatewayProcess, topic: str) -> Parts:
    key = private_pem(ed25519.Ed25519PrivateKey.generate())
    other = open_signer(programs.bundle.folder, producer="tester", key=key)
    return other.sign(topic, Parts(b"key", b"v"), 1, 0)
