"""Verbs at the control door."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from streamward.model.alert import Severity
from streamward.model.entries.common import REASON_CHARACTERS_MAX, Caller, event_of
from streamward.model.event import STATUS_FAILURE, STATUS_SUCCESS, Kind, canonical

_CONTROL_ACTIVITIES: Final[Mapping[str, tuple[int, str]]] = {
    "contain": (1, "Create"),
    "inspect": (2, "Read"),
    "reload": (3, "Update"),
    "lift": (4, "Delete"),
    "apply": (3, "Update"),
    "applied": (3, "Update"),
    "rollback": (3, "Update"),
    "erase": (4, "Delete"),
    "identity add": (1, "Create"),
    "identity list": (2, "Read"),
    "identity show": (2, "Read"),
    "identity rotate": (3, "Update"),
    "identity disable": (3, "Update"),
    "identity enable": (3, "Update"),
    "identity revoke": (3, "Update"),
    "identity remove": (4, "Delete"),
    "keys list": (2, "Read"),
    "keys show": (2, "Read"),
    "keys preview": (2, "Read"),
    "keys verify": (2, "Read"),
    "keys audit": (2, "Read"),
    "keys rotate": (3, "Update"),
    "keys revoke": (3, "Update"),
    "keys restore": (3, "Update"),
    "keys approve": (3, "Update"),
    "keys destroy": (4, "Delete"),
}


def control_event(
    *,
    time_milliseconds: int,
    caller: Caller,
    verb: str,
    arguments: Mapping[str, Any],
    action: str,
    resource: tuple[str, str],
    allowed: bool,
    policy_version: str | None,
    rules: Iterable[str],
    errors: Iterable[str] = (),
    reason: str | None = None,
) -> bytes:
    """A verb at the control door, allowed or denied, as a canonical leaf."""
    document = event_of(
        6003,
        _CONTROL_ACTIVITIES.get(verb, (99, "Other")),
        time_milliseconds,
        Severity.INFORMATIONAL if allowed else Severity.MEDIUM,
        {
            "kind": Kind.CONTROL,
            "principal": caller.principal,
            "mechanism": caller.mechanism,
            "credential": caller.credential,
            "action": action,
            "resource": {"type": resource[0], "name": resource[1]},
            "decision": "allow" if allowed else "deny",
            "policy_version": policy_version,
            "rules": list(rules),
            "errors": list(errors) or None,
            "reason": reason[:REASON_CHARACTERS_MAX] if reason else None,
            "control": {"verb": verb, "arguments": dict(arguments)},
        },
    )
    document["status_id"] = STATUS_SUCCESS if allowed else STATUS_FAILURE
    document["actor"] = {"user": {"name": caller.principal}}
    document["src_endpoint"] = {"name": caller.mechanism}
    document["api"] = {"operation": verb}
    document["resources"] = [{"name": resource[1], "type": resource[0]}]
    return canonical(document)
