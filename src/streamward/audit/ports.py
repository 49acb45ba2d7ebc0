"""What this room needs from elsewhere."""

from collections.abc import Callable, Iterable
from typing import BinaryIO, ClassVar, Protocol

from streamward.model.event import Entry


class Reader(Protocol):
    """Reads entries of the log in order from a cursor; never blocks, never locks."""

    def read(self, entries_max: int) -> list[tuple[int, bytes]]:
        """The next entries with their indexes; empty when there is nothing new yet."""
        ...

    def opened(self, leaf: bytes) -> bytes:
        """The leaf with what it commits to in its place, as far as that is known."""
        ...

    def growth(self) -> int | None:
        """A descriptor that can be read from when there may be more; None: look now and then."""
        ...

    @property
    def cursor(self) -> str:
        """The place after the last entry that `read` returned."""
        ...


class Recorder(Protocol):
    """The one writer of the log."""

    def record(self, entry: bytes) -> int:
        """Append a canonical leaf; it is durable when this returns its index.

        Raises Unavailable where the log can't be written: then what the entry says must not happen.
        """
        ...


OpenReader = Callable[[str], Reader]
"""Opens a reader at a cursor; the empty text is the beginning of the log."""


class Exporter(Protocol):
    """A form in which entries leave the product."""

    id: ClassVar[str]

    def write(self, entries: Iterable[Entry], output: BinaryIO) -> int:
        """Write every entry, in the order given; gives how many.

        Raises OSError or Unavailable where the output can't be written.
        """
        ...
