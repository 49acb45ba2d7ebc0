"""References to bytes that stand beside a bundle, and values that must never be shown."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamward.errors import StreamwardError

MATERIAL_BYTES_MAX = 1_048_576


class MaterialMissing(StreamwardError):
    """What a reference names isn't there or can't be read."""

    code = "material.missing"
    help = "Run `streamward dev certificates DIR` to make them for development."


class MaterialRefused(StreamwardError):
    """What a reference names may not be used: out of the bundle, too large, readable by others."""

    code = "material.refused"


@dataclass(frozen=True, slots=True)
class Secret:
    """Bytes that are never shown: neither in a log nor in a traceback."""

    value: bytes

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


def resolve(
    reference: str,
    root: Path,
    environment: Mapping[str, str] | None = None,
    *,
    private: bool = False,
) -> Secret:
    """The bytes that `file:PATH` (relative to the bundle, or absolute) or `env:NAME` refers to.

    A relative path must stay inside the bundle, also through links. With `private`, a file that
    others may read is refused. Raises MaterialMissing or MaterialRefused.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        value = (os.environ if environment is None else environment).get(name)
        if not value:
            raise MaterialMissing(f"the environment variable `{name}` is not set")
        return Secret(value.encode())
    if scheme != "file":
        raise MaterialRefused(f"`{scheme}:` is not a scheme of references")
    return Secret(_read(_located(name, root), reference, private=private))


def _located(name: str, root: Path) -> Path:
    path = Path(name)
    if path.is_absolute():
        return path
    full = root / path
    if "\0" in name or not full.resolve().is_relative_to(root.resolve()):
        # SECURITY: a bundle from elsewhere must not reach files of this machine through `..`.
        raise MaterialRefused(f"`file:{name}` leads out of the bundle")
    return full


def _read(path: Path, reference: str, *, private: bool) -> bytes:
    try:
        # Not to wait for a writer, should it be a pipe.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise MaterialRefused(f"`{reference}` is not a regular file")
            if private and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                mode = stat.S_IMODE(status.st_mode)
                raise MaterialRefused(f"`{reference}` may be read by others (mode {mode:04o})")
            data = stream.read(MATERIAL_BYTES_MAX + 1)
    except FileNotFoundError as error:
        raise MaterialMissing(f"`{reference}` does not exist") from error
    except OSError as error:
        raise MaterialMissing(f"`{reference}` can't be read: {error.strerror}") from error
    if len(data) > MATERIAL_BYTES_MAX:
        raise MaterialRefused(f"`{reference}` has more than {MATERIAL_BYTES_MAX} bytes")
    return data
