"""Certificates and passwords for a bundle in development: everything its references name."""

import base64
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamward.bundle import Bundle
from streamward.dev.authority import Authority
from streamward.dev.cache import write_private
from streamward.dev.passwords import random_password, verifier
from streamward.errors import InvalidArgument
from streamward.model.authority import CertificateAuthority
from streamward.model.control_door import ControlDoor
from streamward.model.credentials import IdentityStore
from streamward.model.manifest import Environment, Manifest
from streamward.model.principal import CertificateCredential, PasswordCredential, Principal
from streamward.model.topology import Listener, SniNodes

STORE_KEY_BYTES = 32
NODE_NAMES_MAX = 16
"""How many node names of one listener stand in its certificate beside the wildcard."""

_FILE = "file:"


@dataclass(frozen=True, slots=True)
class _Planned:
    """A file to write: where, what, and whether only its owner may read it."""

    path: Path
    content: bytes
    private: bool


def make_certificates(bundle: Bundle, *, force: bool = False) -> tuple[Path, ...]:
    """Write what the bundle's `file:` references name, and what its clients need; gives the paths.

    A new authority signs one certificate per listener and one per certificate credential (each
    CertificateAuthority is another one, with an empty list of revoked certificates); each
    password credential gets a random password and its verifier; an identity store gets its key.
    Raises InvalidArgument for a bundle of production, and where a file exists unless `force`.
    """
    _refuse_production(bundle)
    files = {planned.path: planned for planned in _plan(bundle)}
    present = [path for path in files if path.exists()]
    if present and not force:
        raise InvalidArgument(f"`{present[0]}` exists: with `--force` all is made anew")
    for planned in files.values():
        _write(planned)
    return tuple(files)


def _refuse_production(bundle: Bundle) -> None:
    heads = bundle.of(Manifest)
    if not heads:
        raise InvalidArgument(f"`{bundle.root}` holds no document of kind `Bundle`")
    if any(head.environment is Environment.PRODUCTION for head in heads):
        raise InvalidArgument("the bundle's environment is `production`: use certificates of yours")


def _plan(bundle: Bundle) -> Iterator[_Planned]:
    authority = Authority.create(f"{bundle.of(Manifest)[0].name} development")
    root = bundle.root.resolve()
    yield _Planned(root / "tls" / "ca.pem", authority.issued.certificate, private=False)
    yield _Planned(root / "tls" / "ca.key", authority.issued.key, private=True)
    yield from _server_files(root, bundle, authority)
    signers: dict[str | None, Authority] = {None: authority}
    for declared in bundle.of(CertificateAuthority):
        signer = signers[declared.name] = Authority.create(f"{declared.name} development")
        path = _path(root, declared.ca)
        yield _Planned(path, signer.issued.certificate, private=False)
        yield _Planned(path.with_suffix(".key"), signer.issued.key, private=True)
        for reference in declared.crls:
            yield _Planned(_path(root, reference), signer.revocation_list(), private=False)
    for principal in bundle.of(Principal):
        yield from _principal_files(root, principal, signers)
    for store in bundle.of(IdentityStore):
        # Without the key that is there, nobody reads what it has encrypted: it is never replaced.
        if store.key.startswith(_FILE) and not _path(root, store.key).exists():
            key = base64.b64encode(secrets.token_bytes(STORE_KEY_BYTES)) + b"\n"
            yield _Planned(_path(root, store.key), key, private=True)
    for folder in ("tls", "secrets"):
        yield _Planned(root / folder / ".gitignore", b"*\n", private=False)


def _server_files(root: Path, bundle: Bundle, authority: Authority) -> Iterator[_Planned]:
    names: dict[tuple[str, str], list[str]] = {}
    servers: list[Listener | ControlDoor] = [*bundle.of(Listener), *bundle.of(ControlDoor)]
    for server in servers:
        if server.tls is None:
            continue
        references = (server.tls.certificate, server.tls.key)
        names.setdefault(references, []).extend(server_names(server))
        if server.tls.client_ca is not None:
            path = _path(root, server.tls.client_ca)
            yield _Planned(path, authority.issued.certificate, private=False)
    for (certificate, key), known_as in names.items():
        unique = list(dict.fromkeys(known_as))
        issued = authority.server(unique[0], unique)
        yield _Planned(_path(root, certificate), issued.certificate, private=False)
        yield _Planned(_path(root, key), issued.key, private=True)


def server_names(server: Listener | ControlDoor) -> list[str]:
    """Every name and address by which clients may reach a listener or the control door."""
    listener = server if isinstance(server, Listener) else None
    names = [] if listener is None else [listener.advertise]
    if server.bind not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        names.append(server.bind)
    if listener is not None and listener.sni is not None:
        names.append(listener.sni.bootstrap_name)
        names.extend(_node_names(listener.sni.node_name, listener.sni.nodes))
    return list(dict.fromkeys([*names, "localhost", "127.0.0.1"]))


def _node_names(pattern: str, nodes: SniNodes) -> Iterator[str]:
    label, dot, parent = pattern.partition(".")
    if "{id}" in label and dot:
        yield f"*.{parent}"
    first, count = nodes.first_id, nodes.count
    for node in range(first, first + min(count, NODE_NAMES_MAX)):
        yield pattern.replace("{id}", str(node))


def _principal_files(
    root: Path, principal: Principal, signers: Mapping[str | None, Authority]
) -> Iterator[_Planned]:
    passwords = [each for each in principal.credentials if isinstance(each, PasswordCredential)]
    for credential in principal.credentials:
        if isinstance(credential, CertificateCredential):
            subject = credential.subject or f"CN={credential.mapped_name or principal.name}"
            issued = signers[credential.issuer].client(subject, credential.san)
            stem = root / "tls" / "clients" / credential.id
            yield _Planned(_suffixed(stem, ".pem"), issued.certificate, private=False)
            yield _Planned(_suffixed(stem, ".key"), issued.key, private=True)
    for credential in passwords:
        password = random_password()
        name = principal.name if len(passwords) == 1 else credential.id
        path = _path(root, credential.verifier)
        yield _Planned(path, verifier(password).encode() + b"\n", private=True)
        yield _Planned(root / "secrets" / f"{name}.password", password.encode(), private=True)


def _suffixed(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def _path(root: Path, reference: str) -> Path:
    if not reference.startswith(_FILE):
        raise InvalidArgument(f"`{reference}` is no file: nothing can be written there")
    path = (root / reference.removeprefix(_FILE)).resolve()
    if not path.is_relative_to(root):
        raise InvalidArgument(f"`{reference}` leads out of the bundle")
    return path


def _write(planned: _Planned) -> None:
    planned.path.parent.mkdir(parents=True, exist_ok=True)
    if planned.private:
        write_private(planned.path, planned.content)
    else:
        planned.path.write_bytes(planned.content)
