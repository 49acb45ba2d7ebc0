"""One entry of the log: an OCSF event with the extension object `streaming`.

`docs/reference/events.md` is the contract. The gateway writes most kinds; this module reads all of
them and builds those that Python writes: `control`, `containment`, `alert` and `account_change`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import msgspec

from streamward.model.alert import Alert, Severity

OCSF_VERSION: Final = "1.8.0"
EXTENSION_VERSION: Final = "1.0.0"
"""The version of the extension `streaming` (`docs/reference/ocsf.md`)."""

ENTRY_BYTES_MAX: Final = 65_535
"""The largest leaf that a journal frame holds."""

REASON_CHARACTERS_MAX: Final = 1_024


class Kind(StrEnum):
    """What an entry of the log says."""

    LIFECYCLE = "lifecycle"
    AUTHENTICATION = "authentication"
    ACCESS_OPENED = "access_opened"
    ACCESS_ROLLUP = "access_rollup"
    DENIED = "denied"
    POLICY_APPLIED = "policy_applied"
    CONTROL = "control"
    CONTAINMENT = "containment"
    ALERT = "alert"
    GAP = "gap"
    LOG_KEY = "log_key"
    LOG_PRUNED = "log_pruned"
    ISSUER = "issuer"
    SECRET_ACCESS = "secret_access"  # noqa: S105
    ACCOUNT_CHANGE = "account_change"
    MATERIALS = "materials"


CLASS_OF_KIND: Final[Mapping[str, frozenset[int]]] = {
    Kind.LIFECYCLE: frozenset({6002}),
    Kind.AUTHENTICATION: frozenset({3002}),
    Kind.ACCESS_OPENED: frozenset({6005, 6003}),
    Kind.ACCESS_ROLLUP: frozenset({6005}),
    Kind.DENIED: frozenset({6003}),
    Kind.POLICY_APPLIED: frozenset({5019}),
    Kind.CONTROL: frozenset({6003}),
    Kind.CONTAINMENT: frozenset({2005}),
    Kind.ALERT: frozenset({2004}),
    Kind.GAP: frozenset({6002}),
    Kind.LOG_KEY: frozenset({5019}),
    Kind.LOG_PRUNED: frozenset({6002}),
    Kind.ISSUER: frozenset({6002}),
    Kind.SECRET_ACCESS: frozenset({6003}),
    Kind.ACCOUNT_CHANGE: frozenset({3001}),
    Kind.MATERIALS: frozenset({5019}),
}
"""The OCSF classes that an entry of each kind may have."""

STATUS_SUCCESS: Final = 1
STATUS_FAILURE: Final = 2


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a type and a name: a resource, an entity, a target."""

    type: str
    name: str


class User(msgspec.Struct, frozen=True, kw_only=True):
    """The user of an OCSF actor."""

    name: str = ""
    type: str | None = None


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it, as OCSF says it."""

    user: User = User()


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a connection came from."""

    ip: str | None = None
    port: int | None = None
    name: str | None = None


class OffsetRange(msgspec.Struct, frozen=True, kw_only=True):
    """Offsets of one partition, both ends inclusive; `unknown` where nobody knows."""

    partition: int
    first: str
    last: str
    records: str
    bytes: str


class AlertBody(msgspec.Struct, frozen=True, kw_only=True):
    """The object `streaming.alert`."""

    id: str
    detection: str
    title: str
    severity: str
    entity: Named
    entries: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()


class ContainmentBody(msgspec.Struct, frozen=True, kw_only=True):
    """The object `streaming.containment`."""

    id: str
    verb: str
    target: Named
    owner: str
    reason: str
    change: str
    expires: str | None = None
    alert: str | None = None


class ControlBody(msgspec.Struct, frozen=True, kw_only=True):
    """The object `streaming.control`."""

    verb: str
    arguments: dict[str, Any] = {}


class SecretBody(msgspec.Struct, frozen=True, kw_only=True):
    """The object `streaming.secret`: which secrets were asked for, never what they are."""

    operation: str
    references: tuple[str, ...] = ()
    store: str | None = None
    version: str | None = None


class AccountBody(msgspec.Struct, frozen=True, kw_only=True, rename={"class_": "class"}):
    """The object `streaming.account`: what became of a credential in the identity store."""

    change: str
    class_: str | None = None
    not_before: str | None = None
    expires: str | None = None
    successor: str | None = None


class Streaming(msgspec.Struct, frozen=True, kw_only=True):
    """The extension object; a field that an entry leaves out is None or empty."""

    kind: str
    environment: str | None = None
    cluster: str | None = None
    listener: str | None = None
    connection: str | None = None
    principal: str | None = None
    tenant: str | None = None
    credential: str | None = None
    mechanism: str | None = None
    client: str | None = None
    proxy: str | None = None
    materials: tuple[str, ...] = ()
    api: str | None = None
    api_version: int | None = None
    action: str | None = None
    resource: Named | None = None
    classes: tuple[str, ...] = ()
    decision: str | None = None
    policy_version: str | None = None
    rules: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    reason: str | None = None
    access: str | None = None
    state: str | None = None
    bound: str | None = None
    ranges: tuple[OffsetRange, ...] = ()
    count: int | None = None
    alert: AlertBody | None = None
    containment: ContainmentBody | None = None
    control: ControlBody | None = None
    secret: SecretBody | None = None
    account: AccountBody | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the log, decoded; fields that only other tools need are not kept."""

    activity_id: int
    category_uid: int
    class_uid: int
    type_uid: int
    time: int
    severity_id: int
    streaming: Streaming
    activity_name: str | None = None
    status_id: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    actor: Actor | None = None
    src_endpoint: Endpoint | None = None

    @property
    def kind(self) -> str:
        """Which entry this is; a kind that this version doesn't know stays readable."""
        return self.streaming.kind

    @property
    def succeeded(self) -> bool:
        """Whether `status_id` says success."""
        return self.status_id == STATUS_SUCCESS

    @property
    def source(self) -> str | None:
        """The address that the caller connected from."""
        return self.src_endpoint.ip if self.src_endpoint else None


_event_decoder = msgspec.json.Decoder(Event)
_document_decoder = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class Entry:
    """A leaf with its place in the log; decoded when first asked for.

    `event` and `document` raise `msgspec.DecodeError` where the leaf isn't an event.
    """

    index: int
    leaf: bytes

    @cached_property
    def event(self) -> Event:
        """The leaf as a typed event."""
        return _event_decoder.decode(self.leaf)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The leaf as plain objects, for rules that name fields by path."""
        return _document_decoder.decode(self.leaf)

    def may_be(self, kind: Kind) -> bool:
        """A cheap test before decoding: False only where the entry certainly is of another kind."""
        return f'"kind":"{kind}"'.encode() in self.leaf


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one form of a JSON object that is hashed and signed: sorted keys, no blanks, UTF-8."""
    return msgspec.json.encode(document, order="deterministic")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who used the control door, and how the door knows."""

    principal: str
    mechanism: str = "unix"
    credential: str | None = None


def _event(
    class_uid: int,
    activity: tuple[int, str],
    time_milliseconds: int,
    severity: Severity,
    streaming: Mapping[str, Any],
) -> dict[str, Any]:
    activity_id, activity_name = activity
    return {
        "activity_id": activity_id,
        "activity_name": activity_name,
        "category_uid": class_uid // 1000,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + activity_id,
        "time": time_milliseconds,
        "severity_id": severity.ocsf,
        "metadata": {
            "extensions": [{"name": "streaming", "version": EXTENSION_VERSION}],
            "product": {"name": "Streamward", "vendor_name": "Streamward"},
            "version": OCSF_VERSION,
        },
        "streaming": {name: value for name, value in streaming.items() if value is not None},
    }


_CONTROL_ACTIVITIES: Final[Mapping[str, tuple[int, str]]] = {
    "contain": (1, "Create"),
    "inspect": (2, "Read"),
    "reload": (3, "Update"),
    "lift": (4, "Delete"),
    "identity add": (1, "Create"),
    "identity list": (2, "Read"),
    "identity show": (2, "Read"),
    "identity rotate": (3, "Update"),
    "identity disable": (3, "Update"),
    "identity enable": (3, "Update"),
    "identity revoke": (3, "Update"),
    "identity remove": (4, "Delete"),
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
    document = _event(
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
    document = _event(
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
) -> bytes:
    """What became of a credential in the identity store, as a canonical leaf.

    `by` is whoever did it at the control door; None where its own cadence did.
    """
    warning = change in ("expiring", "unused")
    account = {
        "change": change,
        "class": class_name,
        "not_before": None if not_before_milliseconds is None else str(not_before_milliseconds),
        "expires": None if expires_milliseconds is None else str(expires_milliseconds),
        "successor": successor,
    }
    document = _event(
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
    document["status_id"] = STATUS_SUCCESS
    document["user"] = {"name": principal, "credential_uid": credential}
    if by is not None:
        document["actor"] = {"user": {"name": by.principal}}
        document["src_endpoint"] = {"name": by.mechanism}
    return canonical(document)


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
    document = _event(
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


def alert_event(alert: Alert) -> bytes:
    """What looks wrong, as a canonical leaf. Its time is that of the entry that triggered it."""
    document = _event(
        2004,
        (1, "Create"),
        alert.time_milliseconds,
        alert.severity,
        {
            "kind": Kind.ALERT,
            "reason": alert.title[:REASON_CHARACTERS_MAX],
            "alert": {
                "id": alert.id,
                "detection": alert.detection,
                "title": alert.title[:REASON_CHARACTERS_MAX],
                "severity": str(alert.severity),
                "entity": {"type": alert.entity_type, "name": alert.entity_name},
                "entries": [str(index) for index in alert.entries],
                "techniques": list(alert.techniques),
            },
        },
    )
    document["status_id"] = 1
    document["finding_info"] = {"title": alert.title[:REASON_CHARACTERS_MAX], "uid": alert.id}
    if alert.techniques:
        document["finding_info"]["attacks"] = [
            {"technique": {"uid": technique}} for technique in alert.techniques
        ]
    return canonical(document)


def issuer_event(
    *, time_milliseconds: int, issuer: str, succeeded: bool, reason: str, environment: str | None
) -> bytes:
    """What a token issuer last said is in force, or it could not be asked, as a canonical leaf."""
    document = _event(
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
