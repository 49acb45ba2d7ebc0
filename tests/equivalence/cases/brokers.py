"""What brokers tell each other on the listener that clients use."""

from collections.abc import Iterator
from typing import Any

from tests.equivalence.case import UNKNOWN_ID, Context, Generator, TopicId, Variant


def _share_state(c: Context, **partition: Any) -> Iterator[Variant]:
    for label, topic in {
        "allowed": TopicId("team.one"),
        "denied": TopicId("secret.plans"),
        "unknown": UNKNOWN_ID,
    }.items():
        topics = [{"topicId": topic, "partitions": [{"partition": 0} | partition]}]
        yield Variant(label, {"groupId": c.name("team."), "topics": topics})
    yield Variant("empty", {"groupId": c.name("team."), "topics": []})


def initialize(c: Context) -> Iterator[Variant]:
    """The state of a share group's partition."""
    yield from _share_state(c, stateEpoch=1, startOffset=0)


def read(c: Context) -> Iterator[Variant]:
    """The state of a share group's partition."""
    yield from _share_state(c, leaderEpoch=0)


def write(c: Context) -> Iterator[Variant]:
    """The state of a share group's partition."""
    yield from _share_state(c, stateEpoch=1, leaderEpoch=0, startOffset=0)


def delete(c: Context) -> Iterator[Variant]:
    """The state of a share group's partition."""
    yield from _share_state(c)


CASES: dict[str, Generator] = {
    "InitializeShareGroupState": initialize,
    "ReadShareGroupState": read,
    "ReadShareGroupStateSummary": read,
    "WriteShareGroupState": write,
    "DeleteShareGroupState": delete,
}
