"""State that a follower can rebuild from the log, saved together with its cursor."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

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


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old or the new content, never a mix; mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


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
