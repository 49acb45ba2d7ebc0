"""What looks wrong in the log."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ALERT_ENTRIES_MAX: Final = 64
"""An alert names at most this many entries of the log, the latest ones."""


class Severity(StrEnum):
    """How bad it is, in OCSF's words."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def ocsf(self) -> int:
        """OCSF's `severity_id`: 1 informational to 5 critical."""
        return list(Severity).index(self) + 1


def alert_id(detection: str, entity_type: str, entity_name: str, entry_index: int) -> str:
    """The same finding has the same id, live and replayed, before and after a restart."""
    return _digest(detection, entity_type, entity_name, str(entry_index))


def _digest(*parts: str) -> str:
    # Length-prefixed, so that no two different tuples give one text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return "a-" + hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Alert:
    """One finding of a detection about one entity; `entries` are indexes of the log."""

    detection: str
    title: str
    severity: Severity
    entity_type: str
    entity_name: str
    entries: tuple[int, ...]
    time_milliseconds: int
    techniques: tuple[str, ...] = ()
    place: str = ""
    """Instead of entries, where it was found outside of the log."""

    @property
    def id(self) -> str:
        """A digest of the detection, the entity and the entry that triggered it (the last one)."""
        if not self.entries:
            return _digest(self.detection, self.entity_type, self.entity_name, self.place)
        return alert_id(self.detection, self.entity_type, self.entity_name, self.entries[-1])
