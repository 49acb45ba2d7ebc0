"""Transactions of both generations, and producers' ids."""

from collections.abc import Iterator

from tests.equivalence.case import Context, Generator, Variant
from tests.equivalence.cases import mixes

IDS = {
    "allowed": "team.transaction",
    "described-only": "other.transaction",
    "denied": "secret.transaction",
    "no-name": "",
}
MISTAKEN = {"producerId": 4_000_000, "producerEpoch": 0}
"""A producer that nobody is."""


def init_producer_id(c: Context) -> Iterator[Variant]:
    """With a transactional id and without; anew, and going on."""
    if c.version == 6:
        return  # not served: the version is not stable
    for label, identity in (IDS | {"none": None}).items():
        if label == "allowed":
            identity = c.name("team.")
        body = {"transactionalId": identity, "transactionTimeoutMs": 60_000}
        yield Variant(label, body)
        if c.has("producerId"):
            yield Variant(f"{label}-going-on", body | MISTAKEN)
        yield Variant(f"{label}-long", body | {"transactionTimeoutMs": 100_000_000})
        yield Variant(f"{label}-no-time", body | {"transactionTimeoutMs": 0})


def add_partitions_to_txn(c: Context) -> Iterator[Variant]:
    """A client's up to version 3; from 4 on a broker's, of which few are sent."""
    if c.has("transactions"):
        for mix in ("allowed", "denied"):
            topics = [{"name": name, "partitions": [0]} for name in mixes.TOPIC_MIXES[mix]]
            one = {"transactionalId": IDS["allowed"], "topics": topics} | MISTAKEN
            yield Variant(mix, {"transactions": [one]})
            yield Variant(f"{mix}-verify", {"transactions": [one | {"verifyOnly": True}]})
        # To a broker Kafka doesn't answer.
        yield Variant("empty", {"transactions": []}, seconds=1.0)
        return
    for label, identity in IDS.items():
        for mix, names in mixes.topics():
            body = {
                "v3AndBelowTransactionalId": identity,
                "v3AndBelowProducerId": MISTAKEN["producerId"],
                "v3AndBelowProducerEpoch": 0,
                "v3AndBelowTopics": [{"name": name, "partitions": [0]} for name in names],
            }
            yield Variant(f"{label}-{mix}", body)


def add_offsets_to_txn(c: Context) -> Iterator[Variant]:
    """Of a producer that nobody is, in groups of all kinds."""
    for label, identity in IDS.items():
        for group in ("team.group", "open.group", "secret.group", ""):
            body = {"transactionalId": identity, "groupId": group} | MISTAKEN
            yield Variant(f"{label}-in-{group}", body)


def end_txn(c: Context) -> Iterator[Variant]:
    """Of a producer that nobody is."""
    for label, identity in IDS.items():
        for word, committed in (("commit", True), ("abort", False)):
            body = {"transactionalId": identity, "committed": committed} | MISTAKEN
            yield Variant(f"{label}-{word}", body)


def txn_offset_commit(c: Context) -> Iterator[Variant]:
    """Of a producer that nobody is, in groups and topics of all kinds."""

    def body(identity: str, group: str, names: list[str]) -> dict:
        part = [{"partitionIndex": 0, "committedOffset": 1, "committedMetadata": None}]
        topics = [{"name": name, "partitions": part} for name in names]
        return {"transactionalId": identity, "groupId": group, "topics": topics} | MISTAKEN

    for label, identity in IDS.items():
        for group in ("team.group", "open.group", "secret.group"):
            names = mixes.TOPIC_MIXES["partly"]
            yield Variant(f"{label}-in-{group}", body(identity, group, names))
            yield Variant(f"{label}-in-{group}-no-topics", body(identity, group, []))
    for label, names in mixes.topics():
        yield Variant(label, body("team.transaction", "team.group", names))


def describe_transactions(c: Context) -> Iterator[Variant]:
    """Those that are and those that aren't."""
    for label, identity in IDS.items():
        yield Variant(label, {"transactionalIds": [identity]})
    yield Variant("all", {"transactionalIds": list(IDS.values())})
    twice = ["team.transaction", "team.transaction", "secret.transaction", "secret.transaction"]
    yield Variant("twice", {"transactionalIds": twice})
    yield Variant("unknown", {"transactionalIds": ["team.absent", "secret.absent", "absent"]})
    yield Variant("empty", {"transactionalIds": []})


def list_transactions(c: Context) -> Iterator[Variant]:
    """All, and by state, producer, duration and pattern."""
    yield Variant("all", {})
    for states in (["Empty"], ["Ongoing", "CompleteCommit"], ["NoSuchState"]):
        yield Variant(f"states-{'-'.join(states)}", {"stateFilters": states})
    yield Variant("producers", {"producerIdFilters": [4_000_000, 1]})
    if c.has("durationFilter"):
        yield Variant("long", {"durationFilter": 1_000_000_000})
    if c.has("transactionalIdPattern"):
        for label, pattern in {"mine": "team.*", "hidden": "secret.*", "broken": "("}.items():
            yield Variant(f"pattern-{label}", {"transactionalIdPattern": pattern})


def write_txn_markers(c: Context) -> Iterator[Variant]:
    """What a coordinator tells a broker."""
    for label, names in mixes.topics("allowed", "denied", "unknown", "empty"):
        topics = [{"name": name, "partitionIndexes": [0]} for name in names]
        marker = {"transactionResult": False, "topics": topics, "coordinatorEpoch": 0} | MISTAKEN
        yield Variant(label, {"markers": [marker]})
    yield Variant("none", {"markers": []})


CASES: dict[str, Generator] = {
    "InitProducerId": init_producer_id,
    "AddPartitionsToTxn": add_partitions_to_txn,
    "AddOffsetsToTxn": add_offsets_to_txn,
    "TxnOffsetCommit": txn_offset_commit,
    "EndTxn": end_txn,
    "DescribeTransactions": describe_transactions,
    "ListTransactions": list_transactions,
    "WriteTxnMarkers": write_txn_markers,
}
