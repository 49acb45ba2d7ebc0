"""The files of a bundle, within bounds, as text."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from streamward.model.document import Mistake, Place

FILES_MAX = 10_000
FILE_BYTES_MAX = 1_048_576
DEPTH_MAX = 16
SKIPPED_FOLDERS = frozenset({"secrets", "tls"})
SUFFIXES = (".yaml", ".yml", ".cedar", ".avsc", ".proto", ".schema.json")

_READABLE = "let whoever runs this read it"


def read_files(root: Path, mistakes: list[Mistake]) -> Iterator[tuple[str, str]]:
    """Path and text of every file that may declare something; what can't be read is a mistake."""
    resolved = root.resolve()
    for count, path in enumerate(_paths(root, mistakes)):
        if count >= FILES_MAX:
            what = f"the bundle has more than {FILES_MAX} files; the rest is not read"
            mistakes.append(Mistake(Place(path, 1), what, suggestion="split the bundle"))
            return
        text = _text(str(root), resolved, path, mistakes)
        if text is not None:
            yield path, text


def _paths(root: Path, mistakes: list[Mistake]) -> Iterator[str]:
    def unreadable(error: OSError) -> None:
        folder = os.path.relpath(str(error.filename), root)
        what = f"the folder can't be read: {error.strerror}"
        mistakes.append(Mistake(Place(folder, 1), what, suggestion=_READABLE))

    for folder, folders, names in os.walk(root, onerror=unreadable):
        relative = PurePosixPath(Path(folder).relative_to(root).as_posix())
        before = "".join(f"{part}/" for part in relative.parts)
        deep = len(relative.parts) >= DEPTH_MAX
        folders[:] = sorted(name for name in folders if _is_read(name))
        for name in tuple(folders):
            # What stands in there may be what denies: it is never passed over in silence.
            problem = _unread(f"{folder}/{name}", deep)
            if problem is not None:
                mistakes.append(Mistake(Place(before + name, 1), *problem))
                folders.remove(name)
        for name in sorted(names):
            if not name.startswith(".") and name.endswith(SUFFIXES):
                yield before + name


def _unread(folder: str, deep: bool) -> tuple[str, str, str] | None:
    """Why a folder is not looked into, as parts of a mistake."""
    if os.path.islink(folder):
        return "the folder is a link, and links to folders are not followed", "", "put a copy here"
    if deep:
        return f"folders deeper than {DEPTH_MAX} are not read", "", "move it up"
    return None


def _is_read(folder: str) -> bool:
    return not folder.startswith(".") and folder not in SKIPPED_FOLDERS


def _target(link: str) -> Path:
    # Unlike `Path.resolve` it takes links that lead to themselves; they are no file then.
    return Path(os.path.realpath(link))


def _text(root: str, resolved: Path, path: str, mistakes: list[Mistake]) -> str | None:
    shown = os.fsencode(path).decode(errors="backslashreplace")
    place = Place(shown, 1)
    if shown != path:
        # It names the sources of rules, in documents that are UTF-8.
        what = "the name of this file, or of its folder, is not UTF-8"
        mistakes.append(Mistake(place, what, suggestion="rename it"))
        return None
    data = b""
    full = f"{root}/{path}"
    try:
        # No folder is a link: the walk follows none.
        if os.path.islink(full) and not _target(full).is_relative_to(resolved):
            what = "the file is a link that leads out of the bundle"
            mistakes.append(Mistake(place, what, suggestion="put a copy here"))
            return None
        if not Path(full).is_file():
            mistakes.append(Mistake(place, "not a regular file", suggestion="remove or rename it"))
            return None
        with open(full, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(min(size, FILE_BYTES_MAX) + 1)
        if len(data) > FILE_BYTES_MAX:
            what = f"the file has more than {FILE_BYTES_MAX} bytes"
            mistakes.append(Mistake(place, what, suggestion="split it"))
            return None
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = "the file is not UTF-8 text"
        mistakes.append(Mistake(Place(path, line), what, suggestion="save it as UTF-8"))
    except OSError as error:
        what = f"the file can't be read: {error.strerror}"
        mistakes.append(Mistake(place, what, suggestion=_READABLE))
    return None
