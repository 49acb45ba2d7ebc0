"""The watch over every frame that the gateway sends: what must never be in one."""

from dataclasses import dataclass, field

from tests.equivalence.access import Kind, Operation, may
from tests.equivalence.fixture import GROUPS, TOPICS, marker


@dataclass
class Watch:
    """Looks at raw frames, not at what a decoder made of them."""

    upstream: tuple[bytes, ...]
    frames: int = 0
    found: list[str] = field(default_factory=list)

    def look(self, case: str, principal: str, request: bytes, frame: bytes, kafka: bytes) -> None:
        """Note what of this frame the caller must not see.

        A name that the caller said itself, or that Kafka tells it as well, is no disclosure;
        an address or the content of a record always is.
        """
        self.frames += 1
        for secret in self.upstream:
            if secret in frame:
                self.found.append(f"{case}: the broker's address {secret!r}")
        for topic in TOPICS:
            if marker(topic) in frame and not may(principal, Operation.READ, Kind.TOPIC, topic):
                self.found.append(f"{case}: a record of `{topic}`")
        for name in _hidden(principal):
            if name.encode() in frame and not (name.encode() in request or name.encode() in kafka):
                self.found.append(f"{case}: the name `{name}`")


_HIDDEN: dict[str, tuple[str, ...]] = {}


def _hidden(principal: str) -> tuple[str, ...]:
    """Names that the principal may not see."""
    if principal not in _HIDDEN:
        named = [(Kind.TOPIC, name) for name in TOPICS] + [(Kind.GROUP, name) for name in GROUPS]
        _HIDDEN[principal] = tuple(
            name for kind, name in named if not may(principal, Operation.DESCRIBE, kind, name)
        )
    return _HIDDEN[principal]
