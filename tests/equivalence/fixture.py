"""What both clusters hold before the first case."""

from dataclasses import dataclass

TOPICS = {
    "open.events": 2,
    "open.read": 1,
    "open.write": 1,
    "open.seen": 1,
    "open.settings": 1,
    "team.one": 1,
    "team.two": 2,
    "team.mute": 1,
    "team.locked": 1,
    "secret.ledger": 1,
    "secret.plans": 1,
}
"""Topics and their partitions; each partition holds records with the topic's marker."""

ABSENT_ALLOWED, ABSENT_DENIED = "team.absent", "absent.topic"
"""Names of no topic: one that `alice` may use, one that she may not."""

GROUPS = ("team.group", "open.group", "team.locked-group", "secret.group")
"""Classic groups without members, with offsets committed for every topic's partition 0."""

RECORDS = 3
"""How many records each partition holds."""


@dataclass(frozen=True)
class Fresh:
    """A topic that only one case uses."""

    name: str
    partitions: int = 1


def marker(topic: str) -> bytes:
    """What stands in every record of a topic and nowhere else."""
    return f"<<{topic} holds this>>".encode()
