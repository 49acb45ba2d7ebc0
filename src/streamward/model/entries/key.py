"""Key rings and data keys."""

from collections.abc import Mapping
from typing import Any, Final

from streamward.model.alert import Severity
from streamward.model.entries.common import REASON_CHARACTERS_MAX, Caller, event_of
from streamward.model.event import STATUS_FAILURE, STATUS_SUCCESS, Kind, canonical

_KEY_ACTIVITIES: Final[Mapping[str, tuple[int, str]]] = {
    "begun": (1, "Create"),
    "rotating": (3, "Update"),
    "rotated": (3, "Update"),
    "rewrapped": (3, "Update"),
    "revoked": (3, "Update"),
    "restoring": (3, "Update"),
    "restored": (3, "Update"),
    "condemned": (3, "Update"),
    "approved": (3, "Update"),
    "destroying": (4, "Delete"),
    "destroyed": (4, "Delete"),
}
_HIGH: Final = frozenset({"condemned", "destroying", "destroyed"})


def key_change_event(
    *,
    time_milliseconds: int,
    ring: str,
    change: str,
    by: Caller | None,
    reason: str | None = None,
    succeeded: bool = True,
    **facts: Any,
) -> bytes:
    """What became of a key ring, or of the data key `kid`, as a canonical leaf.

    `by` is whoever did it at the control door; None where its own cadence did. `facts` are fields
    of `streaming.key` (docs/reference/events.md); those that are None are left out.
    """
    key = {"ring": ring, "change": change} | facts
    name = "gateway" if by is None else by.principal
    document = event_of(
        3004,
        _KEY_ACTIVITIES[change],
        time_milliseconds,
        Severity.HIGH if change in _HIGH or not succeeded else Severity.INFORMATIONAL,
        {
            "kind": Kind.KEY_CHANGE,
            "principal": None if by is None else by.principal,
            "mechanism": None if by is None else by.mechanism,
            "reason": reason[:REASON_CHARACTERS_MAX] if reason else None,
            "key": {name: value for name, value in key.items() if value is not None},
        },
    )
    document["status_id"] = STATUS_SUCCESS if succeeded else STATUS_FAILURE
    document["actor"] = {"user": {"name": name}}
    document["src_endpoint"] = {"name": "gateway" if by is None else by.mechanism}
    document["entity"] = {"name": ring, "type": "KeyRing", "type_id": 99}
    if facts.get("kid") is not None:
        document["entity"] |= {"uid": facts["kid"], "type": "DataKey"}
    if reason:
        document["comment"] = reason[:REASON_CHARACTERS_MAX]
    return canonical(document)
