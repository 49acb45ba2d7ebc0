"""References that this machine answers by itself: files and environment variables."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from streamward.secrets.material import MATERIAL_BYTES_MAX, MaterialMissing, MaterialRefused, Secret
from streamward.secrets.reference import STORE_SCHEMES


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
    if scheme in STORE_SCHEMES:
        raise MaterialRefused(f"`{scheme}:` takes a running gateway, or `check --live`")
    if scheme != "file":
        raise MaterialRefused(f"`{scheme}:` is not a scheme of references")
    return Secret(_read(located(name, root), reference, private=private))


def located(name: str, root: Path) -> Path:
    """The path of a file that a bundle names. Raises MaterialRefused where it leads out of it."""
    path = Path(name)
    if path.is_absolute():
        return path
    full = root / path
    if "\0" in name or not _leads_into(full, root):
        # SECURITY: a bundle from elsewhere must not reach files of this machine through `..`.
        raise MaterialRefused(f"`file:{name}` leads out of the bundle")
    return full


def _leads_into(path: Path, root: Path) -> bool:
    # Unlike `Path.resolve` it takes links that lead to themselves; they can't be opened then.
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


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
