"""Records that verify only together, gathered as a consumer hands them over one by one."""

from dataclasses import dataclass, field
from typing import Any, Final

from streamward.sdk.sealer import Parts

GROUP_BYTES_MAX: Final = 64 << 20
"""Bytes of keys and values that are held; whole batches are far smaller, and a forged number of
records must not fill the memory."""
GROUP_RECORDS_MAX: Final = 1_000_000
"""As many as the gateway takes in a batch."""


@dataclass(slots=True)
class Group:
    """Messages of which the first holds the signature of so many, as far as they have come."""

    size: int
    messages: list[tuple[Any, Parts]] = field(default_factory=list)
    held_bytes: int = 0

    def add(self, message: Any, parts: Parts) -> None:
        """Take the next message."""
        self.messages.append((message, parts))
        self.held_bytes += len(parts.key or b"") + len(parts.value or b"")

    @property
    def is_full(self) -> bool:
        """Whether all are there, or more than may be held."""
        count = len(self.messages)
        beyond = self.held_bytes > GROUP_BYTES_MAX or count >= GROUP_RECORDS_MAX
        return count == self.size or beyond

    def has(self, offset: int) -> bool:
        """Whether the message of this offset was taken."""
        return bool(self.messages) and offset <= int(self.messages[-1][0].offset())
