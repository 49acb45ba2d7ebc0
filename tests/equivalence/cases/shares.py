"""Share groups (KIP-932)."""

from collections.abc import Iterator
from typing import Any

from tests.equivalence.case import Context, Generator, TopicId, Variant
from tests.equivalence.cases import mixes
from tests.equivalence.cases.groups import NAMES, PREFIXES

MEMBER = "AAAAAAAAAAAAAAAAAAAAAQ"
MAX_BYTES = 1_048_576


def share_group_heartbeat(c: Context) -> Iterator[Variant]:
    """Joining with topics of all kinds, in groups of all kinds."""

    def body(group: str, names: list[str] | None, epoch: int = 0) -> dict:
        subscribed = {"subscribedTopicNames": names}
        return {"groupId": group, "memberId": MEMBER, "memberEpoch": epoch} | subscribed

    for label, names in mixes.topics():
        yield Variant(label, body(c.name("team.", label), names))
    for label, prefix in PREFIXES.items():
        yield Variant(f"group-{label}", body(c.name(prefix, "group"), ["team.one"]))
    for label, group in NAMES.items():
        yield Variant(f"group-{label}-denied-topic", body(group, ["secret.plans"]))
        yield Variant(f"group-{label}-stranger", body(group, None, 7))
        yield Variant(f"group-{label}-leaving", body(group, None, -1))


def share_group_describe(c: Context) -> Iterator[Variant]:
    """All mixes, with the bits of what is authorized."""
    for label, names in mixes.groups():
        yield Variant(label, {"groupIds": names})
        asked = {"groupIds": names, "includeAuthorizedOperations": True}
        yield Variant(f"operations-{label}", asked)
    yield Variant("shares", {"groupIds": ["team.share", "secret.share"]})


def share_fetch(c: Context) -> Iterator[Variant]:
    """Opening a session with topics of all kinds; sessions that aren't."""

    def body(group: str | None, ids: list[Any], epoch: int = 0, **more: Any) -> dict:
        partitions = [{"partitionIndex": 0, "acknowledgementBatches": []}]
        topics = [{"topicId": each, "partitions": partitions} for each in ids]
        # Partitions get ready in the background: what isn't by then is left out of an answer.
        sizes = {"maxWaitMs": 500, "minBytes": 1, "maxBytes": MAX_BYTES}
        counts = {"maxRecords": 10, "batchSize": 10}
        session = {"groupId": group, "memberId": MEMBER, "shareSessionEpoch": epoch}
        return session | sizes | counts | {"topics": topics} | more

    partly = [TopicId("team.one"), TopicId("secret.plans")]
    for label, ids in mixes.ids():
        if not label.endswith("twice"):
            yield Variant(label, body(c.name("team.", label), ids))
    for label, prefix in PREFIXES.items():
        yield Variant(f"group-{label}", body(c.name(prefix, "group"), partly))
    for label, group in NAMES.items():
        yield Variant(f"group-{label}-no-session", body(group, partly, 5))
        yield Variant(f"group-{label}-closing", body(group, [], -1))
    yield Variant("no-group", body(None, partly))
    yield Variant("no-member", body("team.group", partly, memberId=None))
    yield Variant("bad-member", body("team.group", partly, memberId="stranger"))


def share_acknowledge(c: Context) -> Iterator[Variant]:
    """In sessions that aren't."""

    def body(group: str | None, ids: list[Any], epoch: int, **more: Any) -> dict:
        batch = {"firstOffset": 0, "lastOffset": 0, "acknowledgeTypes": [1]}
        parts = [{"partitionIndex": 0, "acknowledgementBatches": [batch]}]
        topics = [{"topicId": each, "partitions": parts} for each in ids]
        session = {"groupId": group, "memberId": MEMBER, "shareSessionEpoch": epoch}
        return session | {"topics": topics} | more

    for label, ids in mixes.ids():
        yield Variant(label, body("team.group", ids, 3))
    partly = [TopicId("team.one"), TopicId("secret.plans")]
    for label, group in NAMES.items():
        for epoch in (0, 3, -1):
            yield Variant(f"group-{label}-epoch-{epoch}", body(group, partly, epoch))
    yield Variant("no-group", body(None, partly, 3))
    yield Variant("no-member", body("team.group", partly, 3, memberId=None))


def describe_share_group_offsets(c: Context) -> Iterator[Variant]:
    """Of groups and topics of all kinds; of all topics."""

    def of(group: str, names: list[str] | None) -> dict:
        listed = [{"topicName": name, "partitions": [0]} for name in names or ()]
        return {"groupId": group, "topics": None if names is None else listed}

    for label, names in mixes.topics():
        yield Variant(label, {"groups": [of("team.share", names)]})
    partly = mixes.TOPIC_MIXES["partly"]
    for label, group in (NAMES | {"share": "team.share", "hidden": "secret.share"}).items():
        yield Variant(f"group-{label}", {"groups": [of(group, partly)]})
        yield Variant(f"group-{label}-all-topics", {"groups": [of(group, None)]})
        yield Variant(f"group-{label}-no-topics", {"groups": [of(group, [])]})
    several = [of(group, partly) for group in ("team.share", "secret.share", "team.absent")]
    yield Variant("several", {"groups": several})
    yield Variant("no-groups", {"groups": []})


def alter_share_group_offsets(c: Context) -> Iterator[Variant]:
    """Of groups and topics of all kinds."""

    def body(group: str, names: list[str]) -> dict:
        parts = [{"partitionIndex": 0, "startOffset": 1}]
        return {"groupId": group, "topics": [{"topicName": n, "partitions": parts} for n in names]}

    for label, names in mixes.topics():
        yield Variant(label, body("team.share", names))
    for label, group in (NAMES | {"hidden": "secret.share"}).items():
        yield Variant(f"group-{label}", body(group, mixes.TOPIC_MIXES["partly"]))
        yield Variant(f"group-{label}-no-topics", body(group, []))


def delete_share_group_offsets(c: Context) -> Iterator[Variant]:
    """Of groups and topics of all kinds."""

    def body(group: str, names: list[str]) -> dict:
        return {"groupId": group, "topics": [{"topicName": name} for name in names]}

    for label, names in mixes.topics():
        yield Variant(label, body("team.share", names))
    for label, group in (NAMES | {"hidden": "secret.share"}).items():
        yield Variant(f"group-{label}", body(group, mixes.TOPIC_MIXES["partly"]))
        yield Variant(f"group-{label}-no-topics", body(group, []))


CASES: dict[str, Generator] = {
    "ShareGroupHeartbeat": share_group_heartbeat,
    "ShareGroupDescribe": share_group_describe,
    "ShareFetch": share_fetch,
    "ShareAcknowledge": share_acknowledge,
    "DescribeShareGroupOffsets": describe_share_group_offsets,
    "AlterShareGroupOffsets": alter_share_group_offsets,
    "DeleteShareGroupOffsets": delete_share_group_offsets,
}
