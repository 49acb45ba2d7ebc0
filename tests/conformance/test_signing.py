"""Signed streams before a real broker: what is written verifies, what is forged there does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from streamward import clock
from streamward.app import open_signer
from streamward.dev.kafka import KafkaServer
from streamward.sdk import RecordRefused
from streamward.sdk.signing_clients import SigningProducer, VerifyingConsumer
from tests.support.confluent import (
    SECONDS_MAX,
    consume,
    consumer,
    create_topics,
    error_code,
    produce,
)
from tests.support.endpoints import Endpoint
from tests.support.entries import eventually, of_kind
from tests.support.gateway import GatewayProcess
from tests.support.protected import (
    INVALID_RECORD,
    KEYS,
    SIGNATURE,
    messages,
    protecting_bundle,
    reasons,
    refused_on_read,
    ring,
)

VALUES = [f"signed, not sealed {index} ".encode() * 20 for index in range(40)]
TESTER = ed25519.Ed25519PrivateKey.generate()
_SIGNING = f"""\
{KEYS}{ring("test-ring")}---
{{kind: SigningKey, name: new, key: "file:new.pem"}}
---
{{kind: SigningKey, name: old, key: "file:old.pem"}}
---
kind: Stream
prefix: conformance.signed.
classes: [test-data]
sign: {{key: new, keys: [old]}}
---
kind: Stream
prefix: conformance.signed.old.
classes: [test-data]
sign: {{key: old, accepts_from: []}}
---
kind: Stream
prefix: conformance.signed.sealed.
classes: [test-data]
seal: {{ring: test-ring, key: deterministic}}
sign: {{key: new}}
---
kind: Stream
prefix: conformance.signed.record.
classes: [test-data]
sign: {{key: new, each: record, on_violation: mark}}
---
kind: Stream
prefix: conformance.signed.whole.
classes: [test-data]
sign: {{key: new, each: whole_batch, follow: true}}
---
kind: Stream
prefix: conformance.signed.wholesealed.
classes: [test-data]
seal: {{ring: test-ring, key: deterministic}}
sign: {{key: new, each: whole_batch, on_violation: mark}}
---
{{kind: SigningKey, name: testers, public: "file:tester.pub.pem", principal: tester}}
---
kind: Stream
prefix: conformance.signed.own.
classes: [test-data]
sign: {{by: producer, each: record, keys: [testers]}}
---
kind: Stream
prefix: conformance.signed.followed.
classes: [test-data]
sign: {{key: new, follow: true}}
---
kind: Stream
prefix: conformance.signed.compacted.
classes: [test-data]
seal: {{ring: test-ring, key: deterministic}}
sign: {{key: new, follow: true}}
"""


def private_pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write_key(file: Path, key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
    file.write_bytes(private_pem(key))
    file.chmod(0o600)


@pytest.fixture(scope="module")
def signing(
    kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway with signed streams, a key of each kind."""
    bundle = protecting_bundle(kafka, tmp_path_factory.mktemp("signing"), _SIGNING)
    write_key(bundle.folder / "new.pem", ed25519.Ed25519PrivateKey.generate())
    write_key(bundle.folder / "old.pem", ec.generate_private_key(ec.SECP256R1()))
    own = TESTER.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (bundle.folder / "tester.pub.pem").write_bytes(own)
    with GatewayProcess(bundle) as process:
        yield process


@pytest.fixture
def signed(signing: GatewayProcess) -> Endpoint:
    return signing.bundle.endpoint("tester")


def topic_of(direct: Endpoint, unique: str, kind: str = "", **settings: str) -> str:
    name = unique.replace("conformance.", f"conformance.signed.{kind}")
    create_topics(direct, name, partitions=1, config=settings or None)
    return name


def signature(message_headers: list[tuple[str, bytes]] | None) -> bytes:
    assert message_headers is not None
    name, value = message_headers[-1]
    assert name == SIGNATURE
    return value


@pytest.mark.parametrize(
    ("kind", "codec"),
    [
        ("", "none"),
        ("", "gzip"),
        ("", "lz4"),
        ("", "zstd"),
        ("sealed.", "none"),
        ("sealed.", "lz4"),
    ],
)
def test_what_is_written_lies_signed_at_the_broker_and_is_read(
    signed: Endpoint, direct: Endpoint, unique: str, kind: str, codec: str
) -> None:
    topic = topic_of(direct, unique, kind)
    offsets = produce(signed, topic, VALUES, compression_type=codec, linger_ms=50)
    assert offsets == list(range(len(VALUES)))
    assert consume(signed, topic, len(VALUES), f"{topic}-group") == VALUES
    at_broker = messages(direct, topic, len(VALUES))
    assert all(signature(it.headers()).startswith(b"\xd2\x84") for it in at_broker)
    kept = messages(signed, topic, 1)[0].headers()
    assert (kept is None) == bool(kind)


@pytest.mark.parametrize("codec", ["none", "lz4"])
@pytest.mark.parametrize("kind", ["whole.", "wholesealed."])
def test_of_a_batch_that_is_signed_as_a_whole_the_first_record_holds_the_signature(
    signed: Endpoint, direct: Endpoint, unique: str, kind: str, codec: str
) -> None:
    topic = topic_of(direct, unique, kind)
    offsets = produce(signed, topic, VALUES, compression_type=codec, linger_ms=200)
    assert offsets == list(range(len(VALUES)))
    assert consume(signed, topic, len(VALUES), f"{topic}-group") == VALUES
    at_broker = messages(direct, topic, len(VALUES))
    holders = [it.offset() for it in at_broker if it.headers()]
    assert holders[0] == 0
    assert len(holders) < len(VALUES) / 4
    assert signature(at_broker[0].headers()).startswith(b"\xd2\x84")
    kept = messages(signed, topic, 1)[0].headers()
    assert (kept is None) == (kind == "wholesealed.")


def test_a_batch_that_is_no_longer_whole_is_refused_or_marked_and_told(
    signing: GatewayProcess, signed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic, marked, again = (
        topic_of(direct, name, kind)
        for name, kind in ((unique, "whole."), (unique, "wholesealed."), (f"{unique}-a", "whole."))
    )
    for each in (topic, marked, again):
        produce(signed, each, VALUES[:4], linger_ms=200)
        assert [bool(it.headers()) for it in messages(direct, each, 4)] == [True, *[False] * 3]
    for each in (topic, marked):
        first, second, _, last = messages(direct, each, 4)
        make_anew(direct, each)
        write_together(direct, first, second, last)
    write_together(direct, *messages(direct, again, 4))

    refused_on_read(signing, signed, topic, "signing:incomplete")
    seen = messages(signed, marked, 3)
    assert [dict(it.headers() or ())["streamward.violation"] for it in seen] == [b"incomplete"] * 3
    signing.stop()
    signing.start()
    assert eventually(lambda: alerts(signing, topic) == ["signing.unverified"], 60.0)
    assert eventually(lambda: alerts(signing, again) == ["signing.replayed"], 60.0)


def test_transactions_and_what_takes_records_back_stay_what_they_are(
    signed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique, "sealed.", **{"cleanup.policy": "compact"})
    producer = Producer(signed.librdkafka(transactional_id=f"{unique}-transaction"))
    producer.init_transactions(30)
    for value, end in (
        (b"aborted", producer.abort_transaction),
        (b"one", producer.commit_transaction),
        (None, producer.commit_transaction),
    ):
        producer.begin_transaction()
        producer.produce(topic, value, b"key")
        producer.flush(10)
        end(30)
    committed = consume(signed, topic, 2, f"{topic}-group", isolation_level="read_committed")
    assert committed == [b"one", b""]
    _, back = messages(direct, topic, 2)
    assert back.value() is None
    assert signature(back.headers())


def test_what_is_put_there_past_the_gateway_is_refused(
    signing: GatewayProcess, signed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic, other = topic_of(direct, unique), topic_of(direct, f"{unique}-other")
    produce(signed, topic, VALUES[:1])
    written = messages(direct, topic, 1)[0]
    forgeries = {
        "unsigned": (b"injected", []),
        "invalid_signature": (b"changed", written.headers()),
    }
    for rule, (value, headers) in forgeries.items():
        target = topic_of(direct, f"{unique}-{rule}")
        producer = Producer(direct.librdkafka())
        producer.produce(target, value, headers=headers, timestamp=written.timestamp()[1])
        assert producer.flush(SECONDS_MAX) == 0
        refused_on_read(signing, signed, target, f"signing:{rule}")
    # Whole, and moved to another stream; and put into its own once more.
    for target, rule in ((other, "invalid_signature"), (topic, "replayed")):
        producer = Producer(direct.librdkafka())
        producer.produce(
            target, written.value(), headers=written.headers(), timestamp=written.timestamp()[1]
        )
        assert producer.flush(SECONDS_MAX) == 0
        refused_on_read(signing, signed, target, f"signing:{rule}")
    with pytest.raises(KafkaException) as raised:
        producer = Producer(signed.librdkafka())
        failed: list[KafkaException] = []
        producer.produce(
            topic,
            b"mine",
            headers={SIGNATURE: b"mine"},
            on_delivery=lambda error, _: failed.append(KafkaException(error)) if error else None,
        )
        assert producer.flush(SECONDS_MAX) == 0
        raise failed[0]
    assert error_code(raised.value) == INVALID_RECORD
    assert "signing:forged_signature" in reasons(signing, topic)


def test_where_the_stream_says_so_it_is_marked(
    signed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique, "record.")
    produce(signed, topic, VALUES[:1])
    produce(direct, topic, [b"injected"])
    good, bad = messages(signed, topic, 2)
    assert good.value() == VALUES[0]
    assert signature(good.headers())
    assert (bad.value(), bad.headers()) == (b"injected", [("streamward.violation", b"unsigned")])


def test_another_key_signs_and_both_verify_until_one_is_taken_away(
    signing: GatewayProcess, signed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique, "old.")
    declared = signing.bundle.folder / "protected.yaml"
    text = declared.read_text()
    produce(signed, topic, VALUES[:1])
    for settings, verifies in (("{key: new, keys: [old]}", True), ("{key: new}", False)):
        changed = text.replace("{key: old, accepts_from: []}", settings)
        assert changed != text
        declared.write_text(changed)
        signing.reload()
        if verifies:
            produce(signed, topic, VALUES[1:2])
            assert consume(signed, topic, 2, f"{topic}-group") == VALUES[:2]
        else:
            refused_on_read(signing, signed, topic, "signing:unknown_signer")
    declared.write_text(text)
    signing.reload()


def test_what_a_program_signs_is_taken_and_verified_by_another(
    signing: GatewayProcess, signed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic = topic_of(direct, unique, "own.")
    folder = signing.bundle.folder
    signer = open_signer(folder, producer="tester", key=private_pem(TESTER))
    producer = SigningProducer(signed.librdkafka(), signer)
    for value in VALUES[:5]:
        producer.produce(topic, value, b"key", 0, headers={"trace": b"1"})
    assert producer.flush(SECONDS_MAX) == 0
    # Straight from the broker, past any gateway: with nothing but the public key.
    reader = VerifyingConsumer(
        direct.librdkafka(group_id=f"{topic}-group") | {"auto.offset.reset": "earliest"},
        open_signer(folder),
    )
    try:
        reader.assign([TopicPartition(topic, 0, 0)])
        found = [reader.poll(SECONDS_MAX) for _ in VALUES[:5]]
        assert [it and (it.value(), it.headers()) for it in found] == [
            (value, [("trace", b"1")]) for value in VALUES[:5]
        ]
        produce(direct, topic, [b"injected"])
        with pytest.raises(RecordRefused, match="offset 5"):
            reader.poll(SECONDS_MAX)
    finally:
        reader.close()
    with pytest.raises(KafkaException) as raised:
        produce(signed, topic, [b"unsigned"])
    assert error_code(raised.value) == INVALID_RECORD
    assert "signing:unsigned" in reasons(signing, topic)


def test_what_comes_again_or_is_missing_at_the_broker_becomes_an_alert_once(
    signing: GatewayProcess, signed: Endpoint, direct: Endpoint, unique: str
) -> None:
    topic, emptied = (topic_of(direct, name, "followed.") for name in (unique, f"{unique}-emptied"))
    for each in (topic, emptied):
        produce(signed, each, VALUES[:3])
    first, _, last = messages(direct, topic, 3)
    write_again(direct, first, last)
    produce(direct, topic, [b"injected"])
    # A topic that somebody made anew, and filled with all but one record.
    first, _, last = messages(direct, emptied, 3)
    make_anew(direct, emptied)
    write_again(direct, first, last)
    # What is followed is looked for at the start; a restart goes on from where it was. The two that
    # come again are one alert: they lie in a row.
    expected = ["signing.replayed", "signing.unverified"]
    for _ in range(2):
        signing.stop()
        signing.start()
        assert eventually(lambda: alerts(signing, topic) == expected, 60.0)
        assert eventually(lambda: alerts(signing, emptied) == ["signing.dropped"], 60.0)


def write_again(direct: Endpoint, *found: Message) -> None:
    """Put records where they were read, past any gateway, one batch after the other."""
    producer = Producer(direct.librdkafka())
    for message in found:
        producer.produce(
            message.topic() or "",
            message.value(),
            headers=message.headers(),
            timestamp=message.timestamp()[1],
        )
        assert producer.flush(SECONDS_MAX) == 0


def write_together(direct: Endpoint, *found: Message) -> None:
    """Put records there past any gateway, in one batch."""
    producer = Producer(direct.librdkafka(linger_ms=500))
    for message in found:
        producer.produce(
            message.topic() or "",
            message.value(),
            message.key(),
            headers=message.headers(),
            timestamp=message.timestamp()[1],
        )
    assert producer.flush(SECONDS_MAX) == 0


def make_anew(direct: Endpoint, topic: str) -> None:
    """Delete a topic, and create it again once it is gone."""
    admin = AdminClient(direct.librdkafka())
    admin.delete_topics([topic])[topic].result(SECONDS_MAX)
    assert eventually(lambda: topic not in admin.list_topics(timeout=10).topics, SECONDS_MAX)
    create_topics(direct, topic)


def alerts(gateway: GatewayProcess, topic: str) -> list[str]:
    """What was found in a topic."""
    found = (each["alert"] for each in of_kind(gateway, "alert"))
    return [it["detection"] for it in found if it["entity"]["name"] == topic]


COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.0",
    "max.compaction.lag.ms": "1",
}


@pytest.fixture
def quick_cleaner(kafka: KafkaServer, direct: Endpoint) -> Iterator[None]:
    """The brokers' log cleaners look for work all the time, instead of every 15 seconds."""
    admin = AdminClient(direct.librdkafka())

    def change(operation: AlterConfigOpType) -> None:
        entry = ConfigEntry("log.cleaner.backoff.ms", "50", incremental_operation=operation)
        wanted = [
            ConfigResource(ResourceType.BROKER, str(node.id), incremental_configs=[entry])
            for node in kafka.nodes
        ]
        for future in admin.incremental_alter_configs(wanted).values():
            future.result(SECONDS_MAX)

    change(AlterConfigOpType.SET)
    yield
    change(AlterConfigOpType.DELETE)


Batch = dict[str, bytes | None]


def write_segments(endpoint: Endpoint, topic: str, batches: list[Batch]) -> None:
    """Write each batch in one request, as the beginning of a segment of the log."""
    start = clock.now_milliseconds() - 86_400_000
    for index, batch in enumerate(batches):
        producer = Producer(endpoint.librdkafka(linger_ms=200))
        for key, value in batch.items():
            # In the records' own time the segment before is old enough to be closed.
            producer.produce(topic, value, key=key, timestamp=start + 10_000 * index)
        assert producer.flush(SECONDS_MAX) == 0


def test_what_the_log_cleaner_leaves_verifies_opens_and_is_not_told_as_dropped(
    signing: GatewayProcess,
    signed: Endpoint,
    direct: Endpoint,
    unique: str,
    quick_cleaner: None,
) -> None:
    topic = topic_of(direct, unique, "compacted.", **COMPACTED)
    batches: list[Batch] = [
        {"a": b"a1", "b": b"b1", "c": b"c1", "d": b"d1"},
        {"a": b"a2", "d": None, "b": b"b2"},
        {"a": b"a3"},
        {"end": b"of the segment that is written to, which no cleaner touches"},
    ]
    write_segments(signed, topic, batches)

    def left() -> list[int]:
        """The offsets that the broker still has, of nine or fewer."""
        reader = consumer(direct, f"{topic}-left", enable_partition_eof=True)
        try:
            reader.assign([TopicPartition(topic, 0, 0)])
            found = []
            while (message := reader.poll(SECONDS_MAX)) is not None and not message.error():
                found.append(message.offset() or 0)
            return found
        finally:
            reader.close()

    # The newest of each sealed key, and what takes one back: deterministic keys compact.
    assert eventually(lambda: left() == [2, 5, 6, 7, 8], 60.0), left()
    found = messages(signed, topic, 5)
    assert [(it.key(), it.value()) for it in found] == [
        (b"c", b"c1"),
        (b"d", None),
        (b"b", b"b2"),
        (b"a", b"a3"),
        (b"end", batches[3]["end"]),
    ]
    lies = messages(direct, topic, 5)
    assert all(b"d1" not in (it.key() or b"") + (it.value() or b"") for it in lies)
    assert [len(signature(it.headers())) > 64 for it in lies] == [True] * 5

    # The follower has read all of it once it tells what lies behind it.
    forged = Producer(direct.librdkafka())
    forged.produce(topic, b"injected", key=b"e")
    assert forged.flush(SECONDS_MAX) == 0
    signing.stop()
    signing.start()
    assert eventually(lambda: "signing.unverified" in alerts(signing, topic), 60.0)
    assert alerts(signing, topic) == ["signing.unverified"]
