"""Containments."""

from collections.abc import Mapping
from typing import Final

from streamward.model.alert import Severity
from streamward.model.entries.common import REASON_CHARACTERS_MAX, event_of
from streamward.model.event import Kind, canonical

_CONTAINMENT_ACTIVITIES: Final[Mapping[str, tuple[int, str]]] = {
    "opened": (1, "Create"),
    "lifted": (3, "Close"),
    "expired": (3, "Close"),
}


def containment_event(
    *,
    time_milliseconds: int,
    identifier: str,
    verb: str,
    target: tuple[str, str],
    owner: str,
    reason: str,
    change: str,
    expires_milliseconds: int | None = None,
    alert: str | None = None,
    principal: str | None = None,
) -> bytes:
    """A containment that opened, was lifted or expired, as a canonical leaf."""
    target_type, target_name = target
    document = event_of(
        2005,
        _CONTAINMENT_ACTIVITIES[change],
        time_milliseconds,
        Severity.HIGH if change == "opened" else Severity.INFORMATIONAL,
        {
            "kind": Kind.CONTAINMENT,
            "principal": principal,
            "reason": reason[:REASON_CHARACTERS_MAX],
            "containment": {
                "id": identifier,
                "verb": verb,
                "target": {"type": target_type, "name": target_name},
                "owner": owner,
                "reason": reason[:REASON_CHARACTERS_MAX],
                "expires": None if expires_milliseconds is None else str(expires_milliseconds),
                "change": change,
                "alert": alert,
            },
        },
    )
    # OCSF's incident status: 1 new, 5 closed.
    document["status_id"] = 1 if change == "opened" else 5
    document["assignee"] = {"name": owner}
    document["finding_info_list"] = [
        {"title": f"{verb} {target_type} `{target_name}`", "uid": identifier}
    ]
    return canonical(document)
