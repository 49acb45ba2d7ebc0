"""Checks what entries commit to against what lies beside the log to open it."""

from collections.abc import Iterable

import msgspec

from streamward.audit.openings import FOLDER, OpeningAltered, Openings, State
from streamward.model.event import Entry, Kind

__all__ = ["OpeningAltered", "checked_openings"]


def checked_openings(openings: Openings, entries: Iterable[Entry]) -> dict[str, int]:
    """How many different commitments of the entries are `open` and how many `erased`.

    Raises OpeningAltered for one whose opening is another one, or is gone or can't be read though
    no entry says so, or is there though one says that it was erased.
    """
    seen: dict[int, State] = {}
    gone: dict[int, int] = {}
    told = _Told()
    for entry in entries:
        for each in openings.of(entry.leaf):
            if each.state is State.ALTERED:
                what = f"it is not what entry {entry.index} commits to"
                raise OpeningAltered(_place(each.place), what)
            seen[each.place] = each.state
            if each.state is not State.OPEN:
                gone.setdefault(each.place, entry.index)
        told.take(entry)
    for place, entry_index in gone.items():
        if told.of(place, seen[place]):
            continue
        how = "can't be read" if seen[place] is State.UNREADABLE else "is gone"
        what = f"what entry {entry_index} commits to {how}, and no entry says so"
        raise OpeningAltered(_place(place), what)
    for place, entry_index in told.erased.items():
        if openings.state(place) is State.OPEN:
            what = f"entry {entry_index} says that it was erased, and it is there"
            raise OpeningAltered(_place(place), f"{what}; `streamward audit erase` finishes it")
    states = list(seen.values())
    lost = sum(
        one in (State.MISSING, State.UNREADABLE) and told.is_lost(at) for at, one in seen.items()
    )
    opened = states.count(State.OPEN)
    return {"open": opened, "erased": len(seen) - opened - lost, "lost": lost}


class _Told:
    """What entries say of openings that are not there any more."""

    def __init__(self) -> None:
        self.erased: dict[int, int] = {}
        self._below = 0
        self._lost: list[tuple[int, int]] = []

    def take(self, entry: Entry) -> None:
        """Take in what one entry says."""
        if not (entry.may_be(Kind.ERASED) or entry.may_be(Kind.LIFECYCLE)):
            return
        try:
            streaming = entry.event.streaming
            places = [int(place) for place in streaming.openings]
            first, below = (
                int(it or 0) for it in (streaming.openings_from, streaming.openings_below)
            )
        except (msgspec.DecodeError, ValueError):
            return  # it explains nothing
        if streaming.kind == Kind.ERASED:
            self.erased |= dict.fromkeys(places, entry.index)
            self._below = max(self._below, below)
        elif streaming.kind == Kind.LIFECYCLE:
            self._lost.append((first, below))

    def is_lost(self, place: int) -> bool:
        """Whether a machine that went down may have taken it along, and nobody erased it."""
        if place in self.erased or place < self._below:
            return False
        return any(first <= place < below for first, below in self._lost)

    def of(self, place: int, state: State) -> bool:
        """Whether an entry says why there is nothing at a place."""
        if place in self.erased or place < self._below:
            return True
        return state is not State.ERASED and self.is_lost(place)


def _place(place: int) -> str:
    return f"{FOLDER}, byte {place}"
