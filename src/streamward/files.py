"""Files that a crash, or a loss of power, leaves whole: the old content or the new, never a mix."""

import os
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Write a file, mode 0600, in the place of what was there; it is on disk when this returns.

    One writer at a time: whoever shares a file with other processes takes a lock around this.
    Raises OSError; then what was there before is there still.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = _written(path.with_name(f".{path.name}.new"), data)
    temporary.replace(path)
    sync_folder(path.parent)


def create_file(path: Path, data: bytes) -> None:
    """Write a file, mode 0600, unless there is one: of several writers at once, the first wins.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = _written(path.with_name(f".{path.name}.{os.getpid()}"), data)
    try:
        # A link, unlike a rename, never replaces what is there.
        with suppress(FileExistsError):
            os.link(temporary, path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written(temporary: Path, data: bytes) -> Path:
    # What a crash left behind, or somebody put there, is not written through.
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with open(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary
