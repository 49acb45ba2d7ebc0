"""Which bundle a gateway runs: the newest applied version, or, before there is one, its folder."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from streamward.errors import InvalidArgument, StreamwardError
from streamward.log import Logger
from streamward.model.document import AppliedVersion, Bundle
from streamward.versions.content import Content, OtherBundle, digest
from streamward.versions.newest import NewestVersion
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
        self._newest: NewestVersion | None = None
        self._folder_digest = ""
        self._folder_mark = ""
        self._applied: VersionRecord | None = None
        self._history: str | None = None

    def folder(self) -> Folder:
        """The folder as it is now. Raises NotFound where there is none."""
        found = self._read_folder()
        self._folder_digest = found.content.digest
        return found

    def keep_history(
        self, open_store: Callable[[Bundle], VersionStore | None], newest: NewestVersion
    ) -> None:
        """Know where the history is; the answer is None where nothing was ever applied.

        `newest` remembers elsewhere what was in force, so that a history from which versions were
        taken away, or another one, is noticed.
        """
        self._open_store = open_store
        self._newest = newest

    def read(self) -> Bundle:
        """The bundle that must be in force now.

        Raises BundleInvalid with its mistakes, VersionTampered where the history is not what was
        signed or what was in force here, NewestUnknown where that can't be told, and other
        StreamwardErrors.
        """
        folder = self.folder()
        if self._from_folder:
            self._applied = self._newest_if_readable(folder.bundle)
            return folder.valid()
        store = self._open_store(folder.bundle)
        history = store.history() if store is not None else ()
        if self._newest is not None:
            self._newest.follow(history, None if store is None else store.folder)
        self._applied = history[-1].record if history else None
        self._history = history[0].digest if history else None
        if store is None or self._applied is None:
            return folder.valid()
        record = self._applied
        bundle = self._read_content(store.content(record))
        self._tell_of_drift()
        return replace(bundle, version=AppliedVersion(record.number, record.content))

    def _newest_if_readable(self, bundle: Bundle) -> VersionRecord | None:
        """For the status only: to run the folder is the way out where the history is lost."""
        try:
            store = self._open_store(bundle)
            return None if store is None else store.newest()
        except StreamwardError as error:
            log.warning("the history of versions can't be used", code=error.code, cause=error)
            return None

    def fits(self, content: Content | None, *, other_folder: bool = False) -> None:
        """Whether a version would stay in force here. Reads the folder.

        Raises InvalidArgument where the folder runs whatever is applied, and OtherBundle where it
        runs until a first version is applied and holds something else than that: what would change
        is then told to nobody.
        """
        if self._from_folder:
            what = "this gateway runs its folder (`--from-folder`), whatever is applied"
            raise InvalidArgument(f"{what}: start it without that, then apply")
        if content is None or other_folder or self._applied is not None:
            return
        if content.digest != self.folder().content.digest:
            what = f"the gateway runs the folder `{self._directory.resolve()}`, of which no version"
            raise OtherBundle(f"{what} was applied yet, and this is not what it holds")

    def applied(self, record: VersionRecord) -> None:
        """This version has just come into force."""
        if self._applied is None:
            self._history = digest(record.payload())
        self._applied = record

    def standing(self) -> dict[str, Any]:
        """The folder beside what was applied, for people: `drift` where they are not the same; and
        the history, by the digest of its first record.
        """
        record = self._applied
        return {
            "history": self._history,
            "folder": {
                "path": str(self._directory.resolve()),
                "content": self._folder_digest,
                "drift": record is not None and record.content != self._folder_digest,
                "runs": record is None or self._from_folder,
            },
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
