"""What entries only commit to: found beside the log, until it is erased.

Where a value is erasable, a leaf has `"uid":"committed:PLACE:HASH"` in its stead. The file of
openings holds at that place what opens it. `docs/reference/erasing.md` is the contract.
"""

import base64
import binascii
import hmac
import json
import os
import re
import stat
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from streamward.audit.compiled import core
from streamward.errors import Unavailable

FOLDER: Final = "openings"
OPENING_BYTES_MAX: Final = 16 * 1024
HEAD_BYTES: Final = 8
FILE_BYTES_MAX: Final = 8 * 1024 * 1024
"""More than any file of openings can have; what lies behind it is not read."""
ATTEMPTS: Final = 3
"""A reader may meet an opening that is just being erased; it looks again this often."""

_CONTEXT: Final = b"streamward/commitment/v1\0"
_COMMITTED: Final = re.compile(rb'"uid":"committed:([0-9]{1,20}):([A-Za-z0-9_-]{43})"')
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""Neither a link out of the folder nor something that blocks whoever opens it."""
_MARK: Final = b'"uid":"committed:'


class OpeningAltered(Exception):
    """An opening is not what an entry commits to."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"`{place}`: {what}")
        self.place, self.what = place, what


class State(StrEnum):
    """What is known of a commitment."""

    OPEN = "open"
    ERASED = "erased"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    """What lies at its place is no opening."""
    ALTERED = "altered"
    """It is the opening of something else."""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What opens a commitment. `salt` is base64url; `time` is ms since 1970."""

    field: str
    salt: str
    subject: str
    time: int
    value: str

    def opens(self, commitment: str) -> bool:
        """Whether the commitment is one to this value."""
        try:
            salt = base64.urlsafe_b64decode(self.salt + "=" * (-len(self.salt) % 4))
        except (binascii.Error, ValueError):
            return False
        parts = (_CONTEXT, self.field.encode(), b"\0", self.value.encode())
        digest = hmac.digest(salt, b"".join(parts), "sha256")
        found = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return hmac.compare_digest(found, commitment)


@dataclass(frozen=True, slots=True)
class Committed:
    """One commitment of a leaf, and what became of its opening."""

    place: int
    commitment: str
    state: State
    opening: Opening | None = None


class Openings:
    """Reads the openings of one log; never locks, and sees at once what is erased."""

    def __init__(self, audit_dir: Path) -> None:
        self._folder = audit_dir / FOLDER
        self._firsts: list[int] = []

    @property
    def present(self) -> bool:
        """Whether they are here: a log can be handed on without them."""
        return self._folder.is_dir()

    def of(self, leaf: bytes) -> list[Committed]:
        """The commitments of a leaf. Raises Unavailable where the files can't be read."""
        if _MARK not in leaf:
            return []
        found = _COMMITTED.findall(leaf)
        return [self._look(int(place), commitment.decode()) for place, commitment in found]

    def opened(self, leaf: bytes) -> bytes:
        """The leaf with each value in its place; what can't be opened says why.

        Raises Unavailable where the files can't be read.
        """
        if _MARK not in leaf:
            return leaf
        return _COMMITTED.sub(self._instead, leaf)

    def address(self, token: str) -> str:
        """What a `uid` of an entry commits to, or why that is not known."""
        _, place, commitment = token.split(":", 2)
        found = self._look(int(place), commitment)
        return found.opening.value if found.opening else str(found.state)

    def _instead(self, match: re.Match[bytes]) -> bytes:
        found = self._look(int(match[1]), match[2].decode())
        if found.opening is None:
            return b'"name":"%s",%s' % (found.state.encode(), match[0])
        return _member(found.opening)

    def _look(self, place: int, commitment: str) -> Committed:
        state, opening = self._read(place)
        if opening is not None and not opening.opens(commitment):
            state, opening = State.ALTERED, None
        return Committed(place, commitment, state, opening)

    def _read(self, place: int) -> tuple[State, Opening | None]:
        first = self._file_of(place)
        if first is None:
            return State.MISSING, None
        for _ in range(ATTEMPTS):
            frame = self._bytes(first, HEAD_BYTES + OPENING_BYTES_MAX, place - first)
            if not frame:
                return State.MISSING, None
            payload = core().opening_payload(frame)
            if payload is not None:
                return _decoded(payload)
        return State.UNREADABLE, None

    def _file_of(self, place: int) -> int | None:
        for _ in range(2):
            at = bisect_right(self._firsts, place) - 1
            # A place in the last file that is known may lie in one that has come since.
            if at >= 0 and (at + 1 < len(self._firsts) or self._holds(self._firsts[at], place)):
                return self._firsts[at]
            self._firsts = self._listed()
        at = bisect_right(self._firsts, place) - 1
        return self._firsts[at] if at >= 0 else None

    def _holds(self, first: int, place: int) -> bool:
        try:
            return place < first + self._path(first).stat().st_size
        except OSError:
            return False

    def _path(self, first: int) -> Path:
        return self._folder / f"{first:020}.swo"

    def _listed(self) -> list[int]:
        return sorted(int(path.stem) for path in self._folder.glob("[0-9]" * 20 + ".swo"))

    def _bytes(self, first: int, bytes_max: int, offset: int = 0) -> bytes:
        """What a file has there; nothing where it is gone. Raises Unavailable."""
        path = self._path(first)
        try:
            descriptor = os.open(path, _OPEN)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise Unavailable(f"`{path}` can't be read") from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Unavailable(f"`{path}` is not a file")
            return os.pread(descriptor, bytes_max, offset)
        except OSError as error:
            raise Unavailable(f"`{path}` can't be read") from error
        finally:
            os.close(descriptor)

    def state(self, place: int) -> State:
        """Whether there is anything at a place. Raises Unavailable."""
        return self._read(place)[0]

    def all(self) -> Iterator[tuple[int, Opening]]:
        """Every opening that is not erased, with its place, in the order in which they came.

        Raises Unavailable where a file can't be read.
        """
        for first in self._listed():
            for offset, payload in core().opening_frames(self._bytes(first, FILE_BYTES_MAX)):
                opening = _decoded(payload)[1]
                if opening is not None:
                    yield first + offset, opening

    def unreadable(self) -> dict[str, int]:
        """The files that have bytes which are no opening, and how many. Raises Unavailable."""
        found = {}
        for first in self._listed():
            content = self._bytes(first, FILE_BYTES_MAX)
            frames = core().opening_frames(content)
            left = len(content) - sum(HEAD_BYTES + len(payload) for _, payload in frames)
            if left:
                found[f"{FOLDER}/{self._path(first).name}"] = left
        return found


def read_into(leaf: bytes, openings: Sequence[Opening]) -> bytes:
    """The leaf with values that somebody says are those that it commits to.

    Raises OpeningAltered for one that is not.
    """
    left = list(openings)

    def instead(match: re.Match[bytes]) -> bytes:
        for opening in left:
            if opening.opens(match[2].decode()):
                left.remove(opening)
                return _member(opening)
        return match[0]

    opened = _COMMITTED.sub(instead, leaf)
    if left:
        raise OpeningAltered("openings", f"the entry does not commit to `{left[0].value}`")
    return opened


def _member(opening: Opening) -> bytes:
    return f"{json.dumps(opening.field)}:{json.dumps(opening.value)}".encode()


def _decoded(payload: bytes) -> tuple[State, Opening | None]:
    if not payload.strip(b" "):
        return State.ERASED, None
    try:
        return State.OPEN, msgspec.json.decode(payload, type=Opening)
    except msgspec.DecodeError:
        return State.ALTERED, None
