"""What a run found, as lines to read and as a document for programs."""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.equivalence.known import SHARE_MAX, Known

LINES_MAX = 8

_OF_ONE_CASE = re.compile(
    r"(?<=\w)(\[)[^\]]*(?=\])|(?<=[A-Za-z])-\d+-(?:admin|alice|bob|operator)\b"
)
"""Places in arrays, and the version and principal in the name of what belongs to one case."""


@dataclass(frozen=True)
class Difference:
    """A case whose two answers differ, or a place where the clusters do."""

    case: str
    lines: list[str]

    @property
    def about(self) -> str:
        """The API (`DeleteTopics`), or the script."""
        start = self.case.partition("/")[0]
        if self.case.startswith("state/"):
            return self.case.partition("after-")[2]
        return start if start.startswith("script-") else start.rpartition("-")[0]


@dataclass
class Report:
    """Counts, differences, and what the watch saw."""

    cases: int = 0
    identical: int = 0
    differences: list[Difference] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    frames: int = 0
    inexpressible: list[str] = field(default_factory=list)
    """Cases that Kafka's classes can't write in this version: they were not sent."""
    stale: list[str] = field(default_factory=list)
    """Rows of the table of known differences that no case fell under."""
    slow: dict[str, float] = field(default_factory=dict)
    """Cases that took more than a second."""
    seconds: float = 0.0

    def judge(self, case: str, lines: list[str], known: Known) -> None:
        """Count a case with its differences (none: identical)."""
        self.cases += 1
        if not lines:
            self.identical += 1
            return
        row = known.row_of(case, lines)
        if row is None:
            self.differences.append(Difference(case, lines))
        else:
            self.known.setdefault(row.id, []).append(case)

    @property
    def known_count(self) -> int:
        """How many cases differ for a reason that the table gives."""
        return sum(map(len, self.known.values()))

    @property
    def passed(self) -> bool:
        """No difference without a reason, no stale reason, few with one, nothing disclosed."""
        few = self.known_count <= SHARE_MAX * max(self.cases, 1)
        return few and not (self.differences or self.leaks or self.stale)

    def text(self) -> str:
        """The whole report to read: cases that differ in the same way stand together."""
        lines = []
        for differing, cases in alike(self.differences):
            lines.append(f"- {_together(cases)}")
            lines += [f"    {line}" for line in differing[:LINES_MAX]]
            if len(differing) > LINES_MAX:
                lines.append(f"    and {len(differing) - LINES_MAX} more")
        lines += [f"slow: {case} took {seconds:.1f} s" for case, seconds in self.slow.items()]
        lines += [f"not expressible: {case}" for case in self.inexpressible]
        lines += [f"disclosed: {leak}" for leak in self.leaks]
        lines += [f"no longer differs: row `{row}` of the known differences" for row in self.stale]
        return "\n".join([*lines, *self._by_api(), self.summary()])

    def summary(self) -> str:
        """The last line."""
        return (
            f"identical {self.identical} of {self.cases}, {self.known_count} known differences, "
            f"{len(self.differences)} without a reason, {len(self.leaks)} disclosures in "
            f"{self.frames} frames, {len(self.inexpressible)} not expressible, "
            f"{self.seconds:.0f} s"
        )

    def _by_api(self) -> list[str]:
        counts: dict[str, int] = {}
        for each in self.differences:
            counts[each.about] = counts.get(each.about, 0) + 1
        return [f"{count:6} {api}" for api, count in sorted(counts.items(), key=lambda i: -i[1])]

    def write(self, path: Path) -> None:
        """Write the document for programs."""
        path.write_text(json.dumps(asdict(self) | {"passed": self.passed}, indent=1) + "\n")


def alike(differences: list[Difference]) -> list[tuple[list[str], list[str]]]:
    """Cases of one API that differ in the same lines, whatever their places in arrays."""
    groups: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    for each in differences:
        plain = tuple(
            sorted({_OF_ONE_CASE.sub(lambda found: found[1] or "", line) for line in each.lines})
        )
        key = (each.about, *plain)
        groups.setdefault(key, (list(plain), []))[1].append(each.case)
    return list(groups.values())


def _together(cases: list[str]) -> str:
    """`DeleteTopics-1..6/bob,alice/by-id-denied,twice (12 cases)`."""
    parts = [case.split("/", 2) for case in cases]
    if len(cases) == 1 or any(len(each) != 3 or "-" not in each[0] for each in parts):
        return ", ".join(cases)
    if cases[0].startswith("script-"):
        return f"{', '.join(cases[:4])} ({len(cases)} steps)"
    api = parts[0][0].rpartition("-")[0]
    versions = sorted({int(each[0].rpartition("-")[2]) for each in parts})
    span = f"{versions[0]}..{versions[-1]}" if len(versions) > 1 else str(versions[0])
    who = ",".join(dict.fromkeys(each[1] for each in parts))
    labels = ",".join(dict.fromkeys(each[2] for each in parts))
    return f"{api}-{span}/{who}/{labels} ({len(cases)} cases)"
