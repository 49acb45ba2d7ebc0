"""What a provider of keys is to this room, and what this room needs from elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from streamward.errors import StreamwardError, Unavailable
from streamward.model.event import canonical
from streamward.secrets import Secret

ReadSecret = Callable[[str], bytes]
"""The bytes that a reference of the bundle names; raises StreamwardError."""

Context = Mapping[str, str]
"""What a wrapped key is bound to: with another context it doesn't open. Not secret."""


class KeyUnavailable(Unavailable):
    """A provider of keys doesn't answer now; trying again later may help."""

    code = "key.unavailable"
    help = "Look at the provider's address and health; data keys in use serve until they end."


class KeyRefused(StreamwardError):
    """A key may not be used: it is revoked, disabled or destroyed, or the provider says no."""

    code = "key.refused"
    help = "Run `streamward keys show RING` to see what became of it."


class KeyMissing(KeyRefused):
    """The provider has no key of this name."""

    code = "key.missing"
    help = "Look at `key` of the KeyRing, and at the provider."


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key under a provider's key, and under which version of it."""

    ciphertext: bytes
    version: str


@dataclass(frozen=True, slots=True)
class Destroyed:
    """How far a key is gone: at once, or from a time on (ms since 1970) by the provider's rules."""

    gone_from: int | None = None


class Provider(Protocol):
    """Holds keys that never leave it.

    Calls block. Each raises KeyUnavailable where asking again may help, KeyMissing where there is
    no such key, KeyRefused where the provider says no.
    """

    def create(self, key: str) -> None:
        """Make the key unless it is there. Raises KeyMissing where only its owner can make it."""
        ...

    def wrap(self, key: str, plain: Secret, context: Context) -> Wrapped:
        """Encrypt a key under the newest version."""
        ...

    def unwrap(self, key: str, wrapped: Wrapped, context: Context) -> Secret:
        """The key that was wrapped in this context."""
        ...

    def rotate(self, key: str) -> str:
        """Make a new version; those before it still unwrap. The version that wraps from now on."""
        ...

    def disable(self, key: str) -> bool:
        """Let the key do nothing until it is enabled. False: this provider can't."""
        ...

    def enable(self, key: str) -> None:
        """Take back what `disable` did."""
        ...

    def destroy(self, key: str) -> Destroyed:
        """Destroy every version, for ever. A key that is gone already is no mistake."""
        ...

    def health(self, key: str) -> None:
        """Raises what stands in the way of using the key."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def context_bytes(context: Context) -> bytes:
    """A context as associated data."""
    return b"streamward key v1\0" + canonical(context)


class Recorder(Protocol):
    """The one writer of the log."""

    def record(self, entry: bytes, /) -> int:
        """Append a canonical leaf; it is durable when this returns its index."""
        ...
