"""Transactions of both generations, from beginning to end."""

from typing import Any

from tests.equivalence.access import ADMIN, ALICE, BOB
from tests.equivalence.case import TopicId
from tests.equivalence.schema import Body, binary
from tests.equivalence.script import Answers, Script, Steps
from tests.support.batches import record_batch

MAX_BYTES = 1_048_576
WHO = ((ADMIN, "team."), (ALICE, "team."), (ALICE, "other."), (BOB, "team."))
"""Who tries, with a transactional id of which kind of name."""


def _producer(a: Answers) -> tuple[int, int]:
    made = a["init"]
    return (made["producerId"], made["producerEpoch"]) if made["errorCode"] == 0 else (4_000_000, 0)


def _with_producer(a: Answers, **more: Any) -> Body:
    identity, epoch = _producer(a)
    return {"producerId": identity, "producerEpoch": epoch} | more


def _begin(s: Steps, who: str, transaction: str, version: int) -> None:
    body = {"transactionalId": transaction, "transactionTimeoutMs": 60_000}
    s.settle(who, "InitProducerId", version, body, lambda a: a["errorCode"] not in (14, 15, 51))
    s.step("init", who, "InitProducerId", version, body)


def _data(a: Answers, topics: list[Any], sequence: int, version: int) -> Body:
    identity, epoch = _producer(a)
    batch = record_batch(b"tx", producer=(identity, epoch, sequence), transactional=True)
    key = "topicId" if version >= 13 else "name"
    data = [{"index": 0, "records": binary(batch)}]
    listed = [{key: topic, "partitionData": data} for topic in topics]
    return {"acks": -1, "timeoutMs": 10_000, "topicData": listed}


def _offsets(a: Answers, transaction: str, group: str) -> Body:
    part = [{"partitionIndex": 0, "committedOffset": 7, "committedMetadata": ""}]
    topics = [{"name": name, "partitions": part} for name in ("team.one", "secret.plans")]
    named = {"transactionalId": transaction, "groupId": group, "topics": topics}
    return _with_producer(a, **named)


def _read(s: Steps, who: str, topic: str, label: str) -> None:
    part = {"partition": 0, "fetchOffset": 0, "partitionMaxBytes": MAX_BYTES}
    body = {
        "maxWaitMs": 0,
        "minBytes": 0,
        "maxBytes": MAX_BYTES,
        "isolationLevel": 1,
        "topics": [{"topic": topic, "partitions": [part]}],
    }
    s.step(label, who, "Fetch", 12, body)


def _fresh(s: Steps, who: str) -> str:
    """A topic of the part's own, which the team may use."""
    topic = s.name("team.")
    wanted = {"name": topic, "numPartitions": 1, "replicationFactor": 1}
    for side in s.pair.sides:
        answer = side.direct("CreateTopics", 7, {"topics": [wanted], "timeoutMs": 10_000})
        side.learn_ids(answer["topics"])
    ends = [{"partitionIndex": 0, "timestamp": -1}]
    named = {"replicaId": -1, "topics": [{"name": topic, "partitions": ends}]}
    s.settle(
        who,
        "ListOffsets",
        8,
        named,
        lambda a: a["topics"][0]["partitions"][0]["errorCode"] in (0, 29),
    )
    return topic


def first_generation(s: Steps) -> None:
    """Partitions and offsets are added before they are written; all partitions or none."""
    for who, prefix in WHO:
        for committed in (True, False):
            s.part(prefix.rstrip("."), who, "commit" if committed else "abort")
            topic, transaction = _fresh(s, who), s.name(prefix)
            _begin(s, who, transaction, 4)

            def add(a: Answers, names: list[str], transaction: str = transaction) -> Body:
                identity, epoch = _producer(a)
                return {
                    "v3AndBelowTransactionalId": transaction,
                    "v3AndBelowProducerId": identity,
                    "v3AndBelowProducerEpoch": epoch,
                    "v3AndBelowTopics": [{"name": n, "partitions": [0]} for n in names],
                }

            both = [topic, "secret.plans"]
            s.step("add-both", who, "AddPartitionsToTxn", 3, lambda a, add=add, n=both: add(a, n))
            mine = [topic]
            s.settle(
                who,
                "AddPartitionsToTxn",
                3,
                lambda a, add=add, n=mine: add(a, n),
                lambda answer: _code(answer) != 51,
            )
            s.step("add", who, "AddPartitionsToTxn", 3, lambda a, add=add, n=mine: add(a, n))
            said = {"transactionalId": transaction}
            s.step(
                "produce",
                who,
                "Produce",
                9,
                lambda a, n=mine, said=said: _data(a, n, 0, 9) | said,
            )
            s.step(
                "produce-more",
                who,
                "Produce",
                9,
                lambda a, n=both, said=said: _data(a, n, 1, 9) | said,
            )
            group = s.name("team.group-")
            of_group = said | {"groupId": group}
            s.step(
                "add-offsets",
                who,
                "AddOffsetsToTxn",
                3,
                lambda a, of_group=of_group: _with_producer(a, **of_group),
            )
            s.step(
                "offsets",
                who,
                "TxnOffsetCommit",
                3,
                lambda a, t=transaction, g=group: _offsets(a, t, g),
            )
            _read(s, who, topic, "before")
            s.step("describe", who, "DescribeTransactions", 0, {"transactionalIds": [transaction]})
            _end(s, who, transaction, 3, committed)
            _read(s, who, topic, "after")


def _code(answer: Body) -> int:
    listed = answer["resultsByTopicV3AndBelow"]
    return listed[0]["resultsByPartition"][0]["partitionErrorCode"] if listed else 0


def _end(s: Steps, who: str, transaction: str, version: int, committed: bool) -> None:
    s.step(
        "end",
        who,
        "EndTxn",
        version,
        lambda a: _with_producer(a, transactionalId=transaction, committed=committed),
    )
    s.settle(
        who,
        "DescribeTransactions",
        0,
        {"transactionalIds": [transaction]},
        lambda a: not a["transactionStates"][0]["transactionState"].startswith("Prepare"),
    )
    s.step("ended", who, "DescribeTransactions", 0, {"transactionalIds": [transaction]})


def second_generation(s: Steps) -> None:
    """KIP-890: writing adds the partition, committing an offset adds the group."""
    for who, prefix in WHO:
        for version, committed in ((12, True), (13, True), (12, False)):
            s.part(prefix.rstrip("."), who, version, "commit" if committed else "abort")
            topic, transaction = _fresh(s, who), s.name(prefix)
            _begin(s, who, transaction, 5)
            names = [topic, "secret.plans"]
            topics = [TopicId(name) for name in names] if version >= 13 else names
            said = {"transactionalId": transaction}
            for label, chosen, sequence in (("produce", topics[:1], 0), ("both", topics, 1)):
                s.step(
                    label,
                    who,
                    "Produce",
                    version,
                    lambda a, c=chosen, q=sequence, said=said, v=version: _data(a, c, q, v) | said,
                )
            s.step(
                "other-transaction",
                who,
                "Produce",
                version,
                lambda a, c=topics[:1], v=version: (
                    _data(a, c, 2, v) | {"transactionalId": "secret.transaction"}
                ),
            )
            group = s.name("team.group-")
            s.step(
                "offsets",
                who,
                "TxnOffsetCommit",
                5,
                lambda a, t=transaction, g=group: _offsets(a, t, g),
            )
            _read(s, who, topic, "before")
            s.step("describe", who, "DescribeTransactions", 0, {"transactionalIds": [transaction]})
            s.step("list", who, "ListTransactions", 1, {"stateFilters": ["Ongoing"]})
            _end(s, who, transaction, 5, committed)
            _read(s, who, topic, "after")


SCRIPTS: tuple[Script, ...] = (first_generation, second_generation)
