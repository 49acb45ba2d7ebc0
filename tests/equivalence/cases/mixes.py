"""Which resources a request names: lists that most APIs are asked about, each with a label."""

from collections.abc import Iterator
from typing import Any

from tests.equivalence.case import UNKNOWN_ID, TopicId
from tests.equivalence.fixture import ABSENT_ALLOWED, ABSENT_DENIED, GROUPS, TOPICS
from tests.equivalence.schema import ZERO_ID

TOPIC_MIXES = {
    "allowed": ["team.one"],
    "denied": ["secret.ledger"],
    "partly": ["open.read", "secret.plans", "open.write", "team.two"],
    "every": [*TOPICS, ABSENT_ALLOWED, ABSENT_DENIED],
    "described-only": ["open.seen", "open.settings"],
    "denied-in-part": ["team.mute", "team.locked"],
    "unknown": [ABSENT_ALLOWED, ABSENT_DENIED],
    "twice": ["team.one", "team.one", "secret.ledger", "secret.ledger"],
    "internal": ["__consumer_offsets", "__cluster_metadata"],
    "no-name": [""],
    "bad-name": ["team.one/../two", "."],
    "empty": [],
}
"""Topics by name."""

GROUP_MIXES = {
    "allowed": ["team.group"],
    "denied": ["secret.group"],
    "partly": ["open.group", "secret.group", "team.group"],
    "every": [*GROUPS, "team.absent-group", "absent-group"],
    "unknown": ["team.absent-group", "absent-group"],
    "twice": ["team.group", "team.group", "secret.group", "secret.group"],
    "no-name": [""],
    "empty": [],
}
"""Groups."""


def topics(*labels: str) -> Iterator[tuple[str, list[str]]]:
    """Lists of topic names by label: those asked for, or all."""
    for label in labels or TOPIC_MIXES:
        yield label, TOPIC_MIXES[label]


def ids(*labels: str) -> Iterator[tuple[str, list[Any]]]:
    """Lists of topic ids by label; ids that no topic has among them."""
    for label, names in topics(*labels):
        if label not in ("unknown", "no-name", "bad-name", "internal"):
            known = [name for name in names if name in TOPICS]
            yield f"by-id-{label}", [TopicId(name) for name in known]
    yield "by-id-unknown", [UNKNOWN_ID]
    yield "by-id-zero", [ZERO_ID]
    yield "by-id-partly-unknown", [TopicId("team.one"), UNKNOWN_ID, TopicId("secret.plans")]


def groups(*labels: str) -> Iterator[tuple[str, list[str]]]:
    """Lists of group names by label: those asked for, or all."""
    for label in labels or GROUP_MIXES:
        yield label, GROUP_MIXES[label]
