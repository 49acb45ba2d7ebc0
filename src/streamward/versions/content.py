"""The files of a bundle as one value with a digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec

from streamward.errors import InvalidArgument, StreamwardError

CONTENT_BYTES_MAX: Final = 16 * 1024 * 1024
"""All files of a version together."""
CONTENT_FILES_MAX: Final = 10_000
PATH_CHARACTERS_MAX: Final = 1_000


class VersionTampered(StreamwardError):
    """What the history holds is not what was signed."""

    code = "versions.tampered"
    help = (
        "Compare the folder of versions with a backup; nothing of it was put in force. "
        "`gateway run --from-folder` runs the bundle's folder meanwhile."
    )


class OtherBundle(InvalidArgument):
    """What is applied is not the bundle that runs, or not the one that the history is of."""

    code = "versions.other_bundle"
    help = (
        "`streamward gateway status` says which bundle runs. Apply that one, or name the gateway "
        "that you mean with `--state-dir`; `--other-bundle` is for another environment, or for "
        "another folder before the first version, where you mean that."
    )


def digest(data: bytes) -> str:
    """`sha256:` and the digest in hex."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def fits_in_folder(path: str) -> bool:
    """Whether a path names a file inside a bundle, in one way only."""
    parts = path.split("/")
    plain = all(part not in ("", ".", "..") for part in parts)
    return plain and len(path) <= PATH_CHARACTERS_MAX and "\0" not in path and "\\" not in path


@dataclass(frozen=True)
class Content:
    """Path (relative, with `/`) → text of every file that declares something.

    Keys, certificates and verifiers are never among them: a bundle refers to those.
    """

    texts: Mapping[str, str]

    @cached_property
    def blobs(self) -> Mapping[str, bytes]:
        """Path → bytes of each file."""
        return {path: text.encode() for path, text in sorted(self.texts.items())}

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Path → digest of each file."""
        return {path: digest(data) for path, data in self.blobs.items()}

    @cached_property
    def digest(self) -> str:
        """The digest of the whole: of the paths and the digests of their files."""
        return digest_of_files(self.files)

    def check_bounds(self) -> None:
        """Raises InvalidArgument for more than a version holds, or a path out of the folder."""
        if len(self.texts) > CONTENT_FILES_MAX:
            raise InvalidArgument(f"a version has at most {CONTENT_FILES_MAX} files")
        if sum(map(len, self.blobs.values())) > CONTENT_BYTES_MAX:
            raise InvalidArgument(f"a version has at most {CONTENT_BYTES_MAX} bytes")
        for path in self.texts:
            if not fits_in_folder(path):
                raise InvalidArgument(f"`{path[:100]}` is not a path inside a bundle")


def digest_of_files(files: Mapping[str, str]) -> str:
    """The digest of a version's content, from the digests of its files."""
    return digest(msgspec.json.encode({"files": dict(files)}, order="deterministic"))
