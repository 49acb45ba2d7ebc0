"""Puts entries into the index, batch by batch."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from streamward.audit.index.leaves import Leaf, Range, decode
from streamward.audit.index.schema import NOWHERE
from streamward.model.event import Entry

WORDS_CACHED_MAX: Final = 200_000
RUNS_OPEN_MAX: Final = 200_000
UNREADABLE: Final = "unreadable"
"""The kind under which an entry that is no event can be found."""

Row = tuple[Any, ...]
_INSERT: Final = {
    "entries": "insert into entries values (?,?,?,?,?,?,?,?,?,?)",
    "accesses": "insert or ignore into accesses values (?,?,?,?,?,?,?,?,?,?,?)",
    "ranges": "insert into ranges values (?,?,?,?,?,?,?,?,?,?,?,?)",
    "runs": "insert or replace into runs values (?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "gaps": "insert into gaps values (?,?,?,?)",
}


class Run:
    """Ranges of an access that follow one another."""

    __slots__ = ("bytes", "end", "entry_last", "first", "key", "last", "place", "records", "start")

    def __init__(self, place: tuple[int, int], key: Row, first: int | None) -> None:
        self.place = place
        self.key = key
        self.first = first
        self.last: int | None = None
        self.records = self.bytes = 0
        self.start, self.end = 2**62, 0
        self.entry_last = place[0]

    def add(self, last: int | None, one: Range, leaf: Leaf, entry: int) -> None:
        """Take one more range, which goes on where this ends."""
        self.last = last
        self.records += int(one.records)
        self.bytes += int(one.bytes)
        self.start = min(self.start, leaf.started)
        self.end = max(self.end, leaf.ended)
        self.entry_last = entry

    def row(self) -> Row:
        """As the table has it."""
        access, partition, state, upper = self.key
        moved = (self.first, self.last, self.records, self.bytes, self.start, self.end)
        return (access, *self.place, partition, state, upper, *moved, self.entry_last)


class IndexWriter:
    """Adds entries in the order of the log; each exactly once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._words: dict[str, int] = {"": NOWHERE}
        (highest,) = connection.execute("select max(id) from words").fetchone()
        self._next_word = int(highest or NOWHERE) + 1
        self._known: set[int] = set()
        self._open: dict[Row, Run] = {}
        self._changed: dict[Row, Run] = {}
        self._rows: dict[str, list[Row]] = {table: [] for table in _INSERT}

    def add(self, entries: Iterable[Entry]) -> None:
        """Put these into the tables; the caller commits."""
        for entry in entries:
            try:
                leaf = decode(entry.leaf)
            except msgspec.DecodeError:
                self._rows["entries"].append((entry.index, 0, self._word(UNREADABLE), *[0] * 7))
                continue
            self._add(entry, leaf)
        self._flush()

    def _add(self, entry: Entry, leaf: Leaf) -> None:
        streaming, resource, word = leaf.streaming, leaf.resource, self._word
        self._rows["entries"].append(
            (
                entry.index,
                leaf.time,
                word(streaming.kind),
                word(leaf.principal),
                word(streaming.credential),
                word(leaf.source),
                word(resource.type),
                word(resource.name),
                word(streaming.action),
                word(leaf.decision),
            )
        )
        if streaming.access and resource.type == "Stream":
            self._access(entry.index, leaf)
        if streaming.kind == "gap":
            leaf_text = entry.leaf.decode()
            self._rows["gaps"].append((entry.index, leaf.gap_began, leaf.time, leaf_text))

    def _access(self, index: int, leaf: Leaf) -> None:
        streaming, word = leaf.streaming, self._word
        access = int(streaming.access)
        opened = streaming.kind == "access_opened"
        if opened or access not in self._known:
            # A roll-up stands in for an opening that the log no longer holds; a row that is
            # there stays.
            self._known.add(access)
            self._rows["accesses"].append(
                (
                    access,
                    index if opened else None,
                    word(leaf.principal),
                    word(streaming.credential),
                    word(leaf.source),
                    word(leaf.resource.name),
                    word(streaming.action),
                    word(streaming.cluster),
                    word(streaming.policy_version),
                    json.dumps(streaming.rules),
                    json.dumps(streaming.classes),
                )
            )
        state, upper = word(streaming.state), int(streaming.bound == "upper")
        start, end = leaf.started, leaf.ended
        for number, one in enumerate(streaming.ranges):
            first = None if one.first == "unknown" else int(one.first)
            last = None if one.last == "unknown" else int(one.last)
            key = (access, one.partition, state, upper)
            self._join(key, (index, number), (first, last), one, leaf)
            self._rows["ranges"].append(
                (access, index, number, one.partition, state, upper)
                + (first, last, int(one.records), int(one.bytes), start, end)
            )

    def _join(
        self,
        key: Row,
        place: tuple[int, int],
        span: tuple[int | None, int | None],
        one: Range,
        leaf: Leaf,
    ) -> None:
        run, (first, last) = self._open.get(key), span
        follows = run is not None and (
            run.last is None if first is None else run.last is not None and run.last + 1 == first
        )
        if run is None or not follows:
            run = self._open[key] = Run(place, key, first)
        run.add(last, one, leaf, place[0])
        self._changed[key[0], *run.place] = run

    def _word(self, text: str) -> int:
        found = self._words.get(text)
        if found is not None:
            return found
        row = self._connection.execute("select id from words where text = ?", (text,)).fetchone()
        if row is None:
            row = (self._next_word,)
            self._connection.execute("insert into words values (?, ?)", (*row, text))
            self._next_word += 1
        if len(self._words) >= WORDS_CACHED_MAX:
            self._words = {"": NOWHERE}
        self._words[text] = int(row[0])
        return int(row[0])

    def _flush(self) -> None:
        self._rows["runs"] = [run.row() for run in self._changed.values()]
        self._changed.clear()
        for table, rows in self._rows.items():
            self._connection.executemany(_INSERT[table], rows)
            rows.clear()
        if len(self._open) > RUNS_OPEN_MAX:
            # What goes on begins another run; a query joins them.
            self._open.clear()
        if len(self._known) > RUNS_OPEN_MAX:
            self._known.clear()
