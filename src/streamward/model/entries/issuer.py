"""Issuers of tokens."""

from streamward.model.alert import Severity
from streamward.model.entries.common import REASON_CHARACTERS_MAX, event_of
from streamward.model.event import STATUS_FAILURE, STATUS_SUCCESS, Kind, canonical


def issuer_event(
    *, time_milliseconds: int, issuer: str, succeeded: bool, reason: str, environment: str | None
) -> bytes:
    """What a token issuer last said is in force, or it could not be asked, as a canonical leaf."""
    document = event_of(
        6002,
        (99, "Other"),
        time_milliseconds,
        Severity.INFORMATIONAL if succeeded else Severity.MEDIUM,
        {
            "kind": Kind.ISSUER,
            "environment": environment,
            "resource": {"type": "TokenIssuer", "name": issuer},
            "reason": reason[:REASON_CHARACTERS_MAX],
        },
    )
    document["status_id"] = STATUS_SUCCESS if succeeded else STATUS_FAILURE
    document["app"] = document["metadata"]["product"]
    return canonical(document)
