"""One entry of the log: an OCSF event with the extension object `streaming`.

`docs/reference/events.md` is the contract. The gateway writes most kinds; this module reads all of
them, `streamward.model.entries` builds those that Python writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import msgspec

from streamward.model.event_bodies import (
    AccountBody,
    AlertBody,
    ContainmentBody,
    ControlBody,
    KeyBody,
    Named,
    OffsetRange,
    SecretBody,
)

ENTRY_BYTES_MAX: Final = 65_535
"""The largest leaf that a journal frame holds."""

GATEWAY: Final = "streamward:gateway"
"""The principal of what a gateway does itself; nobody can be declared with this name."""


class Kind(StrEnum):
    """What an entry of the log says."""

    LIFECYCLE = "lifecycle"
    AUTHENTICATION = "authentication"
    SESSION_AUTHORIZED = "session_authorized"
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
    ERASED = "erased"
    KEY_CHANGE = "key_change"
    KEY_GRANTED = "key_granted"
    ACCESS_CHANGE = "access_change"


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
    Kind.ERASED: frozenset({6002}),
    Kind.KEY_CHANGE: frozenset({3004, 6003}),
    Kind.KEY_GRANTED: frozenset({6003}),
    Kind.SESSION_AUTHORIZED: frozenset({3003}),
    Kind.ACCESS_CHANGE: frozenset({3005}),
}
"""The OCSF classes that an entry of each kind may have; of `key_change` 6003 in older logs."""

STATUS_SUCCESS: Final = 1
STATUS_FAILURE: Final = 2


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
    uid: str | None = None


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
    roles: tuple[str, ...] = ()
    alert: AlertBody | None = None
    containment: ContainmentBody | None = None
    control: ControlBody | None = None
    secret: SecretBody | None = None
    account: AccountBody | None = None
    openings: tuple[str, ...] = ()
    openings_from: str | None = None
    openings_below: str | None = None
    key: KeyBody | None = None


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

    @property
    def place(self) -> str | None:
        """The address for a person to read: where it is not known, why."""
        endpoint = self.src_endpoint
        return (endpoint.ip or (endpoint.uid and endpoint.name)) if endpoint else None


_event_decoder = msgspec.json.Decoder(Event)
_document_decoder = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class Entry:
    """A leaf with its place in the log; decoded when first asked for.

    `event` and `document` raise `msgspec.DecodeError` where the leaf isn't an event.
    """

    index: int
    leaf: bytes
    """What is hashed; where it commits to something, not what that is."""
    opened: bytes | None = None
    """The leaf with what it commits to in its place, as far as that is known; None: the same."""

    @property
    def text(self) -> bytes:
        """The leaf as it is to be read."""
        return self.leaf if self.opened is None else self.opened

    @cached_property
    def event(self) -> Event:
        """The leaf as a typed event."""
        return _event_decoder.decode(self.text)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The leaf as plain objects, for rules that name fields by path."""
        return _document_decoder.decode(self.text)

    def may_be(self, kind: Kind) -> bool:
        """A cheap test before decoding: False only where the entry certainly is of another kind."""
        return f'"kind":"{kind}"'.encode() in self.leaf


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one form of a JSON object that is hashed and signed: sorted keys, no blanks, UTF-8."""
    return msgspec.json.encode(document, order="deterministic")
