"""Follows the log in order, at least once, from a cursor that outlives the process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from streamward.audit.ports import OpenReader
from streamward.model.event import Entry

BATCH_ENTRIES_MAX: Final = 512
GATHER_SECONDS: Final = 0.1
"""After a look: what comes meanwhile is one batch, however often the log is made durable. Under
traffic it grows all the time, often by what is no entry, and each look costs about the same."""
LOOK_SECONDS_MAX: Final = 0.1
"""Where nothing tells that the log has grown; containment must be in force within a second."""
TOLD_LOOK_SECONDS: Final = 2.0
"""Where something does: for file systems on which others write, about which it isn't told."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in the order of the log, and the cursor that stands after the last of them."""

    entries: tuple[Entry, ...]
    cursor: str


class Follower:
    """Yields the log in batches for ever.

    The consumer saves `Batch.cursor` after it has handled the batch; a follower that starts at a
    saved cursor sees again what was handled but not saved, and never skips an entry.
    """

    def __init__(self, open_reader: OpenReader, cursor: str = "") -> None:
        self._reader = open_reader(cursor)
        self._woken = asyncio.Event()

    @property
    def cursor(self) -> str:
        """After the last entry that was read."""
        return self._reader.cursor

    def wake(self) -> None:
        """Look at once: the caller knows that there is something new."""
        self._woken.set()

    def drain(self) -> Iterator[Batch]:
        """The batches that are there now, up to the end of the log as this call finds it."""
        while batch := self._next():
            yield batch

    async def batches(self) -> AsyncIterator[Batch]:
        """Every batch from the cursor on; waits for more at the end of the log."""
        gathered = True
        while True:
            batch = self._next()
            if batch is not None:
                gathered = False
                yield batch
                # A full log must not starve the other tasks of the loop.
                await asyncio.sleep(0)
            elif gathered:
                await self.grown()
                gathered = False
            else:
                await self._sleep(GATHER_SECONDS)
                gathered = True

    async def grown(self) -> None:
        """Returns when there may be more than was read, at the latest when it is time to look."""
        growth = self._reader.growth()
        if growth is None:
            await self._sleep(LOOK_SECONDS_MAX)
            return
        with self._waking(growth):
            await self._sleep(TOLD_LOOK_SECONDS)

    def _next(self) -> Batch | None:
        pairs = self._reader.read(BATCH_ENTRIES_MAX)
        if not pairs:
            return None
        opened = self._reader.opened
        entries = tuple(Entry(index, leaf, opened(leaf)) for index, leaf in pairs)
        return Batch(entries, self._reader.cursor)

    @contextmanager
    def _waking(self, growth: int) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        loop.add_reader(growth, self._woken.set)
        try:
            yield
        finally:
            loop.remove_reader(growth)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()
