"""What questions found out about a folder, kept in the user's cache for the next question.

An entry is named after everything that it depends on, so it is never out of date; whether it is
ours and whole is looked at before it is believed. Nothing but questions reads it.
"""

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import streamward

ENTRY_BYTES_MAX: Final = 64 * 1024 * 1024
"""An entry that would be larger is not kept."""
ENTRIES_MAX: Final = 16
BYTES_MAX: Final = 256 * 1024 * 1024
"""All entries together; those that were used last stay."""
_FORM: Final = 1
_OURS: Final = re.compile(r"[0-9a-f]{64}|\.[0-9a-f]{64}\.[0-9a-f]{16}")
"""Names of entries, and of those that are being written."""
_DIGEST_BYTES: Final = hashlib.sha256().digest_size


def cache_root() -> Path:
    """`$STREAMWARD_CACHE`, else `$XDG_CACHE_HOME/streamward`, else `~/.cache/streamward`.

    What lies there can be made anew; deleting it costs time and nothing else. Raises RuntimeError
    where there is no home to be found.
    """
    explicit = os.environ.get("STREAMWARD_CACHE")
    if explicit:
        return Path(explicit).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "streamward"


def name_of(texts: Mapping[str, str], more: Iterable[str]) -> str:
    """The name of the entry about these files (path → text), which also depends on `more`.

    The product is part of it: its version, and the size and time of each of its files.
    """
    digest = hashlib.sha256()

    def add(text: str) -> None:
        # Names of files may be no UTF-8; `surrogatepass` keeps any two texts apart.
        data = text.encode(errors="surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)

    for text in (str(_FORM), streamward.__version__, *_product(), *more):
        add(text)
    for path in sorted(texts):
        add(path)
        add(texts[path])
    return digest.hexdigest()


def _product() -> Iterator[str]:
    """Every file of the product: a version under development has many contents."""
    waiting = [str(Path(streamward.__file__).parent)]
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda it: it.name):
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.endswith((".py", ".so")):
                    facts = entry.stat()
                    yield f"{entry.path} {facts.st_size} {facts.st_mtime_ns}"


def read_entry(name: str) -> bytes | None:
    """The entry of this name; None where there is none that is whole and ours alone."""
    folder = _folder()
    if folder is None:
        return None
    with suppress(OSError):
        if not _is_ours(os.lstat(folder), stat.S_IFDIR):
            return None
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb") as stream:
            facts = os.fstat(descriptor)
            if not _is_ours(facts, stat.S_IFREG) or facts.st_size > ENTRY_BYTES_MAX:
                return None
            data = stream.read(ENTRY_BYTES_MAX + 1)
            # Those that were used last stay.
            os.utime(descriptor)
        content = data[_DIGEST_BYTES:]
        if hashlib.sha256(content).digest() == data[:_DIGEST_BYTES]:
            return content
    return None


def write_entry(name: str, content: bytes) -> None:
    """Keep an entry. What keeps it from being written keeps nobody from an answer."""
    data = hashlib.sha256(content).digest() + content
    folder = _folder()
    if len(data) > ENTRY_BYTES_MAX or folder is None:
        return
    with suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        if not _is_ours(os.lstat(folder), stat.S_IFDIR):
            return
        temporary = folder / f".{name}.{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(temporary, flags, 0o600), "wb") as stream:
                stream.write(data)
            temporary.replace(folder / name)
        finally:
            temporary.unlink(missing_ok=True)
        _forget(folder)


def _folder() -> Path | None:
    """Where entries are; None for a user who has no home, and names no other place."""
    try:
        return cache_root() / "questions"
    except (OSError, RuntimeError):
        return None


def _is_ours(facts: os.stat_result, kind: int) -> bool:
    """Of this kind, this user's, and nobody else may look or write."""
    mode = facts.st_mode
    return stat.S_IFMT(mode) == kind and facts.st_uid == os.geteuid() and not mode & 0o077


def _forget(folder: Path) -> None:
    """Delete those that were not used for the longest time, beyond the bounds; nothing else."""
    with os.scandir(folder) as entries:
        ours = [entry for entry in entries if _OURS.fullmatch(entry.name)]
    facts = [(entry.stat(follow_symlinks=False), entry.path) for entry in ours]
    facts.sort(key=lambda it: it[0].st_mtime_ns, reverse=True)
    total = 0
    for number, (fact, path) in enumerate(facts):
        total += fact.st_size
        if number >= ENTRIES_MAX or total > BYTES_MAX:
            with suppress(OSError):
                os.unlink(path)
