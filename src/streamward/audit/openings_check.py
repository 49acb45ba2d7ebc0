"""Checks what entries commit to against what lies beside the log to open it."""

from collections.abc import Iterable

import msgspec

from streamward.audit.openings import FOLDER, OpeningAltered, Openings, State
from streamward.model.event import Entry, Kind

__all__ = ["OpeningAltered", "checked_openings"]


def checked_openings(openings: Openings, entries: Iterable[Entry]) -> dict[str, int]:
    """How many different commitments of the entries are `open` and how many `erased`.

    Raises OpeningAltered for one whose opening is another one, or is gone though no entry says so,
    or is there though one says that it was erased.
    """
    seen: dict[int, State] = {}
    gone: dict[int, int] = {}
    erased: dict[int, int] = {}
    below = 0
    for entry in entries:
        for each in openings.of(entry.leaf):
            if each.state is State.ALTERED:
                what = f"it is not what entry {entry.index} commits to"
                raise OpeningAltered(_place(each.place), what)
            seen[each.place] = each.state
            if each.state is not State.OPEN:
                gone.setdefault(each.place, entry.index)
        if entry.may_be(Kind.ERASED):
            places, first_left = _erased(entry)
            erased |= dict.fromkeys(places, entry.index)
            below = max(below, first_left)
    for place, entry_index in gone.items():
        if place not in erased and place >= below:
            what = f"what entry {entry_index} commits to is gone, and no entry says so"
            raise OpeningAltered(_place(place), what)
    for place, entry_index in erased.items():
        if openings.state(place) is State.OPEN:
            what = f"entry {entry_index} says that it was erased, and it is there"
            raise OpeningAltered(_place(place), f"{what}; `streamward audit erase` finishes it")
    count = list(seen.values()).count(State.OPEN)
    return {"open": count, "erased": len(seen) - count}


def _erased(entry: Entry) -> tuple[list[int], int]:
    try:
        streaming = entry.event.streaming
    except msgspec.DecodeError:
        return [], 0
    if streaming.kind != Kind.ERASED:
        return [], 0
    return [int(place) for place in streaming.openings], int(streaming.openings_below or 0)


def _place(place: int) -> str:
    return f"{FOLDER}, byte {place}"
