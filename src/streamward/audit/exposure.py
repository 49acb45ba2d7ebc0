"""What a principal read and wrote, offset by offset; and who read a record.

The nouns of the answer, and how lines are put together. The words are those of
`docs/reference/exposure.md`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from streamward.audit.intervals import Span, merged, offsets

READ, WRITE = "Read", "Write"


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked. Times are ms since 1970: from `since`, before `until`."""

    principal: str | None = None
    credential: str | None = None
    stream: str | None = None
    partition: int | None = None
    offsets: tuple[int, int] | None = None
    since: int | None = None
    until: int | None = None


class PartitionPart(msgspec.Struct, frozen=True, kw_only=True):
    """What was moved of one partition."""

    partition: int
    ranges: tuple[tuple[str, str], ...]
    """First and last offset, inclusive; merged and in order."""
    offsets: str
    """How many different offsets that is."""
    records: str
    """Records moved; one that was read twice counts twice."""
    bytes: str
    unknown_records: str
    """Of these records, those whose offsets nobody knows."""


class Entries(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The entries of the log that a line rests on."""

    opened: tuple[str, ...]
    """Those that opened the accesses, with the decision; empty where the log holds them no more."""
    first: str
    last: str
    indexes: tuple[str, ...] = ()
    """All roll-ups, where they were asked for."""

    @property
    def every(self) -> tuple[str, ...]:
        """Every entry that is named."""
        return (*self.opened, *(self.indexes or (self.first, self.last)))


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One principal, stream and action under one rule, credential, address and state."""

    stream: str
    action: str
    state: str
    classes: tuple[str, ...]
    principal: str
    credential: str
    address: str
    cluster: str
    policy_version: str
    rules: tuple[str, ...]
    first_time: int
    last_time: int
    upper_bound: bool
    """Some of it may not have left: it was recovered after a crash."""
    edge: bool
    """Some of it was moved in an interval that reaches over the edge of the time asked for."""
    partitions: tuple[PartitionPart, ...]
    entries: Entries


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of one stream and action together."""

    stream: str
    action: str
    classes: tuple[str, ...]
    states: tuple[str, ...]
    partitions: tuple[PartitionPart, ...]


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which something was served without a record."""

    entry: str
    since: int
    until: int
    reason: str
    records: str


class LogPart(msgspec.Struct, frozen=True, kw_only=True):
    """What part of the log the answer was given from."""

    origin: str
    entries: str
    first_entry: str
    first_time: int
    last_entry: str
    last_time: int
    oldest_kept: str
    """The oldest entry that the log still holds; earlier ones can't be shown or proved."""


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """The answer."""

    question: Question
    log: LogPart
    totals: tuple[Total, ...]
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]

    @property
    def complete(self) -> bool:
        """Whether all offsets are known, nothing was served without a record, and the answer's part
        of the log reaches back as far as the question.
        """
        unknown = any(int(p.unknown_records) for t in self.totals for p in t.partitions)
        return not (self.gaps or unknown or self.begins_later)

    @property
    def begins_later(self) -> bool:
        """Whether what was asked for may lie in entries that had been pruned before."""
        since = self.question.since
        return int(self.log.first_entry) > 0 and (since is None or since <= self.log.first_time)

    @property
    def pruned_entries(self) -> bool:
        """Whether lines rest on entries that the log holds no longer."""
        oldest = int(self.log.oldest_kept)
        return any(
            int(entry) < oldest
            for line in self.lines
            for entry in (*line.entries.opened, line.entries.first)
        )


class Moved:
    """Sums up ranges of one partition."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.records = 0
        self.bytes = 0
        self.unknown = 0

    def add(self, first: int | None, last: int | None, records: int, size: int) -> None:
        """Take one range; its offsets may be unknown."""
        self.records += records
        self.bytes += size
        if first is None or last is None:
            self.unknown += records
        else:
            self.spans.append((first, last))

    def take(self, other: "Moved") -> None:
        """Take all of another."""
        self.spans += other.spans
        self.records += other.records
        self.bytes += other.bytes
        self.unknown += other.unknown

    def part(self, partition: int) -> PartitionPart:
        """As the answer says it."""
        spans = merged(self.spans)
        return PartitionPart(
            partition=partition,
            ranges=tuple((str(first), str(last)) for first, last in spans),
            offsets=str(offsets(spans)),
            records=str(self.records),
            bytes=str(self.bytes),
            unknown_records=str(self.unknown),
        )


Partitions = Mapping[int, Moved]


def parts(partitions: Partitions) -> tuple[PartitionPart, ...]:
    """Every partition, in order."""
    return tuple(partitions[number].part(number) for number in sorted(partitions))


def totals(lines: Iterable[tuple[Line, Partitions]]) -> tuple[Total, ...]:
    """Lines put together by stream and action."""
    places: dict[tuple[str, str], dict[int, Moved]] = defaultdict(lambda: defaultdict(Moved))
    classes: dict[tuple[str, str], set[str]] = defaultdict(set)
    states: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line, partitions in lines:
        key = (line.stream, line.action)
        classes[key] |= set(line.classes)
        states[key].add(line.state)
        for number, moved in partitions.items():
            places[key][number].take(moved)
    return tuple(
        Total(
            stream=key[0],
            action=key[1],
            classes=tuple(sorted(classes[key])),
            states=tuple(sorted(states[key])),
            partitions=parts(places[key]),
        )
        for key in sorted(places)
    )


def document(answer: Exposure) -> dict[str, Any]:
    """The answer as plain objects, for JSON."""
    found: dict[str, Any] = msgspec.to_builtins(answer)
    return {**found, "complete": answer.complete}
