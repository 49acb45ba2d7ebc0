"""Which rules of the policy decided something, and when last."""

from dataclasses import dataclass

import msgspec

from streamward.audit.index.leaves import decode
from streamward.audit.index.store import Index


@dataclass(frozen=True, slots=True)
class RulesUsed:
    """Rules that entries of a time name."""

    since: int
    """From when on entries were looked at, ms since 1970."""
    log_begins: int | None
    """The time of the log's first entry; None: it is empty."""
    entries: int
    last_used: dict[str, int]
    """The rules that decided something, with the time of the last entry that says so."""

    @property
    def is_whole(self) -> bool:
        """Whether the log reaches back so far; else what is unused may have been used before."""
        return self.log_begins is not None and self.log_begins <= self.since


def rules_used(index: Index, since: int) -> RulesUsed:
    """Every rule that an entry since then (ms since 1970) names."""
    first = index.row("select entry from entries where time >= ? order by entry limit 1", (since,))
    begins = index.row("select time from entries order by entry limit 1")
    used: dict[str, int] = {}
    count = 0
    for entry in index.entries_from(int(first[0])) if first else ():
        try:
            leaf = decode(entry.leaf)
        except msgspec.DecodeError:
            continue  # bytes that are no event name no rule
        if leaf.time < since:
            continue
        count += 1
        for rule in leaf.streaming.rules:
            used[rule] = max(used.get(rule, 0), leaf.time)
    return RulesUsed(since, int(begins[0]) if begins else None, count, used)
