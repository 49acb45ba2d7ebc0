"""A password credential as the identity store keeps it, and when it holds. Pure: no clock."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streamward.errors import Unavailable
from streamward.secrets import Secret

CREDENTIALS_OF_PRINCIPAL_MAX = 4
"""In force at one time; the data plane looks at no more."""

SALT_BYTES = 16
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")


class StoreUnavailable(Unavailable):
    """The database can't be reached or used now."""

    code = "identity.store_unavailable"
    help = "Nothing was changed. See that the database of the IdentityStore runs, then try again."


class State(StrEnum):
    """Whether a credential lets anybody in."""

    ACTIVE = "active"
    EARLY = "early"
    EXPIRED = "expired"
    DISABLED = "disabled"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """One password of a principal; times are milliseconds since 1970.

    `verifiers` are RFC 5803 texts, one for each mechanism, and never shown.
    """

    id: str
    principal: str
    class_name: str | None
    verifiers: tuple[Secret, ...]
    created: int
    not_before: int | None = None
    expires: int | None = None
    disabled: int | None = None
    revoked: bool = False
    reason: str | None = None
    last_used: int | None = None
    expiry_warned: int | None = None
    unused_reported: int | None = None
    successor: str | None = None

    def state(self, now_milliseconds: int) -> State:
        """Whether it holds at this time, and if not, why."""
        if self.revoked:
            return State.REVOKED
        if self.disabled is not None:
            return State.DISABLED
        if self.expires is not None and self.expires <= now_milliseconds:
            return State.EXPIRED
        if self.not_before is not None and self.not_before > now_milliseconds:
            return State.EARLY
        return State.ACTIVE

    def ended(self, now_milliseconds: int) -> bool:
        """Whether it will not hold again by itself."""
        return self.state(now_milliseconds) not in (State.ACTIVE, State.EARLY)

    def answer(self) -> dict[str, Any]:
        """What the data plane is told (docs/concepts/boundary.md); with the verifiers."""
        return {
            "id": self.id,
            "verifiers": [secret.value.decode() for secret in self.verifiers],
            "not_before": self.not_before,
            "expires": self.expires,
            "disabled": self.revoked or self.disabled is not None,
            "issued": self.created,
        }

    def challenge(self, mechanism: str) -> tuple[int, str] | None:
        """Rounds and salt (base64) that a client is asked with; None without such a verifier."""
        for secret in self.verifiers:
            name, cost, _ = secret.value.decode().split("$")
            if name == mechanism:
                rounds, _, salt = cost.partition(":")
                return int(rounds), salt
        return None
