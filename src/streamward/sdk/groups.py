"""Records that verify only together, gathered as a consumer hands them over one by one."""

from dataclasses import dataclass, field
from typing import Any, Final

from streamward.sdk.sealer import Parts

GROUP_BYTES_MAX: Final = 128 << 20
"""Memory that a group may take; whole batches are far smaller, and a forged number of records must
not fill it."""
RECORD_BYTES: Final = 512
"""What a record takes here beside its key, its value and its headers."""


@dataclass(slots=True)
class Group:
    """Messages of which the first holds the signature of so many, as far as they have come."""

    size: int
    messages: list[tuple[Any, Parts]] = field(default_factory=list)
    held_bytes: int = 0

    def add(self, message: Any, parts: Parts) -> None:
        """Take the next message."""
        self.messages.append((message, parts))
        headers = sum(len(name) + len(value or b"") for name, value in parts.headers)
        self.held_bytes += len(parts.key or b"") + len(parts.value or b"") + headers + RECORD_BYTES

    @property
    def is_full(self) -> bool:
        """Whether all are there, or more than may be held."""
        return len(self.messages) == self.size or self.held_bytes > GROUP_BYTES_MAX

    def has(self, offset: int) -> bool:
        """Whether the message of this offset was taken."""
        return bool(self.messages) and offset <= int(self.messages[-1][0].offset())
