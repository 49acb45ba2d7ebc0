"""State that a follower can rebuild from the log, saved together with its cursor."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from streamward.files import replace_file

FORMAT: Final = 1
SAVED_BYTES_MAX: Final = 256 * 1024 * 1024


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    cursor: str
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """A place in the log and what was known there."""

    cursor: str
    state: dict[str, Any]


class SavedState:
    """One file that holds a cursor and the state at that cursor, replaced atomically.

    It is derived: deleting it costs a pass over the log, nothing else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Saved | None:
        """What was saved last; None where there is nothing, or nothing that can be used."""
        try:
            if self.path.stat().st_size > SAVED_BYTES_MAX:
                return None
            document = msgspec.json.decode(self.path.read_bytes(), type=_Document)
        except (OSError, msgspec.DecodeError):
            # Derived state: the log is the truth, and the follower folds it again.
            return None
        if document.format != FORMAT:
            return None
        return Saved(cursor=document.cursor, state=document.state)

    def save(self, cursor: str, state: dict[str, Any]) -> None:
        """Replace what was saved; raises OSError where the file can't be written."""
        document = _Document(format=FORMAT, cursor=cursor, state=state)
        replace_file(self.path, msgspec.json.encode(document))
