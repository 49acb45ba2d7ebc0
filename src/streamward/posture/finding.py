"""One thing that is configured wrongly, where, and what to change."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is. A warning alone fails a check only where warnings count."""

    CRITICAL = "critical"
    HIGH = "high"
    WARNING = "warning"

    @property
    def is_error(self) -> bool:
        """Whether it fails a check by itself."""
        return self is not Severity.WARNING


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a cluster, in words for whoever runs its brokers."""

    severity: Severity
    cluster: str
    where: str
    what: str
    change: str
