"""Which bundle a gateway runs: the newest applied version, or, before there is one, its folder."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from streamward.errors import StreamwardError
from streamward.log import Logger
from streamward.model.document import AppliedVersion, Bundle
from streamward.versions.content import Content, VersionTampered
from streamward.versions.record import VersionRecord
from streamward.versions.store import VersionStore

log = Logger(__name__)

FILES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as it was read, with mistakes or without."""

    bundle: Bundle
    content: Content
    valid: Callable[[], Bundle]
    """The bundle, or BundleInvalid."""


class BundleSource:
    """Reads the bundle that must be in force; references are answered in the folder, always.

    With `from_folder` what was applied is left alone, and the folder runs.
    """

    def __init__(
        self,
        directory: Path,
        read_folder: Callable[[], Folder],
        read_content: Callable[[Content], Bundle],
        *,
        from_folder: bool = False,
    ) -> None:
        self._directory = directory
        self._read_folder = read_folder
        self._read_content = read_content
        self._from_folder = from_folder
        self._open_store: Callable[[Bundle], VersionStore | None] = lambda _: None
        self._seen: Path | None = None
        self._folder_digest = ""
        self._folder_mark = ""
        self._applied: VersionRecord | None = None

    def folder(self) -> Folder:
        """The folder as it is now. Raises NotFound where there is none."""
        found = self._read_folder()
        self._folder_digest = found.content.digest
        return found

    def keep_history(self, open_store: Callable[[Bundle], VersionStore | None], seen: Path) -> None:
        """Know where the history is; the answer is None where nothing was ever applied.

        `seen` is a file elsewhere that remembers the newest version, so that a history from which
        versions were taken away is noticed.
        """
        self._open_store = open_store
        self._seen = seen

    def read(self) -> Bundle:
        """The bundle that must be in force now.

        Raises BundleInvalid with its mistakes, VersionTampered where the history is not what was
        signed, and other StreamwardErrors.
        """
        folder = self.folder()
        store = self._open_store(folder.bundle)
        record = store.newest() if store is not None else None
        self._applied = record
        if self._from_folder:
            return folder.valid()
        self._check_seen(record)
        if store is None or record is None:
            return folder.valid()
        bundle = self._read_content(store.content(record))
        self._tell_of_drift()
        return replace(bundle, version=AppliedVersion(record.number, record.content))

    def applied(self, record: VersionRecord) -> None:
        """This version has just come into force."""
        self._applied = record
        self._remember(record)

    def _check_seen(self, record: VersionRecord | None) -> None:
        """SECURITY: an old history is signed as well as the present one."""
        if self._seen is None:
            return
        try:
            seen = int(self._seen.read_bytes()[:32])
        except (OSError, ValueError):
            seen = 0
        newest = 0 if record is None else record.number
        if newest < seen:
            what = f"version {seen} was in force here, and the history ends at {newest}"
            raise VersionTampered(what)
        if record is not None and newest > seen:
            self._remember(record)

    def _remember(self, record: VersionRecord) -> None:
        if self._seen is None:
            return
        try:
            self._seen.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._seen.write_text(f"{record.number}\n")
        except OSError as error:
            log.warning("the newest version can't be remembered", cause=error)

    def standing(self) -> dict[str, Any]:
        """The folder beside what was applied, for people: `drift` where they are not the same."""
        record = self._applied
        return {
            "folder": {
                "content": self._folder_digest,
                "drift": record is not None and record.content != self._folder_digest,
                "runs": record is None or self._from_folder,
            }
        }

    def fingerprint(self) -> str:
        """Changes when there is something else to read: once a version was applied, never."""
        mark = self._mark()
        if mark != self._folder_mark:
            known, self._folder_mark = bool(self._folder_mark), mark
            if known and self._applied is not None and not self._from_folder:
                self._look_at_folder()
        if self._applied is not None and not self._from_folder:
            return self._applied.content
        return mark

    def _look_at_folder(self) -> None:
        try:
            self.folder()
        except StreamwardError as error:
            log.warning("the folder can't be compared with what is in force", cause=error)
        else:
            self._tell_of_drift()

    def _tell_of_drift(self) -> None:
        if self.standing()["folder"]["drift"] and self._applied is not None:
            log.warning(
                "the folder differs from the version in force; apply it, or take it back",
                policy_version=self._applied.policy_version,
            )

    def _mark(self) -> str:
        """A digest of every file's path, size and time of change; hidden ones are left out."""
        found = hashlib.sha256()
        for number, path in enumerate(sorted(self._directory.rglob("[!.]*"))):
            if number >= FILES_MAX:
                break
            try:
                facts = path.stat()
            except OSError:
                continue
            found.update(f"{path}\0{facts.st_mtime_ns}\0{facts.st_size}\0".encode())
        return found.hexdigest()
