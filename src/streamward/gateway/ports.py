"""What this room needs from elsewhere."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from streamward.model.document import Bundle

ReadAnew = Callable[[Bundle], tuple[dict[str, bytes], dict[str, str]]]
"""The bytes of references that can be used, and what is wrong with the others; blocks."""


class DataPlane(Protocol):
    """The compiled gateway (docs/concepts/boundary.md); its errors are StreamwardErrors."""

    def start(self, snapshot: bytes, materials: dict[str, bytes]) -> None:
        """Open the journal and bind every listener."""
        ...

    def apply(self, snapshot: bytes, materials: dict[str, bytes]) -> bytes:
        """Put a snapshot in force; the status then, as JSON."""
        ...

    def supply(self, materials: dict[str, bytes], unusable: dict[str, str]) -> bytes:
        """Take over materials that were read anew, and enter why others could not be.

        Both by reference. One with no bytes is withheld: what needs it fails until there are some.
        What belongs together is taken together; what can't be used changes nothing. Gives JSON with
        `renewed`, `withheld` and `refused`.
        """
        ...

    def status(self) -> bytes:
        """JSON: listeners with their bound ports, connections, counters, versions."""
        ...

    def metrics(self, accept: str) -> tuple[str, bytes]:
        """All figures: the content type that the `Accept` header asks for, and the text."""
        ...

    def health(self) -> bytes:
        """JSON: alive, ready, and each check with what is wrong."""
        ...

    def publish(self, figures: bytes) -> None:
        """Take over what is counted outside of the data plane, as JSON."""
        ...

    def drain(self, seconds: float) -> None:
        """Take no new connection, wait for what is in flight, then stop."""
        ...


class Worker(Protocol):
    """Something that runs beside the data plane for as long as it does."""

    async def run(self) -> None:
        """Run until cancelled."""
        ...


class Source(Protocol):
    """Where the bundle comes from."""

    def read(self) -> Bundle:
        """The bundle as it is now. Raises BundleInvalid with every mistake, or NotFound."""
        ...

    def fingerprint(self) -> str:
        """Changes whenever there is something else to read; cheap enough for once a second."""
        ...

    def standing(self) -> dict[str, Any]:
        """How the folder stands to what is in force, for the status."""
        ...


class Staged(Protocol):
    """A bundle that is ready to come into force."""

    @property
    def bundle(self) -> Bundle:
        """The bundle."""
        ...


class OverlayHolder(Protocol):
    """Holds the containments that are in force."""

    def frozen(self) -> AbstractAsyncContextManager[Mapping[str, Any]]:
        """The overlay section of a snapshot; no containment opens or ends within the block.

        Otherwise a snapshot that was built before a containment could take it out of force.
        """
        ...
