"""Objects inside `streaming`, one for each kind of entry that has one of its own."""

from typing import Any

import msgspec


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a type and a name: a resource, an entity, a target."""

    type: str
    name: str


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


class KeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """The object `streaming.key`: what became of a key ring or of one data key; never a key."""

    ring: str
    change: str
    kid: str | None = None
    ring_version: int | None = None
    provider: str | None = None
    provider_key: str | None = None
    provider_version: str | None = None
    data_keys: int | None = None
    kids: str | None = None
    granted: tuple[str, ...] = ()
    until: str | None = None
    failed: int | None = None
    due: str | None = None
    gone_from: str | None = None
