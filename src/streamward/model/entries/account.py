"""Credentials of the identity store."""

from collections.abc import Mapping
from typing import Final

from streamward.model.alert import Severity
from streamward.model.entries.common import REASON_CHARACTERS_MAX, Caller, event_of
from streamward.model.event import STATUS_FAILURE, STATUS_SUCCESS, Kind, canonical

_ACCOUNT_ACTIVITIES: Final[Mapping[str, tuple[int, str]]] = {
    "added": (1, "Create"),
    "enabled": (2, "Enable"),
    "rotated": (3, "Password Change"),
    "disabled": (5, "Disable"),
    "revoked": (5, "Disable"),
    "removed": (6, "Delete"),
}


def account_change_event(
    *,
    time_milliseconds: int,
    principal: str,
    credential: str,
    change: str,
    by: Caller | None,
    reason: str | None = None,
    class_name: str | None = None,
    not_before_milliseconds: int | None = None,
    expires_milliseconds: int | None = None,
    successor: str | None = None,
    succeeded: bool = True,
) -> bytes:
    """What became of a credential in the identity store, as a canonical leaf.

    `by` is whoever did it at the control door; None where its own cadence did. Not `succeeded`
    takes back the entry before it: the store could not keep the change.
    """
    warning = change in ("expiring", "unused")
    account = {
        "change": change,
        "class": class_name,
        "not_before": None if not_before_milliseconds is None else str(not_before_milliseconds),
        "expires": None if expires_milliseconds is None else str(expires_milliseconds),
        "successor": successor,
    }
    document = event_of(
        3001,
        _ACCOUNT_ACTIVITIES.get(change, (99, "Other")),
        time_milliseconds,
        Severity.LOW if warning else Severity.INFORMATIONAL,
        {
            "kind": Kind.ACCOUNT_CHANGE,
            "principal": principal,
            "credential": credential,
            "mechanism": None if by is None else by.mechanism,
            "reason": reason[:REASON_CHARACTERS_MAX] if reason else None,
            "account": {name: value for name, value in account.items() if value is not None},
        },
    )
    if document["activity_id"] == 99:
        document["activity_name"] = change
    document["status_id"] = STATUS_SUCCESS if succeeded else STATUS_FAILURE
    document["user"] = {"name": principal, "credential_uid": credential}
    if by is not None:
        document["actor"] = {"user": {"name": by.principal}}
        document["src_endpoint"] = {"name": by.mechanism}
    return canonical(document)
