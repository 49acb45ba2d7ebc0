"""What a detector is, and what it may know besides the log."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

from pydantic import BaseModel, ConfigDict

from streamward.model.alert import Severity
from streamward.model.event import Entry

LEVEL_WORST: Final = 3
"""Restricted: what nobody has declared is treated as the worst."""


class DetectorSettings(BaseModel):
    """Base of what a detector can be told: no setting that it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Context:
    """What the bundle says about streams: levels are 0 public to 3 restricted."""

    class_levels: Mapping[str, int] = field(default_factory=dict)
    stream_names: frozenset[str] = frozenset()
    stream_prefixes: tuple[str, ...] = ()

    def level(self, stream: str, classes: tuple[str, ...]) -> int:
        """The stream's level, as the policy sees it."""
        if classes:
            return max(self.class_levels.get(name, LEVEL_WORST) for name in classes)
        declared = stream in self.stream_names or stream.startswith(self.stream_prefixes)
        return 0 if declared else LEVEL_WORST


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a detector found; the engine makes it an alert, unless the entity is in a quiet period.

    `entries` are indexes of the log; the last one triggered the finding.
    """

    entity_type: str
    entity_name: str
    title: str
    entries: tuple[int, ...]


class Detector(Protocol):
    """Folds over the log and finds what looks wrong.

    It sees entries in order, asks no clock (the time is the event's), and keeps bounded state that
    it can save as JSON: that is why a replay finds what the live run found. `quiet` is how many
    milliseconds an entity raises no further alert, unless the bundle says otherwise.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity]
    techniques: ClassVar[tuple[str, ...]]
    quiet: ClassVar[int]
    entity_types: ClassVar[frozenset[str]]
    Settings: ClassVar[type[DetectorSettings]]

    def __init__(self, settings: Any) -> None: ...

    def observe(self, entry: Entry, context: Context) -> Iterator[Suspicion]:
        """Look at one entry."""
        ...

    def save(self) -> dict[str, Any]:
        """The state as JSON objects."""
        ...

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up saved state. Raises ValueError, KeyError or TypeError where it has no meaning."""
        ...
