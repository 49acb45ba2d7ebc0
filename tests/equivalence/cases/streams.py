"""Streams groups (KIP-1071)."""

from collections.abc import Iterator
from typing import Any

from tests.equivalence.case import Context, Generator, Variant
from tests.equivalence.cases import mixes
from tests.equivalence.cases.groups import NAMES, PREFIXES

MEMBER = "AAAAAAAAAAAAAAAAAAAAAQ"


def joining(group: str, sources: list[str], **more: Any) -> dict:
    """A first heartbeat of an application that reads these topics."""
    sub = {"subtopologyId": "0", "sourceTopics": sources} | more
    nothing: dict[str, list] = {"activeTasks": [], "standbyTasks": [], "warmupTasks": []}
    return {
        "groupId": group,
        "memberId": MEMBER,
        "memberEpoch": 0,
        "rebalanceTimeoutMs": 6000,
        "processId": MEMBER,
        "clientTags": [],
        "topology": {"epoch": 0, "subtopologies": [sub]},
    } | nothing


def internal(name: str) -> dict:
    """A topic that the application wants for itself."""
    return {"name": name, "partitions": 1, "replicationFactor": 1, "topicConfigs": []}


def streams_group_heartbeat(c: Context) -> Iterator[Variant]:
    """Joining with topics of all kinds; with topics to be made; of strangers."""
    for label, names in mixes.topics():
        yield Variant(label, joining(c.name("team.", label), names))
    for label, prefix in PREFIXES.items():
        group = c.name(prefix, "group")
        yield Variant(f"group-{label}", joining(group, ["team.one"]))
    for label, group in NAMES.items():
        stranger = {"groupId": group, "memberId": "stranger", "memberEpoch": 7}
        yield Variant(f"group-{label}-stranger", stranger)
        yield Variant(f"group-{label}-leaving", stranger | {"memberEpoch": -1})
    for label, prefix in (("mine", "team."), ("denied", "secret."), ("internal", "__")):
        group = c.name("team.", f"changelog-{label}")
        topic = internal(f"{c.name(prefix, 'store')}-changelog")
        changelog = joining(group, ["team.one"], stateChangelogTopics=[topic])
        yield Variant(f"changelog-{label}", changelog)
        group = c.name("team.", f"repartition-{label}")
        topic = internal(f"{c.name(prefix, 'again')}-repartition")
        again = joining(group, ["team.one"], repartitionSourceTopics=[topic])
        yield Variant(f"repartition-{label}", again)
        group = c.name("team.", f"sink-{label}")
        sink = joining(group, ["team.one"], repartitionSinkTopics=[topic["name"]])
        yield Variant(f"sink-{label}", sink)
    pattern = joining(c.name("team.", "regex"), [], sourceTopicRegex=["secret.*"])
    yield Variant("regex", pattern)


def streams_group_describe(c: Context) -> Iterator[Variant]:
    """All mixes, with the bits of what is authorized."""
    for label, names in mixes.groups():
        yield Variant(label, {"groupIds": names})
        asked = {"groupIds": names, "includeAuthorizedOperations": True}
        yield Variant(f"operations-{label}", asked)
    yield Variant("streams", {"groupIds": ["team.streams", "secret.streams"]})


CASES: dict[str, Generator] = {
    "StreamsGroupHeartbeat": streams_group_heartbeat,
    "StreamsGroupDescribe": streams_group_describe,
}
