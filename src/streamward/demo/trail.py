"""The log as the demo reads it: what stands there, and whether it agrees with the clients."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from streamward.audit import Follower
from streamward.audit.journal import journal_readers
from streamward.audit.ports import OpenReader
from streamward.clock import monotonic_seconds
from streamward.demo.clients import Place
from streamward.model.event import Entry, Event

POLL_SECONDS: Final = 0.02

Access = tuple[str, str, str]
"""Principal, stream and action."""

Ranges = dict[int, list[tuple[int, int]]]
"""First and last offset, both inclusive, by partition, in order and without overlaps."""


class Trail:
    """Reads the demo's log from its beginning, as often as it is asked."""

    def __init__(self, audit_dir: Path) -> None:
        self.readers: OpenReader = journal_readers(audit_dir)

    def entries(self) -> list[Entry]:
        """Every entry that is there now. Raises Unavailable where it can't be read."""
        return [entry for batch in Follower(self.readers).drain() for entry in batch.entries]

    def events(self) -> list[Event]:
        """The same, decoded."""
        return [entry.event for entry in self.entries()]

    def wait_for(self, wanted: Callable[[Event], bool], seconds: float) -> Event | None:
        """The first entry that is wanted; None where none came in time."""
        deadline = monotonic_seconds() + seconds
        follower = Follower(self.readers)
        while monotonic_seconds() < deadline:
            for batch in follower.drain():
                for entry in batch.entries:
                    if wanted(entry.event):
                        return entry.event
            time.sleep(POLL_SECONDS)
        return None


class Ledger:
    """What the clients themselves know that they wrote and read."""

    def __init__(self) -> None:
        self._places: dict[Access, list[Place]] = defaultdict(list)

    def enter(self, principal: str, stream: str, action: str, places: Iterable[Place]) -> None:
        """Records that were acknowledged to a client, or that it got."""
        self._places[principal, stream, action].extend(places)

    def count(self, action: str) -> int:
        """Records of all accesses with this action."""
        return sum(len(v) for (_, _, done), v in self._places.items() if done == action)

    def places(self, principal: str, stream: str, action: str) -> list[Place]:
        """The records of one access, in the order in which they were entered."""
        return list(self._places.get((principal, stream, action), ()))

    def values(self, stream: str, action: str) -> list[bytes]:
        """What was in the records of a stream, whoever wrote or read them."""
        return [
            place.value
            for (_, name, done), places in self._places.items()
            if (name, done) == (stream, action)
            for place in places
        ]

    def ranges(self) -> dict[Access, tuple[int, Ranges]]:
        """For each access the number of records, and their offsets."""
        return {
            access: (len(places), merged((p.partition, p.offset, p.offset) for p in places))
            for access, places in self._places.items()
        }


def ranges_of_log(events: Iterable[Event]) -> dict[Access, tuple[int, Ranges]]:
    """For each access what the log's roll-ups say: the number of records, and their offsets.

    Raises ValueError where an offset is unknown.
    """
    counts: dict[Access, int] = defaultdict(int)
    found: dict[Access, list[tuple[int, int, int]]] = defaultdict(list)
    for event in events:
        streaming = event.streaming
        if not streaming.ranges or streaming.resource is None:
            continue
        access = (streaming.principal or "", streaming.resource.name, streaming.action or "")
        for one in streaming.ranges:
            counts[access] += int(one.records)
            found[access].append((one.partition, int(one.first), int(one.last)))
    return {access: (counts[access], merged(found[access])) for access in found}


def merged(ranges: Iterable[tuple[int, int, int]]) -> Ranges:
    """Partition, first and last offset of many ranges, joined where they touch."""
    found: Ranges = defaultdict(list)
    for partition, first, last in sorted(ranges):
        before = found[partition]
        if before and first <= before[-1][1] + 1:
            before[-1] = (before[-1][0], max(before[-1][1], last))
        else:
            before.append((first, last))
    return dict(found)


def readable(entries: Iterable[Entry]) -> bool:
    """Whether every entry is an event, with indexes that follow one another."""
    for number, entry in enumerate(entries):
        try:
            if entry.index != number or not entry.event.streaming.kind:
                return False
        except msgspec.DecodeError:
            return False
    return True
