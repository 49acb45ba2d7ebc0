"""A data key and a ring as the key store has them. Pure: no I/O, no clock."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from streamward.keys.ports import Wrapped

KID: Final = re.compile(r"[0-9a-f]{32}")


class RingState(StrEnum):
    """What may be done with a ring."""

    ACTIVE = "active"
    REVOKED = "revoked"
    CONDEMNED = "condemned"
    """Its destruction was asked for and waits: nothing is sealed or opened; it can be undone."""
    DESTROYING = "destroying"
    """Its destruction has begun, and nothing takes it back: it goes on until it is done."""
    DESTROYED = "destroyed"


class KeyState(StrEnum):
    """What may be done with a data key."""

    ACTIVE = "active"
    REVOKED = "revoked"
    SHREDDED = "shredded"


class Purpose(StrEnum):
    """What a data key seals with."""

    DATA = "data"
    """AES-256-GCM, for one writer and a bounded number of records."""
    DETERMINISTIC = "deterministic"
    """Equal plaintexts to equal ciphertexts: one a ring, for all writers, for as long as it is."""


@dataclass(frozen=True, slots=True)
class Ring:
    """What has become of a ring; times are milliseconds since 1970."""

    name: str
    state: RingState
    version: int
    provider: str
    provider_key: str
    created: int
    rotated: int | None = None
    changed: int = 0
    reason: str | None = None
    requested: int | None = None
    requested_by: str | None = None
    due: int | None = None
    approvals_needed: int | None = None
    """As the bundle said when its destruction was asked for; a later one can only ask for more."""
    approved_by: str | None = None
    destroyed: int | None = None


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A provider's key, and the one ring whose data keys it wraps, or ever wrapped."""

    provider: str
    provider_key: str
    ring: str


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key, wrapped; times are milliseconds since 1970."""

    kid: str
    ring: str
    ring_version: int
    purpose: Purpose
    provider: str
    provider_key: str
    provider_version: str
    wrapped: bytes | None = field(repr=False)
    key_bytes: int
    records_max: int | None
    writer: str
    created: int
    expires: int | None
    state: KeyState = KeyState.ACTIVE
    opened: int | None = None
    changed: int = 0
    reason: str | None = None

    @property
    def context(self) -> dict[str, str]:
        """What the wrapped key is bound to: copied into another row, it doesn't open."""
        return context_of(self.kid, self.ring, self.ring_version, self.purpose)

    @property
    def under(self) -> Wrapped:
        """The wrapped key, as its provider takes it."""
        return Wrapped(self.wrapped or b"", self.provider_version)


def context_of(kid: str, ring: str, ring_version: int, purpose: Purpose) -> dict[str, str]:
    """What a wrapped key is bound to."""
    return {
        "kid": kid,
        "ring": ring,
        "ring_version": str(ring_version),
        "purpose": purpose.value,
    }
