"""What this room needs from elsewhere."""

from collections.abc import Callable
from typing import Protocol

ReadSecret = Callable[[str], bytes]
"""The bytes that a reference of the bundle names; raises StreamwardError."""


class Recorder(Protocol):
    """The one writer of the log."""

    def record(self, entry: bytes, /) -> int:
        """Append a canonical leaf; it is durable when this returns its index."""
        ...


class TokenPlane(Protocol):
    """The data plane, as far as it is told about tokens (docs/concepts/boundary.md)."""

    def supply_keys(self, keys: bytes, /) -> int:
        """Put the keys of a token issuer in force; how many of them can be used.

        Raises InvalidArgument for what is no key set, and then changes nothing.
        """
        ...

    def next_question(self, seconds: float, /) -> tuple[int, bytes] | None:
        """What the data plane must be told to go on; waits for at most so many seconds."""
        ...

    def answer(self, identifier: int, answer: bytes | None, /) -> bool:
        """Answer a question; None where there is no answer. False: nobody waits for it."""
        ...


class DevicePlane(Protocol):
    """The data plane, as far as it is told about devices (docs/concepts/boundary.md)."""

    def supply_devices(self, devices: bytes, /) -> None:
        """Take over what an inventory says. Raises InvalidArgument, and then changes nothing."""
        ...


class Enforcer(Protocol):
    """What makes the data plane feel that a credential has changed."""

    async def end(self, credential: str, owner: str, reason: str) -> None:
        """Close the connections that it proved, and refuse it; in force when this returns."""
        ...

    async def restore(self, credential: str, owner: str, reason: str) -> None:
        """Take back what `end` did."""
        ...

    async def forget(self) -> None:
        """What was looked up is asked anew."""
        ...


class VerifierMaker(Protocol):
    """Makes RFC 5803 texts: the code that checks them in the data plane."""

    def __call__(self, password: bytes, iterations: int, mechanism: str, salt: bytes) -> str:
        """The verifier of a password for a SCRAM mechanism."""
        ...
