"""Keys in a file of this machine, for development: AES-256-GCM (NIST SP 800-38D)."""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from streamward._core import CoreError, aead_open, aead_seal
from streamward.clock import now_milliseconds
from streamward.files import replace_file
from streamward.keys.ports import (
    Context,
    Destroyed,
    KeyMissing,
    KeyRefused,
    KeyUnavailable,
    Wrapped,
    context_bytes,
)
from streamward.secrets import Secret

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
FILE_BYTES_MAX: Final = 4 * 1024 * 1024
VERSIONS_MAX: Final = 10_000
FORMAT: Final = 1


class _Version(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    key: bytes
    created: int

    def __repr__(self) -> str:
        return f"version {self.version} ***"


class _Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    versions: tuple[_Version, ...] = ()
    disabled: bool = False
    destroyed: int | None = None
    """When (ms since 1970). The name stays, so that no other key comes under it."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: int
    keys: dict[str, _Key]


class LocalFile:
    """Keys in one file, which every process that uses it reads anew for each call."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self, key: str) -> None:
        """Make the key unless it is there."""
        with self._changing() as keys:
            found = keys.get(key)
            if found is None:
                keys[key] = _Key(versions=(_new_version(1),))
            elif found.destroyed is not None:
                raise KeyRefused(f"the key `{key}` was destroyed; no other one takes its name")

    def wrap(self, key: str, plain: Secret, context: Context) -> Wrapped:
        """Nonce and ciphertext under the newest version."""
        newest = self._usable(key).versions[-1]
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = aead_seal(newest.key, nonce, plain.value, context_bytes(context))
        return Wrapped(nonce + sealed, str(newest.version))

    def unwrap(self, key: str, wrapped: Wrapped, context: Context) -> Secret:
        """The key that was wrapped in this context."""
        versions = {str(each.version): each.key for each in self._usable(key).versions}
        found = versions.get(wrapped.version)
        if found is None:
            raise KeyMissing(f"the key `{key}` has no version `{wrapped.version}`")
        nonce, sealed = wrapped.ciphertext[:NONCE_BYTES], wrapped.ciphertext[NONCE_BYTES:]
        try:
            return Secret(aead_open(found, nonce, sealed, context_bytes(context)))
        except CoreError as error:
            raise KeyRefused(f"what was wrapped under `{key}` was changed") from error

    def rotate(self, key: str) -> str:
        """Make a new version; those before it still unwrap."""
        with self._changing() as keys:
            found = _usable(keys, key)
            if len(found.versions) >= VERSIONS_MAX:
                raise KeyRefused(f"the key `{key}` has {VERSIONS_MAX} versions, which is the most")
            version = found.versions[-1].version + 1
            versions = (*found.versions, _new_version(version))
            keys[key] = msgspec.structs.replace(found, versions=versions)
        return str(version)

    def disable(self, key: str) -> bool:
        """Let the key do nothing until it is enabled."""
        with self._changing() as keys:
            keys[key] = msgspec.structs.replace(_present(keys, key), disabled=True)
        return True

    def enable(self, key: str) -> None:
        """Take back what `disable` did."""
        with self._changing() as keys:
            keys[key] = msgspec.structs.replace(_present(keys, key), disabled=False)

    def destroy(self, key: str) -> Destroyed:
        """Write the file without the key. What a disk keeps of an older file is beyond it."""
        with self._changing() as keys:
            found = keys.get(key)
            if found is None or found.destroyed is None:
                keys[key] = _Key(destroyed=now_milliseconds())
        return Destroyed()

    def health(self, key: str) -> None:
        """Raises what stands in the way of using the key."""
        self._usable(key)

    def close(self) -> None:
        """Nothing is open."""

    def _usable(self, key: str) -> _Key:
        return _usable(self._read(), key)

    def _read(self) -> dict[str, _Key]:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return {}
        except OSError as error:
            what = f"the key file `{self._path}` can't be read: {error.strerror}"
            raise KeyUnavailable(what) from error
        with open(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            mode = stat.S_IMODE(status.st_mode)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
                raise KeyRefused(f"the key file `{self._path}` is not a file of this user")
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                what = f"the key file `{self._path}` may be read by others (mode {mode:04o})"
                raise KeyRefused(f"{what}; run `chmod 600 {self._path}`")
            text = stream.read(FILE_BYTES_MAX + 1)
        try:
            file = msgspec.json.decode(text[:FILE_BYTES_MAX], type=_File)
        except msgspec.DecodeError:
            # What is wrong in it isn't told: the text holds keys.
            raise KeyRefused(f"the key file `{self._path}` is damaged") from None
        if file.format != FORMAT:
            raise KeyRefused(f"the key file `{self._path}` is of format {file.format}")
        return file.keys

    @contextmanager
    def _changing(self) -> Iterator[dict[str, _Key]]:
        """The keys; they are on disk, whole, when the block ends well. One process at a time."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(
                self._path.with_name(self._path.name + ".lock"),
                os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
                0o600,
            )
        except OSError as error:
            what = f"the key file `{self._path}` can't be changed: {error.strerror}"
            raise KeyUnavailable(what) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            keys = dict(self._read())
            yield keys
            self._write(msgspec.json.encode(_File(format=FORMAT, keys=keys)))
        finally:
            os.close(lock)

    def _write(self, text: bytes) -> None:
        try:
            replace_file(self._path, text)
        except OSError as error:
            what = f"the key file `{self._path}` can't be written: {error.strerror}"
            raise KeyUnavailable(what) from error


def _new_version(version: int) -> _Version:
    key = secrets.token_bytes(KEY_BYTES)
    return _Version(version=version, key=key, created=now_milliseconds())


def _present(keys: dict[str, Any], key: str) -> _Key:
    found = keys.get(key)
    if not isinstance(found, _Key):
        raise KeyMissing(f"there is no key `{key}`")
    if found.destroyed is not None or not found.versions:
        raise KeyRefused(f"the key `{key}` was destroyed")
    return found


def _usable(keys: dict[str, Any], key: str) -> _Key:
    found = _present(keys, key)
    if found.disabled:
        raise KeyRefused(f"the key `{key}` is disabled")
    return found
