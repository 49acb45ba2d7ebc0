"""What was in force here last: a file of the gateway's state, apart from the history itself.

SECURITY: an old history is signed as well as the present one, and a bundle says where its history
lies. So neither a history from which versions were taken away, nor a bundle that names another
folder, is believed: what was in force here, and in which history, is remembered here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from streamward.errors import StreamwardError, Unavailable
from streamward.files import replace_file
from streamward.log import Logger
from streamward.versions.content import VersionTampered
from streamward.versions.record import Verified

log = Logger(__name__)

FORMAT: Final = 1
FILE_NAME: Final = "newest-version"
_BYTES_MAX: Final = 64 * 1024


class NewestUnknown(StreamwardError):
    """It can't be told which version was in force here last."""

    code = "versions.newest_unknown"
    help = (
        "Compare the history with a backup, or with the `applied` entries of the log; where it is "
        "whole, remove this file: the next start remembers what the history ends with."
    )


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: int
    number: int
    record: str
    folder: str | None
    """None: beside the log, wherever that is."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The newest version that was in force here."""

    number: int
    record: str
    """The digest of its record, which names all those before it."""
    folder: Path
    """Where its history lies."""


class NewestVersion:
    """Remembers the newest version of one gateway's state directory.

    `default` is where a history lies whose bundle names no folder.
    """

    def __init__(self, path: Path, default: Path) -> None:
        self.path = path
        self._default = default

    def read(self) -> Remembered | None:
        """What was remembered; None where nothing ever was. Raises NewestUnknown."""
        try:
            with self.path.open("rb") as file:
                data = file.read(_BYTES_MAX + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NewestUnknown(f"`{self.path}` can't be read") from error
        try:
            found = msgspec.json.decode(data[:_BYTES_MAX], type=_Document)
        except msgspec.DecodeError as error:
            raise NewestUnknown(f"`{self.path}` holds no version that was in force") from error
        if found.format != FORMAT or found.number < 1:
            raise NewestUnknown(f"`{self.path}` is of another format than {FORMAT}")
        folder = self._default if found.folder is None else Path(found.folder)
        return Remembered(found.number, found.record, folder)

    def check(self, history: Sequence[Verified], folder: Path | None) -> None:
        """Raises VersionTampered where this is not the history of what was in force here, or not
        all of it; NewestUnknown. `folder` is None where there is no history.
        """
        seen = self.read()
        if seen is None:
            return
        if folder is not None and seen.folder != folder:
            what = f"the history of what was in force here is in `{seen.folder}`, not in `{folder}`"
            raise VersionTampered(what)
        if len(history) < seen.number:
            what = f"version {seen.number} was in force here, and the history ends at"
            raise VersionTampered(f"{what} {len(history)}")
        if history[seen.number - 1].digest != seen.record:
            what = f"version {seen.number} of the history is not the one that was in force here"
            raise VersionTampered(what)

    def remember(self, newest: Verified, folder: Path) -> None:
        """This version is in force now. Raises Unavailable where that can't be written down."""
        document = _Document(
            format=FORMAT,
            number=newest.record.number,
            record=newest.digest,
            folder=None if folder == self._default else str(folder),
        )
        try:
            replace_file(self.path, msgspec.json.encode(document) + b"\n")
        except OSError as error:
            raise Unavailable(f"`{self.path}` can't be written") from error

    def follow(self, history: Sequence[Verified], folder: Path | None) -> None:
        """Check a history, and remember its end where it has grown.

        Raises as `check`; what can't be written down is told, and tried with the next look.
        """
        self.check(history, folder)
        seen = self.read()
        if not history or folder is None or (seen is not None and seen.number == len(history)):
            return
        try:
            self.remember(history[-1], folder)
        except Unavailable as error:
            log.warning("the newest version can't be remembered", cause=error)
