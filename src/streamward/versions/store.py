"""The folder of versions: files by their digest, and a chain of signed records.

    objects/ab/cdef…          one file's content, named by its SHA-256
    records/00000001.json     a signed record; the newest is in force
    pending.json              a version that is being put in force

Nothing that is there is ever changed. What is read is verified, each time.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streamward.errors import NotFound, Unavailable
from streamward.files import replace_file, sync_folder
from streamward.versions.content import (
    CONTENT_BYTES_MAX,
    Content,
    OtherBundle,
    VersionTampered,
    digest,
    digest_of_files,
    fits_in_folder,
)
from streamward.versions.record import Signer, Verified, VersionRecord, seal, unseal

RECORD_BYTES_MAX: Final = 8 * 1024 * 1024
VERSIONS_MAX: Final = 99_999_999
PREFIX_CHARACTERS_MIN: Final = 8


class VersionStore:
    """A history of one bundle. Raises VersionTampered wherever something isn't as it was signed,
    OtherBundle where it was signed for a bundle of another name.
    """

    def __init__(self, folder: Path, signer: Signer, bundle: str) -> None:
        self.folder = folder
        self._signer = signer
        self.bundle = bundle

    @property
    def believes(self) -> frozenset[bytes]:
        """The public keys whose signatures count."""
        return frozenset(key.public_bytes_raw() for key in self._signer.believed)

    def signed_by_one_of(self, keys: frozenset[bytes]) -> bool:
        """Whether what this one signs is believed by holders of these keys."""
        return self._signer.key.public_key().public_bytes_raw() in keys

    def history(self) -> tuple[Verified, ...]:
        """Every version, oldest first: signatures, numbers and the chain are verified."""
        found: list[Verified] = []
        for expected, path in enumerate(self._record_paths(), start=1):
            one = unseal(_bounded(path, RECORD_BYTES_MAX), self._signer.believed, path.name)
            record = one.record
            if record.number != expected or path.name != _record_name(expected):
                raise VersionTampered(f"version {expected} of the history is missing")
            if record.bundle != self.bundle:
                what = f"the history in `{self.folder}` is of the bundle `{record.bundle}`"
                raise OtherBundle(f"{what}, and this is `{self.bundle}`")
            if record.previous != (found[-1].digest if found else None):
                raise VersionTampered(f"`{path.name}` does not follow on the version before it")
            found.append(one)
        return tuple(found)

    def records(self) -> tuple[VersionRecord, ...]:
        """As `history`, without the digests."""
        return tuple(one.record for one in self.history())

    def newest(self) -> VersionRecord | None:
        """The version in force; None where nothing was ever applied."""
        found = self.history()
        return found[-1].record if found else None

    def find(self, text: str) -> VersionRecord:
        """The version that a text means: `7`, `v7`, or the first digits of a content's digest, or
        of the policy's. Of several with this content, the newest. Raises NotFound.
        """
        records = self.records()
        number = text.removeprefix("v")
        if number.isdecimal() and len(number) < PREFIX_CHARACTERS_MIN:
            for record in records:
                if record.number == int(number):
                    return record
        wanted = text.removeprefix("sha256:")
        if len(wanted) >= PREFIX_CHARACTERS_MIN:
            for record in reversed(records):
                for known in (record.content, record.policy_version):
                    if known.removeprefix("sha256:").startswith(wanted):
                        return record
        newest = records[-1].number if records else 0
        raise NotFound(f"there is no version `{text}`; the newest is {newest}")

    def content(self, record: VersionRecord) -> Content:
        """The files of a version, each verified against its digest."""
        if digest_of_files(record.files) != record.content:
            raise VersionTampered(f"version {record.number} does not list its own files")
        texts: dict[str, str] = {}
        left = CONTENT_BYTES_MAX
        for path, wanted in record.files.items():
            if not fits_in_folder(path):
                raise VersionTampered(f"version {record.number} names a file outside of the bundle")
            where = self._object_path(wanted, record.number)
            data = _bounded(where, left)
            left -= len(data)
            if digest(data) != wanted:
                what = f"`{path}` of version {record.number} is not what was signed"
                raise VersionTampered(what)
            texts[path] = data.decode()
        return Content(texts)

    def stage(self, record: VersionRecord, content: Content) -> None:
        """Write a version down before it is put in force. Raises Unavailable."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for path, data in content.blobs.items():
                self._keep(record.files[path], data)
            replace_file(self._pending, seal(record, self._signer))
        except OSError as error:
            raise Unavailable(f"the version can't be kept in `{self.folder}`") from error

    def commit(self, number: int) -> None:
        """What is pending is now this version of the history. Raises Unavailable."""
        target = self.folder / "records" / _record_name(number)
        try:
            target.parent.mkdir(exist_ok=True, mode=0o700)
            # A link, unlike a rename, never replaces a version that is there.
            os.link(self._pending, target)
            sync_folder(target.parent)
            self._pending.unlink()
        except OSError as error:
            raise Unavailable(f"version {number} can't be kept in `{self.folder}`") from error

    def discard(self) -> None:
        """Forget what is pending."""
        self._pending.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes the history within this block. Raises Unavailable where one does."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Unavailable(f"the folder `{self.folder}` of versions can't be used") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise Unavailable("another version is being applied") from error
        finally:
            os.close(descriptor)

    @property
    def _pending(self) -> Path:
        return self.folder / "pending.json"

    def _record_paths(self) -> list[Path]:
        try:
            return sorted((self.folder / "records").glob("*.json"))
        except OSError as error:
            raise Unavailable(f"the history in `{self.folder}` can't be read") from error

    def _object_path(self, wanted: str, number: int) -> Path:
        scheme, _, name = wanted.partition(":")
        if scheme != "sha256" or len(name) != 64 or not name.isalnum():
            raise VersionTampered(f"version {number} names a file by no digest")
        return self.folder / "objects" / name[:2] / name[2:]

    def _keep(self, wanted: str, data: bytes) -> None:
        path = self._object_path(wanted, 0)
        if path.is_file() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, data)


def _record_name(number: int) -> str:
    return f"{number:08d}.json"


def _bounded(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(bytes_max + 1)
    except FileNotFoundError as error:
        raise VersionTampered(f"`{path.parent.name}/{path.name}` of the history is gone") from error
    except OSError as error:
        raise Unavailable(f"`{path}` of the history can't be read") from error
    if len(data) > bytes_max:
        raise VersionTampered(f"`{path.name}` of the history has more than {bytes_max} bytes")
    return data
