"""Erases what entries commit to, so that the log stays what it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from streamward.audit.openings import Openings, State
from streamward.audit.ports import OpenReader
from streamward.clock import now_milliseconds
from streamward.errors import NotFound
from streamward.model.entries.erased import OPENINGS_PER_ENTRY, erased_event

ENTRIES_PER_READ: Final = 512


class Eraser(Protocol):
    """The one writer of the log and of what it commits to."""

    def record(self, entry: bytes) -> int:
        """Append a canonical leaf; it is durable when this returns its index."""
        ...

    def erase(self, places: Sequence[int]) -> int:
        """Erase the openings at these places; how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be erased: about a subject, of entries (both inclusive), or both at once."""

    subject: str | None = None
    entries: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done."""

    values: int
    unreadable: Mapping[str, int] = field(default_factory=dict)
    """Files with bytes that are no opening, and how many: they may hold more of a subject."""


class Erasing:
    """Finds what is meant, enters that it is erased, and erases it: in this order."""

    def __init__(
        self,
        openings: Openings,
        open_reader: OpenReader,
        writer: Eraser,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._openings = openings
        self._open_reader = open_reader
        self._writer = writer
        self._clock = clock

    def erase(self, wanted: Wanted, principal: str, reason: str) -> Erased:
        """Erase what is wanted. Blocks.

        A second time it finds what a crash left. Raises NotFound where there is nothing (left) to
        erase, Unavailable where it can't be recorded: then nothing was erased.
        """
        places = sorted(self._meant(wanted))
        if not places:
            raise NotFound("there is nothing to erase that is not erased")
        parts = [
            places[at : at + OPENINGS_PER_ENTRY] for at in range(0, len(places), OPENINGS_PER_ENTRY)
        ]
        for part in parts:
            leaf = erased_event(
                time_milliseconds=self._clock(), principal=principal, openings=part, reason=reason
            )
            self._writer.record(leaf)
        values = sum(self._writer.erase(part) for part in parts)
        return Erased(values, self._openings.unreadable() if wanted.subject else {})

    def _meant(self, wanted: Wanted) -> set[int]:
        found: set[int] | None = None
        if wanted.subject is not None:
            subject = wanted.subject
            found = {at for at, opening in self._openings.all() if opening.subject == subject}
        if wanted.entries is not None:
            named = set(self._named(*wanted.entries))
            found = named if found is None else found & named
        return found or set()

    def _named(self, first: int, last: int) -> Iterator[int]:
        reader = self._open_reader("")
        while pairs := reader.read(ENTRIES_PER_READ):
            for index, leaf in pairs:
                if index > last:
                    return
                if index >= first:
                    yield from (
                        each.place for each in self._openings.of(leaf) if each.state is State.OPEN
                    )
