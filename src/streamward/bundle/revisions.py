"""The files of a bundle as they stand in a revision of git, without touching the working tree."""

import io
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

from streamward.bundle.files import FILE_BYTES_MAX, FILES_MAX, SKIPPED_FOLDERS, SUFFIXES
from streamward.errors import InvalidArgument, NotFound

ARCHIVE_BYTES_MAX = 256 * 1024 * 1024


def revision_texts(repository: Path, revision: str, path: str) -> dict[str, str]:
    """The bundle's files under `path` (from the folder `repository`, a part of a work tree).

    Raises NotFound where there is no such revision or folder, InvalidArgument where what stands
    there can't be read as a bundle.
    """
    named = f"{revision}^{{commit}}"
    missing = f"git has no revision `{revision}` here"
    commit = _git(repository, "rev-parse", "--verify", "--end-of-options", named, missing=missing)
    prefix = _git(repository, "rev-parse", "--show-prefix").decode().strip()
    top = Path(_git(repository, "rev-parse", "--show-toplevel").decode().strip())
    folder = _folder(prefix, path)
    tree = f"{commit.decode().strip()}:{folder}"
    missing = f"there is no folder `{path}` in revision `{revision}`"
    return _texts(_git(top, "archive", "--format=tar", tree, missing=missing))


def _folder(prefix: str, path: str) -> str:
    """The folder from the top of the work tree, where git wants it to be named from."""
    parts: list[str] = []
    for part in (PurePosixPath(prefix) / path).parts:
        if part == "..":
            if not parts:
                raise InvalidArgument(f"`{path}` leads out of the repository")
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _git(folder: Path, *words: str, missing: str = "git can't be asked here") -> bytes:
    command = ["git", "-C", str(folder), *words]
    try:
        finished = subprocess.run(
            command, capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise NotFound("git is not installed, so no revision can be read") from error
    if finished.returncode != 0:
        said = finished.stderr.decode(errors="replace").strip().splitlines()
        raise NotFound(missing) from (OSError(said[-1]) if said else None)
    if len(finished.stdout) > ARCHIVE_BYTES_MAX:
        raise InvalidArgument(f"the revision has more than {ARCHIVE_BYTES_MAX} bytes")
    return finished.stdout


def _texts(archive: bytes) -> dict[str, str]:
    texts: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as members:
        for member in members:
            path = PurePosixPath(member.name)
            hidden = any(part.startswith(".") or part in SKIPPED_FOLDERS for part in path.parts)
            if hidden or path.suffix not in SUFFIXES or not member.isfile():
                continue
            if len(texts) >= FILES_MAX or member.size > FILE_BYTES_MAX:
                raise InvalidArgument(
                    f"`{path}`: a bundle has at most {FILES_MAX} files of {FILE_BYTES_MAX} bytes"
                )
            stream = members.extractfile(member)
            assert stream is not None  # it is a regular file
            try:
                texts[path.as_posix()] = stream.read().decode()
            except UnicodeDecodeError as error:
                raise InvalidArgument(f"`{path}` is not UTF-8") from error
    return dict(sorted(texts.items()))
