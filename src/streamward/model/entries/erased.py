"""What entries committed to, and is erased."""

from collections.abc import Iterable
from typing import Final

from streamward.model.alert import Severity
from streamward.model.entries.common import REASON_CHARACTERS_MAX, event_of
from streamward.model.event import STATUS_SUCCESS, Kind, canonical

OPENINGS_PER_ENTRY: Final = 2_000
"""Each takes some 15 bytes of an entry."""


def erased_event(
    *, time_milliseconds: int, principal: str, openings: Iterable[int], reason: str
) -> bytes:
    """That what these openings hold is erased, and on whose word, as a canonical leaf."""
    document = event_of(
        6002,
        (99, "Other"),
        time_milliseconds,
        Severity.INFORMATIONAL,
        {
            "kind": Kind.ERASED,
            "principal": principal,
            "reason": reason[:REASON_CHARACTERS_MAX],
            "openings": [str(place) for place in openings],
        },
    )
    document["activity_name"] = "Erase"
    document["status_id"] = STATUS_SUCCESS
    document["app"] = document["metadata"]["product"]
    return canonical(document)
