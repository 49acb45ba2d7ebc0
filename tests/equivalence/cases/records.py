"""Records: writing, reading, where they begin and end, and deleting them."""

from collections.abc import Iterator
from typing import Any

from tests.equivalence.case import Context, Generator, TopicId, Variant
from tests.equivalence.cases import mixes
from tests.equivalence.schema import binary
from tests.support.batches import record_batch

TIMEOUT_MS = 10_000
MAX_BYTES = 1_048_576
LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL, TIERED, PENDING = -1, -2, -3, -4, -5, -6


def _mixes(c: Context, field: str) -> Iterator[tuple[str, list[Any]]]:
    """Topics as this version names them: by name, or by id."""
    return mixes.ids() if c.has(field) else mixes.topics()


def produce(c: Context) -> Iterator[Variant]:
    """With all kinds of topics and acknowledgements; plain, and of a transaction."""
    by_id = c.has("topicData.topicId")

    def data(topic: Any, batch: bytes | None, *indexes: int) -> dict:
        partitions = [
            {"index": index, "records": None if batch is None else binary(batch)}
            for index in indexes or (0,)
        ]
        return {("topicId" if by_id else "name"): topic, "partitionData": partitions}

    def body(*topics: dict, acks: int = -1, transaction: str | None = None) -> dict:
        head = {"transactionalId": transaction, "acks": acks, "timeoutMs": TIMEOUT_MS}
        return head | {"topicData": list(topics)}

    def at(name: str) -> Any:
        return TopicId(name) if by_id else name

    plain = record_batch(b"case")
    for label, topics in _mixes(c, "topicData.topicId"):
        if label.endswith("twice"):
            topics = topics[::2]
        yield Variant(label, body(*[data(each, plain) for each in topics]))
    for acks in (1, 0, 7):
        for word, name in (("allowed", "team.one"), ("denied", "secret.ledger")):
            one = data(at(name), plain)
            label = f"acks-{acks}-{word}"
            yield Variant(label, body(one, acks=acks), answered=acks != 0)
    odd = [data(at(name), plain, 0, 9) for name in ("team.one", "secret.plans")]
    yield Variant("no-such-partition", body(*odd))
    both = data(at("team.one"), None), data(at("secret.plans"), None)
    if c.version in (3, 13):
        # To those who may write, Kafka doesn't answer.
        yield Variant("null-records", body(*both), seconds=1.0)
    bad = plain[:-1] + b"\xff"
    yield Variant("corrupt", body(data(at("team.one"), bad), data(at("secret.plans"), bad)))
    both = data(at("team.one"), b""), data(at("secret.plans"), b"")
    yield Variant("no-batch", body(*both))
    several = data(at("team.one"), plain + plain), data(at("secret.plans"), plain + plain)
    yield Variant("two-batches", body(*several))
    of_transaction = record_batch(b"case", producer=(4_000_000, 0, 0), transactional=True)
    for word, identity in (
        ("allowed", "team.transaction"),
        ("denied", "secret.transaction"),
        ("no", None),
    ):
        mixed = [data(at(name), of_transaction) for name in ("team.one", "secret.plans")]
        yield Variant(f"{word}-transaction", body(*mixed, transaction=identity))
        yield Variant(
            f"{word}-transaction-plain", body(data(at("team.one"), plain), transaction=identity)
        )
    of_producer = record_batch(b"case", producer=(4_000_000, 0, 5))
    yield Variant("idempotent", body(data(at("team.one"), of_producer)))


def fetch(c: Context) -> Iterator[Variant]:
    """Outside of sessions: all kinds of topics, offsets, levels of isolation."""
    by_id = c.has("topics.topicId")

    def wanted(topic: Any, *indexes: int, **more: int) -> dict:
        partitions = [
            {"partition": index, "fetchOffset": 0, "partitionMaxBytes": MAX_BYTES} | more
            for index in indexes or (0,)
        ]
        return {("topicId" if by_id else "topic"): topic, "partitions": partitions}

    def body(*topics: dict, **more: Any) -> dict:
        head = {"maxWaitMs": 0, "minBytes": 0, "maxBytes": MAX_BYTES * 16}
        if c.has("sessionEpoch"):
            head |= {"sessionId": 0, "sessionEpoch": -1}
        return head | {"topics": list(topics)} | more

    def at(name: str) -> Any:
        return TopicId(name) if by_id else name

    for label, topics in _mixes(c, "topics.topicId"):
        yield Variant(label, body(*[wanted(each) for each in topics]))
    pair = ("team.one", "secret.plans")
    for label, offset in (("past-the-end", 1_000_000), ("negative", -1), ("at-1", 1)):
        yield Variant(label, body(*[wanted(at(n), fetchOffset=offset) for n in pair]))
    yield Variant("no-such-partition", body(*[wanted(at(n), 0, 9) for n in pair]))
    yield Variant("committed", body(*[wanted(at(n)) for n in pair], isolationLevel=1))
    small = body(*[wanted(at(n), partitionMaxBytes=1) for n in pair], maxBytes=1)
    yield Variant("few-bytes", small)
    if c.has("topics.partitions.currentLeaderEpoch"):
        for label, epoch in (("old-epoch", 0), ("new-epoch", 99)):
            yield Variant(label, body(*[wanted(at(n), currentLeaderEpoch=epoch) for n in pair]))
    if c.has("sessionId"):
        yield Variant("no-such-session", body(sessionId=987_654, sessionEpoch=3))
        yield Variant("closing", body(*[wanted(at(n)) for n in pair], sessionId=987_654))
    if c.has("replicaId"):
        yield Variant("follower", body(*[wanted(at(n)) for n in pair], replicaId=7))
    else:
        replica = {"replicaId": 7, "replicaEpoch": 1}
        yield Variant("follower", body(*[wanted(at(n)) for n in pair], replicaState=replica))


def list_offsets(c: Context) -> Iterator[Variant]:
    """The first, the next, by time, and kinds that only later versions know."""

    def body(names: list[str], timestamp: int, *indexes: int, **more: int) -> dict:
        partitions = [{"partitionIndex": i, "timestamp": timestamp} for i in indexes or (0,)]
        topics = [{"name": name, "partitions": partitions} for name in names]
        return {"replicaId": -1, "topics": topics} | more

    for label, names in mixes.topics():
        yield Variant(label, body(names, LATEST))
    pair = ["team.one", "secret.plans"]
    special = {
        "earliest": EARLIEST,
        "by-time": 1_600_000_000_000,
        "after-the-end": 1_900_000_000_000,
        "max-timestamp": MAX_TIMESTAMP,
        "earliest-local": EARLIEST_LOCAL,
        "tiered": TIERED,
        "pending": PENDING,
    }
    for label, timestamp in special.items():
        yield Variant(label, body(pair, timestamp))
    yield Variant("no-such-partition", body(pair, LATEST, 0, 9))
    yield Variant("twice-the-partition", body(pair, LATEST, 0, 0))
    if c.has("isolationLevel"):
        yield Variant("committed", body(pair, LATEST, isolationLevel=1))
    yield Variant("follower", body(pair, LATEST, replicaId=7))


def offset_for_leader_epoch(c: Context) -> Iterator[Variant]:
    """Of epochs that were, are, and are to come."""

    def body(names: list[str], epoch: int, *indexes: int, **more: int) -> dict:
        partitions = [{"partition": index, "leaderEpoch": epoch} for index in indexes or (0,)]
        replica = {"replicaId": -1} if c.has("replicaId") else {}
        topics = [{"topic": name, "partitions": partitions} for name in names]
        return replica | {"topics": topics} | more

    for label, names in mixes.topics():
        yield Variant(label, body(names, 0))
    pair = ["team.one", "secret.plans"]
    yield Variant("to-come", body(pair, 9))
    yield Variant("no-such-partition", body(pair, 0, 0, 9))
    if c.has("replicaId"):
        yield Variant("follower", body(pair, 0, replicaId=7))


def delete_records(c: Context) -> Iterator[Variant]:
    """Up to an offset, in all kinds of topics."""

    def body(names: list[str], offset: int, *indexes: int) -> dict:
        partitions = [{"partitionIndex": i, "offset": offset} for i in indexes or (0,)]
        topics = [{"name": name, "partitions": partitions} for name in names]
        return {"topics": topics, "timeoutMs": TIMEOUT_MS}

    for label, names in mixes.topics():
        yield Variant(label, body(names, 0))
    mine, hidden = c.topic("team."), c.topic("secret.")
    yield Variant("all-there-is", body([mine, hidden], -1))
    yield Variant("past-the-end", body([mine, hidden], 5))
    yield Variant("no-such-partition", body([mine, hidden], 0, 0, 9))


CASES: dict[str, Generator] = {
    "Fetch": fetch,
    "ListOffsets": list_offsets,
    "OffsetForLeaderEpoch": offset_for_leader_epoch,
    "DeleteRecords": delete_records,
    "Produce": produce,
}
