"""What the control door needs from elsewhere."""

from typing import Any, Protocol


class Decider(Protocol):
    """Answers a decision request as a live connection would get it."""

    def decide(self, request: bytes, /) -> bytes:
        """The decision as JSON (docs/concepts/boundary.md)."""
        ...


class Reloader(Protocol):
    """What runs the gateway."""

    @property
    def policy_version(self) -> str:
        """The digest of the policy in force."""
        ...

    async def reload(self) -> dict[str, Any]:
        """Read the bundle again and put it in force. Raises BundleInvalid."""
        ...

    def status(self) -> dict[str, Any]:
        """What listens, who is connected."""
        ...

    def metrics(self, accept: str) -> tuple[str, bytes]:
        """All figures as text: the content type for an `Accept` header, and the text."""
        ...

    def health(self) -> dict[str, Any]:
        """`live`, `ready`, and `checks` with what is wrong."""
        ...
