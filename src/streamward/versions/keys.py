"""The keys that sign versions: declared by reference, or made beside the history."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from streamward.errors import InvalidArgument, NotFound
from streamward.files import create_file
from streamward.model.document import Bundle
from streamward.model.manifest import Environment, Manifest
from streamward.model.version_history import VersionHistory
from streamward.secrets import Secret, resolve
from streamward.versions.record import Signer, read_private_key
from streamward.versions.store import VersionStore

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE: Final = "key.pem"

ReadSecret = Callable[[str], bytes]
"""The bytes of a reference; raises StreamwardError."""


def declared_folder(bundle: Bundle, default: Path) -> Path:
    """Where a bundle says that its history lies. A bundle that is only proposed says nothing about
    where it is: ask `history_folder` (streamward.app).
    """
    declared = next(iter(bundle.of(VersionHistory)), None)
    return default if declared is None or declared.folder is None else Path(declared.folder)


def open_history(bundle: Bundle, folder: Path, read: ReadSecret) -> VersionStore:
    """The history in a folder, by the keys that a bundle declares; makes a key where it is allowed
    to have no declared one.

    Raises InvalidArgument in production without a declared key, or for a key of another form.
    """
    heads = bundle.of(Manifest)
    if not heads:
        raise InvalidArgument(f"the bundle `{bundle.root}` has no document of kind Bundle")
    declared = next(iter(bundle.of(VersionHistory)), VersionHistory(name="versions"))
    if declared.key is not None:
        key = read_private_key(read(declared.key))
    elif heads[0].environment is Environment.PRODUCTION:
        raise InvalidArgument(
            "in production versions need a declared key: add a document of kind VersionHistory"
            " with `key:` (`openssl genpkey -algorithm ed25519`)"
        )
    else:
        key = _made_key(folder)
    previous = tuple(read_private_key(read(one)).public_key() for one in declared.previous_keys)
    return VersionStore(folder, Signer(key, previous), heads[0].name)


def has_history(folder: Path) -> bool:
    """Whether anything was ever applied: where nothing was, no key is made to look."""
    return any((folder / "records").glob("*.json"))


def existing_history(bundle: Bundle, folder: Path, read: ReadSecret) -> VersionStore:
    """As `open_history`, of something that was applied. Raises NotFound."""
    if not has_history(folder):
        raise NotFound(
            f"no version was ever applied: there is none in `{folder}`; `streamward apply` makes "
            "one, and `--state-dir` names another gateway's state"
        )
    return open_history(bundle, folder, read)


def _made_key(folder: Path) -> "Ed25519PrivateKey":
    path = folder / KEY_FILE
    if not path.exists():
        _make_key(path)
    return read_private_key(_private(path).value)


def _private(path: Path) -> Secret:
    return resolve(f"file:{path.absolute()}", path.parent, private=True)


def _make_key(path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    create_file(path, pem)
