"""A follower whose place in the log outlives its process: for whoever hands entries on."""

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, Self

from streamward.audit.follower import Batch, Follower
from streamward.audit.ports import OpenReader
from streamward.audit.saved import SavedState
from streamward.errors import InvalidArgument, Unavailable

_ORIGIN: Final = "origin"


class Subscription:
    """Entries in order, each at least once, from a cursor that lies in a file.

    The consumer calls `done` when it has handed a batch on; after a crash it sees again what was
    handed on but not marked as done, and never misses an entry. One process may use a cursor at a
    time. Raises Unavailable where another does or the file can't be used, and InvalidArgument
    where the cursor is of another log.
    """

    def __init__(self, open_reader: OpenReader, path: Path, origin: str) -> None:
        self._saved = SavedState(path)
        self._origin = origin
        self._lock = self._locked(path)
        try:
            self._follower = Follower(open_reader, self._cursor())
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def _locked(self, path: Path) -> int:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unavailable(f"the cursor `{path}` can't be used") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise Unavailable(f"another follower uses the cursor `{path}`") from None
        return lock

    def _cursor(self) -> str:
        saved = self._saved.load()
        if saved is None:
            if self._saved.path.exists():
                # To begin anew would hand everything on a second time.
                raise InvalidArgument(f"`{self._saved.path}` is no cursor; remove it to begin anew")
            return ""
        if saved.state.get(_ORIGIN) != self._origin:
            message = f"`{self._saved.path}` is a cursor of the log `{saved.state.get(_ORIGIN)}`"
            raise InvalidArgument(f"{message}, this one is `{self._origin}`")
        return saved.cursor

    def present(self) -> Iterator[Batch]:
        """The batches that are there now."""
        return self._follower.drain()

    async def batches(self) -> AsyncIterator[Batch]:
        """Every batch from the cursor on, for ever."""
        async for batch in self._follower.batches():
            yield batch

    def done(self, batch: Batch) -> None:
        """The batch and all before it were handed on. Raises Unavailable where it can't be kept."""
        try:
            self._saved.save(batch.cursor, {_ORIGIN: self._origin})
        except OSError as error:
            raise Unavailable(f"the cursor `{self._saved.path}` can't be written") from error
