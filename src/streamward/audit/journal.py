"""The compiled journal behind the room's ports."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamward.audit.compiled import core, core_errors
from streamward.audit.openings import Openings
from streamward.audit.ports import OpenReader, Reader


class _JournalReader:
    def __init__(self, audit_dir: Path, cursor: str) -> None:
        with core_errors():
            self._reader = core().JournalReader(str(audit_dir), cursor)
        self._openings = Openings(audit_dir)

    def read(self, entries_max: int) -> list[tuple[int, bytes]]:
        with core_errors():
            found: list[tuple[int, bytes]] = self._reader.read(entries_max)
            return found

    def opened(self, leaf: bytes) -> bytes:
        return self._openings.opened(leaf)

    def growth(self) -> int | None:
        descriptor: int | None = self._reader.growth()
        return descriptor

    @property
    def cursor(self) -> str:
        return str(self._reader.cursor)


def journal_readers(audit_dir: Path) -> OpenReader:
    """Opens readers of the journal in this directory."""

    def open_reader(cursor: str) -> Reader:
        return _JournalReader(audit_dir, cursor)

    return open_reader


class JournalWriter:
    """The writer for when no gateway runs; holds the log's lock until closed.

    Raises Unavailable where a gateway holds it.
    """

    def __init__(self, audit_dir: Path) -> None:
        with core_errors():
            self._journal: Any = core().Journal(str(audit_dir))

    def record(self, entry: bytes) -> int:
        """Append a canonical leaf; durable when this returns its index."""
        with core_errors():
            return int(self._journal.record(entry))

    def commit(self, field: str, value: str, subject: str) -> str:
        """Keep a value apart; what stands in a leaf instead."""
        with core_errors():
            return str(self._journal.commit(field, value, subject))

    def erase(self, places: Sequence[int]) -> int:
        """Erase what entries commit to at these places; how many there were. Enter it first."""
        with core_errors():
            return int(self._journal.erase(list(places)))

    def close(self) -> None:
        """Let go of the lock."""
        with core_errors():
            self._journal.close()
