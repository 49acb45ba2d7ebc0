"""What a store of secrets is to the keeper, and what the keeper tells others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from streamward.errors import Unavailable
from streamward.secrets.material import Secret
from streamward.secrets.reference import Location


class SecretUnavailable(Unavailable):
    """A store of secrets doesn't answer now; trying again later may help."""

    code = "secret.unavailable"
    help = "Look at the store's address and health; what is held serves until its lease ends."


@dataclass(frozen=True, slots=True)
class Lease:
    """For how long a secret was lent; `id` renews it and is never shown."""

    id: str = field(repr=False)
    seconds: float
    renewable: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a store gave: one value, or several by name."""

    values: Mapping[str | None, Secret]
    """By field; under None, the value of a secret that isn't made of fields."""
    version: str | None = None
    lease: Lease | None = None


class Store(Protocol):
    """One store. Calls block; each raises SecretUnavailable where asking again may help,
    MaterialMissing where the secret isn't there, MaterialRefused where the store says no.
    """

    def read(self, location: Location) -> Reading:
        """The secret as it is now; from an engine that makes secrets, a new one."""
        ...

    def renew(self, lease: Lease) -> Lease:
        """Lend it for longer."""
        ...

    def revoke(self, lease: Lease) -> None:
        """End a lease: nobody needs the secret any more."""
        ...

    def tend(self) -> bool:
        """Keep the caller's own login alive. False: it is another, and leases of the old one end
        with it.
        """
        ...


@runtime_checkable
class Closing(Protocol):
    """A store that keeps something open between two calls."""

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """A declared store, as the keeper needs it."""

    scheme: str
    name: str
    refresh_seconds: float
    """How often a secret without a lease is looked at again."""
    held_seconds: float
    """How long one without a lease serves while the store doesn't answer."""
    options: object = None
    """What only the provider understands."""


Operation = Literal["read", "renew", "revoke"]


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody's secret was asked for: which, and how it went. Never the value."""

    operation: Operation
    references: tuple[str, ...]
    store: str | None
    version: str | None
    time_milliseconds: int
    reason: str | None = None
    """Why it was not given; None: it was."""
