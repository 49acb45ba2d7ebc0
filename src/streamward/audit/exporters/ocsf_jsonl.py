"""Events as they are, one a line."""

from collections.abc import Iterable
from typing import BinaryIO, ClassVar

from streamward.model.event import Entry


class OcsfJsonl:
    """The canonical leaves: what is hashed is what is exported."""

    id: ClassVar[str] = "ocsf-jsonl"

    def write(self, entries: Iterable[Entry], output: BinaryIO) -> int:
        """One leaf a line; gives how many."""
        count = 0
        for entry in entries:
            output.write(entry.text + b"\n")
            count += 1
        return count
