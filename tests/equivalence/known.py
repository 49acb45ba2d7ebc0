"""The reviewed table of differences between Kafka and the gateway that stay, with their reasons."""

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from ruamel.yaml import YAML

TABLE = Path(__file__).parent / "known_differences.yaml"
# -1 is a failure of Kafka's, not a refusal.
_ALLOWS_MORE = re.compile(r"[eE]rrorCode: kafka [1-9]\d*, gateway 0$")
SHARE_MAX = 0.03
"""How much of all cases may differ for a known reason."""


@dataclass(frozen=True)
class Row:
    """One reason. `cases` are patterns of case names; `only` must be in each differing line."""

    id: str
    cases: tuple[str, ...]
    kafka: str
    gateway: str
    reason: str
    only: tuple[str, ...] = ()

    def covers(self, case: str, lines: list[str]) -> bool:
        """Whether this is why a case differs in these lines.

        No reason is good enough to allow what Kafka refuses.
        """
        if any(_ALLOWS_MORE.search(line) for line in lines):
            return False
        if not any(fnmatchcase(case, pattern) for pattern in self.cases):
            return False
        return not self.only or all(any(word in line for word in self.only) for line in lines)


@dataclass
class Known:
    """The table, and which of its rows were needed."""

    rows: tuple[Row, ...]
    used: set[str] = field(default_factory=set)

    def row_of(self, case: str, lines: list[str]) -> Row | None:
        """The first row that covers a difference."""
        for row in self.rows:
            if row.covers(case, lines):
                self.used.add(row.id)
                return row
        return None

    def stale(self) -> list[str]:
        """Rows that no difference fell under."""
        return [row.id for row in self.rows if row.id not in self.used]


def load() -> Known:
    """Read the table."""
    rows = YAML(typ="safe").load(TABLE.read_text()) or []
    return Known(
        tuple(
            Row(**(row | {"cases": tuple(row["cases"]), "only": tuple(row.get("only", ()))}))
            for row in rows
        )
    )
