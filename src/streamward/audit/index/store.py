"""The index of a log: derived, disposable, rebuilt from the log whenever it does not fit."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from streamward.audit.follower import Batch, Follower
from streamward.audit.index.schema import FORMAT, TABLES
from streamward.audit.index.writer import IndexWriter
from streamward.audit.ports import OpenReader
from streamward.errors import StreamwardError, Unavailable
from streamward.model.event import Entry

FILE: Final = "index.sqlite"
CACHE_KIB: Final = 65_536
"""Of pages of the index, for a command that builds it or asks."""
BUSY_SECONDS_MAX: Final = 60.0
ENTRIES_PER_TRANSACTION: Final = 20_000
"""So much is indexed again where the process is killed."""

Row = tuple[Any, ...]
Values = tuple[Any, ...] | dict[str, Any]


class Index:
    """Tables over a log that answer what a pass over it would; catches up when asked.

    Several processes may use one index. Raises Unavailable where its file can't be used.
    """

    def __init__(
        self, open_reader: OpenReader, path: Path, origin: str = "", cache_kib: int = CACHE_KIB
    ) -> None:
        self._open_reader = open_reader
        self._cache_kib = cache_kib
        self._path = path
        self._origin = origin
        self._kept: tuple[IndexWriter, Follower] | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = self._opened()
        except (OSError, sqlite3.Error) as error:
            message = f"the index `{path}` can't be used; `--index FILE` puts it elsewhere"
            raise Unavailable(message) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        connection = self._connect()
        try:
            fits = self._fits(connection)
        except sqlite3.OperationalError as error:
            # Busy or a full disk is no reason to throw away what others use.
            if "no such table" not in str(error):
                raise
            fits = False
        except sqlite3.DatabaseError:
            fits = False
        if not fits:
            # It is of another log, of another version or broken: the log is the truth.
            connection.close()
            for each in (self._path, *self._path.parent.glob(f"{self._path.name}-*")):
                each.unlink(missing_ok=True)
            connection = self._connect()
            self._create(connection)
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS_MAX, isolation_level=None, check_same_thread=False
        )
        self._path.chmod(0o600)
        return connection

    def _fits(self, connection: sqlite3.Connection) -> bool:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        connection.execute(f"pragma cache_size = -{self._cache_kib}")
        found = dict(connection.execute("select name, value from about").fetchall())
        return found.get("format") == str(FORMAT) and found.get("origin") == self._origin

    def _create(self, connection: sqlite3.Connection) -> None:
        with _transaction(connection):
            if connection.execute("select count(*) from sqlite_master").fetchone() != (0,):
                return  # another process was faster
            for statement in TABLES.split(";"):
                connection.execute(statement)
            rows = [("format", str(FORMAT)), ("origin", self._origin), ("cursor", "")]
            connection.executemany("insert into about values (?, ?)", rows)
        self._fits(connection)

    def catch_up(
        self,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Take in what the log holds by now; gives how many entries that was.

        Between transactions `stop` is asked, and `progress` told how many entries are in.

        Raises Unavailable where the log can't be read; what came before that place is taken in.
        """
        added, more = 0, True
        while more and not stop():
            try:
                with _transaction(self._connection):
                    step, more = self._step()
            except sqlite3.Error as error:
                raise Unavailable(f"the index `{self._path}` can't be written") from error
            added += step
            if more:
                progress(int(self.row("select max(entry) from entries")[0]) + 1)
        return added

    def _step(self) -> tuple[int, bool]:
        """One transaction: how many entries, and whether there may be more.

        Its cursor is read in it, so no other process adds the same.
        """
        cursor = str(self.row("select value from about where name = 'cursor'")[0])
        kept, self._kept = self._kept, None
        # Where another process has written since, what ours remembers is not the last.
        if kept is None or kept[1].cursor != cursor:
            kept = (IndexWriter(self._connection), self._follower(cursor))
        writer, follower = kept
        added = 0
        try:
            for batch in follower.drain():
                self._add(writer, batch, cursor)
                cursor = batch.cursor
                added += len(batch.entries)
                if added >= ENTRIES_PER_TRANSACTION:
                    break
        except StreamwardError:
            # What came before the damage is taken in; the next look meets it again.
            if added == 0:
                raise
            self._taken(cursor)
            return added, True
        if added:
            self._taken(cursor)
        self._kept = kept
        return added, added >= ENTRIES_PER_TRANSACTION

    def _follower(self, cursor: str) -> Follower:
        """Raises Unavailable where the log has no such place: it was cut, or is another one."""
        try:
            return Follower(self._open_reader, cursor)
        except Unavailable as error:
            what = (
                f"the index `{self._path}` can't go on where it ended: the log was cut or rolled "
                "back (`streamward audit verify` tells), or the index is of another one; "
                "`--fresh` asks the log itself"
            )
            raise Unavailable(what) from error

    async def grown(self) -> None:
        """Returns when the log may hold more than was taken in."""
        if self._kept is not None:
            await self._kept[1].grown()

    def _taken(self, cursor: str) -> None:
        self._connection.execute("update about set value = ? where name = 'cursor'", (cursor,))

    def _add(self, writer: IndexWriter, batch: Batch, before: str) -> None:
        place = (batch.entries[0].index, before)
        self._connection.execute("insert or replace into places values (?, ?)", place)
        writer.add(batch.entries)

    def row(self, query: str, values: Values = ()) -> Row:
        """The only row of an answer."""
        found = self._connection.execute(query, values).fetchone()
        return tuple(found) if found is not None else ()

    def rows(self, query: str, values: Values = ()) -> Iterator[Row]:
        """The rows of an answer, as they come."""
        yield from self._connection.execute(query, values)

    def word(self, text: str) -> int | None:
        """The number that stands for a text; None where the log never says it."""
        found = self.row("select id from words where text = ?", (text,)) if text else (0,)
        return int(found[0]) if found else None

    def committed(self, place: int) -> int | None:
        """The number that stands for what commits to the opening at a place."""
        bounds = (f"committed:{place}:", f"committed:{place};")
        found = self.row("select id from words where text >= ? and text < ?", bounds)
        return int(found[0]) if found else None

    def entries(self, indexes: list[int], oldest: int = 0) -> Iterator[Entry]:
        """These entries, read from the log, in its order; what it no longer holds is left out.

        `oldest` is the first entry that it holds.
        """
        reader, next_index = None, -1
        for index in sorted({index for index in indexes if index >= oldest}):
            place = self.row(
                "select entry, cursor from places where entry <= ? order by entry desc limit 1",
                (index,),
            )
            if not place:
                continue
            first, cursor = int(place[0]), str(place[1])
            if first < oldest:
                # Its segment went: that of the oldest begins with it.
                first, cursor = oldest, ""
            if reader is None or not first <= next_index <= index:
                reader, next_index = self._open_reader(cursor), first
            while next_index <= index:
                pairs = reader.read(1)
                if not pairs:
                    return
                next_index = pairs[-1][0] + 1
                if pairs[-1][0] == index:
                    leaf = pairs[-1][1]
                    yield Entry(index, leaf, reader.opened(leaf))

    def entries_from(self, first: int) -> Iterator[Entry]:
        """Every entry from this index on, read from the log."""
        place = self.row(
            "select cursor from places where entry <= ? order by entry desc limit 1", (first,)
        )
        for batch in Follower(self._open_reader, str(place[0]) if place else "").drain():
            yield from (entry for entry in batch.entries if entry.index >= first)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


@contextmanager
def opened_index(
    open_reader: OpenReader,
    path: Path,
    origin: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Index]:
    """An index that holds what the log holds by now; closed at the end of the block."""
    with closing(Index(open_reader, path, origin)) as index:
        index.catch_up(progress=progress)
        yield index
