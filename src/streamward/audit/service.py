"""Reading the log for a person: what is there, and what comes."""

from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Final

from streamward.audit.follower import Follower
from streamward.audit.ports import OpenReader
from streamward.audit.tail import Choice, Line, chosen
from streamward.model.event import Entry

LAST_ENTRIES_MAX: Final = 100_000


class Tail:
    """Shows the entries that a choice takes, in order, first those that are there."""

    def __init__(self, open_reader: OpenReader, choice: Choice) -> None:
        self._follower = Follower(open_reader)
        self._choice = choice

    def present(self, last: int | None = None) -> Iterator[tuple[Entry, Line]]:
        """The entries that are there now; with `last`, only so many of them."""
        found = self._present()
        if last is None:
            return found
        return iter(deque(found, maxlen=min(last, LAST_ENTRIES_MAX)))

    def _present(self) -> Iterator[tuple[Entry, Line]]:
        for batch in self._follower.drain():
            yield from self._chosen(batch.entries)

    async def coming(self) -> AsyncIterator[tuple[Entry, Line]]:
        """The entries that come after those that `present` gave, for ever."""
        async for batch in self._follower.batches():
            for pair in self._chosen(batch.entries):
                yield pair

    def _chosen(self, entries: tuple[Entry, ...]) -> Iterator[tuple[Entry, Line]]:
        for entry in entries:
            shown = chosen(entry, self._choice)
            if shown is not None:
                yield entry, shown
