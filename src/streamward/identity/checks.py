"""What must hold between principals, credentials and roles."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from streamward.identity import authority_checks, device_checks, token_checks
from streamward.model.credentials import CredentialClass, IdentityStore
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.principal import (
    BrokerCredential,
    CertificateCredential,
    Credential,
    PasswordCredential,
    Principal,
    Role,
    TokenCredential,
    UnixUserCredential,
)

_VALUE: Final = r"[A-Za-z0-9](?:[A-Za-z0-9 ._@:/-]{0,60}[A-Za-z0-9])?"
_RELATIVE: Final = rf"(?:(?:CN|L|ST|O|OU|STREET|DC|UID)={_VALUE}|C=[A-Z]{{2}})"
PLAIN_NAME: Final = re.compile(rf"{_RELATIVE}(?:,{_RELATIVE})*")
"""Names as in RFC 4514 in which nothing is escaped and nothing can be spelled otherwise."""


def role_cycles(bundle: Bundle) -> Iterator[Mistake]:
    """Roles that include themselves, directly or through others; each cycle is told once."""
    documents = {d.name: d for d in bundle.documents_of(Role)}
    includes = {role.name: role.includes for role in bundle.of(Role)}
    told: set[str] = set()
    for name in includes:
        cycle = _cycle(name, includes)
        if cycle and not told.intersection(cycle):
            told.update(cycle)
            what = f"role `{name}` includes itself: " + " → ".join(f"`{n}`" for n in (*cycle, name))
            yield documents[name].mistake(
                what, "includes", suggestion="remove one of these includes"
            )


def _cycle(start: str, includes: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The roles on a way from `start` back to itself, or nothing."""
    came_from: dict[str, str] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for included in includes.get(name, ()):
            if included == start:
                return _way_back(name, start, came_from)
            if included not in came_from:
                came_from[included] = name
                waiting.append(included)
    return []


def _way_back(name: str, start: str, came_from: Mapping[str, str]) -> list[str]:
    way = [name]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def shared_credentials(bundle: Bundle) -> Iterator[Mistake]:
    """One credential that stands for two principals, or one id given twice."""
    proofs: dict[tuple[str, str], Document] = {}
    ids: dict[str, Document] = {}
    for document, index, credential in _credentials(bundle):
        first = ids.setdefault(credential.id, document)
        if first is not document or _is_repeated(document, index, credential):
            yield document.mistake(
                f"credential `{credential.id}` is declared twice",
                "credentials",
                index,
                "id",
                suggestion=f"first in `{first.name}` at {first.place('credentials')}",
            )
        proof = _proof(credential)
        owner = proofs.setdefault(proof, document)
        if owner is not document:
            yield document.mistake(
                f"the {proof[0]} of credential `{credential.id}` is also that of `{owner.name}`",
                "credentials",
                index,
                proof[0],
                suggestion="give each principal a credential of its own",
            )


def _credentials(bundle: Bundle) -> Iterator[tuple[Document, int, Credential]]:
    for document in bundle.documents_of(Principal):
        assert isinstance(document.value, Principal)
        for index, credential in enumerate(document.value.credentials):
            yield document, index, credential


def _is_repeated(document: Document, index: int, credential: Credential) -> bool:
    assert isinstance(document.value, Principal)
    return any(other.id == credential.id for other in document.value.credentials[:index])


def _proof(credential: Credential) -> tuple[str, str]:
    if isinstance(credential, CertificateCredential):
        # Two authorities may sign the same name: for each it is another one.
        of = credential.issuer or ""
        if credential.mapped_name is not None:
            return "mapped_name", f"{of}\0{credential.mapped_name}"
        if credential.san is not None:
            return "san", f"{of}\0{credential.san}"
        return "subject", f"{of}\0{credential.subject or ''}"
    if isinstance(credential, PasswordCredential):
        return "verifier", credential.verifier
    if isinstance(credential, TokenCredential):
        return "subject", f"{credential.issuer} {credential.subject}"
    if isinstance(credential, UnixUserCredential):
        return "user", credential.user
    if isinstance(credential, BrokerCredential):
        return "id", credential.id
    assert_never(credential)


def certificate_subjects(bundle: Bundle) -> Iterator[Mistake]:
    """Subjects that are not RFC 4514 names, or not spelled as the gateway compares them."""
    for document, index, credential in _credentials(bundle):
        if not isinstance(credential, CertificateCredential) or credential.subject is None:
            continue
        path = ("credentials", index, "subject")
        try:
            spelled = _as_compared(credential.subject)
        except ValueError:
            what = f"`{credential.subject}` is not a name as in RFC 4514"
            yield document.mistake(
                what, *path, suggestion=f"write it like `CN={document.name},O=Example`"
            )
            continue
        if spelled != credential.subject:
            what = f"`{credential.subject}` is compared letter by letter and would never match"
            yield document.mistake(what, *path, suggestion=f"write it as `{spelled}`")


def _as_compared(subject: str) -> str:
    """The name as the gateway spells it. Raises ValueError."""
    if PLAIN_NAME.fullmatch(subject):
        return subject
    # It takes 8 MB, which a gateway whose names are plain can do without.
    from cryptography.x509 import Name

    return Name.from_rfc4514_string(subject).rfc4514_string()


def without_credentials(bundle: Bundle) -> Iterator[Mistake]:
    """Principals that nobody can prove to be; with an identity store they may have a password."""
    if bundle.of(IdentityStore):
        return
    for document in bundle.documents_of(Principal):
        assert isinstance(document.value, Principal)
        if not document.value.credentials:
            yield document.mistake(
                f"`{document.name}` has no credentials, so nobody can be it",
                suggestion="add `credentials:`, or remove the principal",
                severity="warning",
            )


def one_store(bundle: Bundle) -> Iterator[Mistake]:
    """Two stores could say different things of one principal; classes without one say nothing."""
    stores = bundle.documents_of(IdentityStore)
    for store in stores[1:]:
        first = stores[0].place()
        yield store.mistake("a bundle has one identity store", suggestion=f"first in {first}")
    if stores or bundle.names("IdentityStore"):
        return
    for document in bundle.documents_of(CredentialClass):
        yield document.mistake(
            f"there is no identity store with passwords of class `{document.name}`",
            suggestion="add a document of kind IdentityStore, or remove the class",
            severity="warning",
        )


CHECKS = (
    role_cycles,
    shared_credentials,
    certificate_subjects,
    without_credentials,
    *token_checks.CHECKS,
    *device_checks.CHECKS,
    one_store,
    *authority_checks.CHECKS,
)
