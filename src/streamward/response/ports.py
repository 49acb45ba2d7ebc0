"""What this room needs from elsewhere."""

from typing import Protocol


class OverlaySink(Protocol):
    """Where an overlay comes into force."""

    def overlay(self, overlay: bytes) -> bytes:
        """Put an overlay in force; it is when this returns. Raises Unavailable."""
        ...
