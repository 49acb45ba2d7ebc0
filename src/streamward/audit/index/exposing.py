"""Answers the exposure question from the index."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from streamward.audit.exposure import (
    Entries,
    Exposure,
    Gap,
    Line,
    LogPart,
    Moved,
    Question,
    parts,
    totals,
)
from streamward.audit.index.store import Index
from streamward.audit.intervals import clipped

_FOREVER: Final = 2**62

_ACCESSES: Final = """
select access, opened, stream, action, principal, credential, source, cluster, policy_version,
  rules, classes from accesses where {who}
"""
_RUNS: Final = """
select access, state, upper, partition, first, last, records, bytes, start, end,
  entry_first, entry_last from runs
where access in (select access from accesses where {who}) and {which}
  and end >= :since and start < :until
"""
_RANGES: Final = """
select access, state, upper, partition, first, last, records, bytes, start, end, entry, entry
from ranges
where access = :access and partition = :partition and state = :state and upper = :upper
  and entry between :entry_first and :entry_last and {which}
  and end >= :since and start < :until
"""
# Entries are numbered without a gap: to count ten million of them takes longer than all the rest.
_LOG: Final = """
select last.entry - first.entry + 1, first.entry, first.time, last.entry, last.time
from entries first, entries last
where first.entry = (select min(entry) from entries)
  and last.entry = (select max(entry) from entries)
"""


class _Access(NamedTuple):
    """A row of `accesses`."""

    access: int
    opened: int | None
    stream: int
    action: int
    principal: int
    credential: int
    source: int
    cluster: int
    policy_version: int
    rules: str
    classes: str


class _Part(NamedTuple):
    """A run, or one range of it."""

    access: int
    state: int
    upper: int
    partition: int
    first: int | None
    last: int | None
    records: int
    bytes: int
    start: int
    end: int
    entry_first: int
    entry_last: int


class _Group:
    """What becomes one line."""

    def __init__(self) -> None:
        self.partitions: dict[int, Moved] = defaultdict(Moved)
        self.accesses: dict[int, int | None] = {}
        self.start, self.end = _FOREVER, -_FOREVER
        self.entry_first, self.entry_last = _FOREVER, -1
        self.upper = False

    def add(self, access: _Access, part: _Part, span: tuple[int | None, int | None]) -> None:
        """Take one part; `span` is what was asked for of its offsets."""
        self.partitions[part.partition].add(*span, part.records, part.bytes)
        self.accesses[part.access] = access.opened
        self.start, self.end = min(self.start, part.start), max(self.end, part.end)
        self.entry_first = min(self.entry_first, part.entry_first)
        self.entry_last = max(self.entry_last, part.entry_last)
        self.upper = self.upper or bool(part.upper)


class Exposing:
    """One question to one index."""

    def __init__(
        self,
        index: Index,
        question: Question,
        *,
        origin: str = "",
        indexes: bool = False,
        address: Callable[[str], str] = str,
        oldest: int = 0,
    ) -> None:
        self._index = index
        self._asked = question
        self._origin = origin
        self._indexes = indexes
        self._open_address = address
        self._oldest = oldest
        self._addresses: dict[int, str] = {}
        self._since = question.since if question.since is not None else -_FOREVER
        self._until = question.until if question.until is not None else _FOREVER
        self._words: dict[int, str] = {}

    def answer(self) -> Exposure:
        """What the log says by now."""
        lines = [(self._line(key, group), group.partitions) for key, group in self._groups()]
        lines.sort(key=lambda each: (each[0].stream, each[0].action, each[0].first_time))
        return Exposure(
            question=self._asked,
            log=self._log(),
            totals=totals(lines),
            lines=tuple(line for line, _ in lines),
            gaps=tuple(self._gaps()),
        )

    def _groups(self) -> Iterator[tuple[tuple[Any, ...], _Group]]:
        who, values = self._who()
        accesses = {
            row[0]: _Access(*row) for row in self._index.rows(_ACCESSES.format(who=who), values)
        }
        groups: dict[tuple[Any, ...], _Group] = defaultdict(_Group)
        for part in self._parts(who, values):
            access = accesses.get(part.access)
            if access is not None:
                key = (self._address(access.source), *access._replace(source=0)[2:], part.state)
                groups[key].add(access, part, self._span(part))
        yield from groups.items()

    def _who(self) -> tuple[str, dict[str, Any]]:
        named = (
            ("principal", self._asked.principal),
            ("credential", self._asked.credential),
            ("stream", self._asked.stream),
        )
        terms = [f"{name} = :{name}" for name, text in named if text is not None]
        values = {name: self._index.word(text) for name, text in named if text is not None}
        return " and ".join(terms) or "1", values

    def _parts(self, who: str, values: dict[str, Any]) -> Iterator[_Part]:
        """What runs tell; at the edges of what is asked, what each of their ranges tells."""
        asked, which = self._asked, "1"
        window: dict[str, Any] = {"since": self._since, "until": self._until}
        if asked.partition is not None:
            which += " and partition = :only"
            window["only"] = asked.partition
        if asked.offsets is not None:
            which += " and (first is null or (first <= :high and last >= :low))"
            window["low"], window["high"] = asked.offsets
        query, each_query = _RUNS.format(who=who, which=which), _RANGES.format(which=which)
        for row in self._index.rows(query, {**values, **window}):
            run = _Part(*row)
            if self._whole(run):
                yield run
                continue
            for each in self._index.rows(each_query, {**run._asdict(), **window}):
                yield _Part(*each)

    def _whole(self, run: _Part) -> bool:
        """Whether all of it was asked for."""
        if run.start < self._since or run.end >= self._until:
            return False
        if self._asked.offsets is None or run.first is None or run.last is None:
            return True
        low, high = self._asked.offsets
        return low <= run.first and run.last <= high

    def _span(self, part: _Part) -> tuple[int | None, int | None]:
        if self._asked.offsets is None or part.first is None or part.last is None:
            return part.first, part.last
        return clipped([(part.first, part.last)], *self._asked.offsets)[0]

    def _line(self, key: tuple[Any, ...], group: _Group) -> Line:
        source, *words, rules, classes, state = key
        stream, action, principal, credential, _, cluster, policy = map(self._text, words)
        return Line(
            stream=stream,
            action=action,
            state=self._text(state),
            classes=tuple(json.loads(classes)),
            principal=principal,
            credential=credential,
            address=source,
            cluster=cluster,
            policy_version=policy,
            rules=tuple(json.loads(rules)),
            first_time=group.start,
            last_time=group.end,
            upper_bound=group.upper,
            edge=group.start < self._since or group.end >= self._until,
            partitions=parts(group.partitions),
            entries=self._entries(group, state),
        )

    def _entries(self, group: _Group, state: int) -> Entries:
        opened = sorted(entry for entry in group.accesses.values() if entry is not None)
        indexes: list[int] = []
        if self._indexes:
            indexes = sorted(self._every_entry(group, state))
        return Entries(
            opened=tuple(map(str, opened)),
            first=str(group.entry_first),
            last=str(group.entry_last),
            indexes=tuple(map(str, indexes)),
        )

    def _every_entry(self, group: _Group, state: int) -> set[int]:
        asked = self._asked
        low, high = asked.offsets or (-_FOREVER, _FOREVER)
        query = """
            select entry from ranges where access = ? and state = ? and end >= ? and start < ?
            and (first is null or (first <= ? and last >= ?)) and (? is null or partition = ?)
        """
        limits = (self._since, self._until, high, low, asked.partition, asked.partition)
        return {
            int(entry)
            for access in group.accesses
            for (entry,) in self._index.rows(query, (access, state, *limits))
        }

    def _address(self, word: int) -> str:
        """From where; connections that only commit to an address are told apart by it alone."""
        if word not in self._addresses:
            text = self._text(word)
            opened = self._open_address(text) if text.startswith("committed:") else text
            self._addresses[word] = opened
        return self._addresses[word]

    def _text(self, word: int) -> str:
        if word not in self._words:
            row = self._index.row("select text from words where id = ?", (word,))
            self._words[word] = str(row[0]) if row else ""
        return self._words[word]

    def _log(self) -> LogPart:
        count, *places = self._index.row(_LOG) or (0, 0, 0, 0, 0)
        first, first_time, last, last_time = places
        return LogPart(
            origin=self._origin,
            entries=str(count),
            first_entry=str(first),
            first_time=first_time,
            last_entry=str(last),
            last_time=last_time,
            oldest_kept=str(max(self._oldest, first)),
        )

    def _gaps(self) -> Iterator[Gap]:
        query = "select entry, start, end, leaf from gaps where end >= ? and start < ?"
        for entry, start, end, leaf in self._index.rows(query, (self._since, self._until)):
            streaming = msgspec.json.decode(leaf)["streaming"]
            yield Gap(
                entry=str(entry),
                since=start,
                until=end,
                reason=streaming.get("reason", ""),
                records=streaming.get("records", "0"),
            )
