"""Keeps the index of a running gateway's log near its end, so that a question need not."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streamward.audit.index.store import Index
from streamward.audit.ports import OpenReader
from streamward.errors import StreamwardError
from streamward.log import Logger

log = Logger(__name__)

KEEP_SECONDS: Final = 2.0
CACHE_KIB: Final = 2_048
"""Of its pages: a gateway adds at the end, and has better use for its memory."""
RETRY_SECONDS: Final = 30.0
"""After a failure, such as a full disk: the index is derived, and nothing waits for it."""


class IndexKeeper:
    """Lets an index catch up a while after the log has grown, on a thread of its own.

    It never fails its gateway, and costs nothing while nothing is entered.
    """

    def __init__(self, open_reader: OpenReader, path: Path, origin: Callable[[], str]) -> None:
        self._open_reader = open_reader
        self._path = path
        self._origin = origin
        self._index: Index | None = None
        self._ended = False
        self._handled: int | None = None

    @property
    def handled_entries(self) -> int | None:
        """How many entries of the log are in the index; None until it is known."""
        return self._handled

    async def run(self) -> None:
        """Keep it until cancelled."""
        try:
            while True:
                pause = KEEP_SECONDS
                try:
                    index = await asyncio.to_thread(self._catch_up)
                    await index.grown()
                except StreamwardError as error:
                    log.warning("the index of the log is behind", cause=error)
                    self._index, pause = None, RETRY_SECONDS
                await asyncio.sleep(pause)
        finally:
            # A pass that is under way ends after its transaction.
            self._ended = True

    def _catch_up(self) -> Index:
        if self._index is None:
            self._index = Index(self._open_reader, self._path, self._origin(), CACHE_KIB)
        index = self._index
        if index.catch_up(lambda: self._ended) or self._handled is None:
            (last,) = index.row("select max(entry) from entries")
            self._handled = 0 if last is None else int(last) + 1
        return index
