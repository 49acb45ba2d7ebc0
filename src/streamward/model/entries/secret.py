"""Secrets that the gateway asked for."""

from collections.abc import Iterable, Mapping
from typing import Final

from streamward.model.alert import Severity
from streamward.model.entries.common import REASON_CHARACTERS_MAX, event_of
from streamward.model.event import STATUS_FAILURE, STATUS_SUCCESS, Kind, canonical

_SECRET_ACTIVITIES: Final[Mapping[str, tuple[int, str]]] = {
    "read": (2, "Read"),
    "renew": (3, "Update"),
    "revoke": (4, "Delete"),
}


def secret_event(
    *,
    time_milliseconds: int,
    operation: str,
    references: Iterable[str],
    store: str | None,
    version: str | None,
    reason: str | None,
) -> bytes:
    """Secrets that the gateway asked for, by reference, as a canonical leaf.

    `reason` says why they were not given; None: they were.
    """
    given = reason is None
    secret = {
        "operation": operation,
        "references": list(references),
        "store": store,
        "version": version,
    }
    document = event_of(
        6003,
        _SECRET_ACTIVITIES[operation],
        time_milliseconds,
        Severity.INFORMATIONAL if given else Severity.MEDIUM,
        {
            "kind": Kind.SECRET_ACCESS,
            "reason": reason[:REASON_CHARACTERS_MAX] if reason else None,
            "secret": {name: value for name, value in secret.items() if value is not None},
        },
    )
    document["status_id"] = STATUS_SUCCESS if given else STATUS_FAILURE
    document["actor"] = {"user": {"name": "gateway"}}
    document["api"] = {"operation": f"secret.{operation}"}
    # OCSF asks who called: the process itself.
    document["src_endpoint"] = {"name": "gateway"}
    return canonical(document)
