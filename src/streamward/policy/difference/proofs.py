"""How a change of what proves who somebody is gets told: by whom, of whom, gained or lost."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from streamward.model.document import Bundle, Document
from streamward.model.principal import (
    BrokerCredential,
    CertificateCredential,
    Credential,
    PasswordCredential,
    Principal,
    TokenCredential,
)
from streamward.policy.difference.changes import IdentityChange

Said = tuple[str, str, bool, bool]
"""The field, what changes, and whether somebody gains and somebody loses by it."""
Chosen = Callable[[Credential], bool]
"""The credentials that a change is about."""


def of_issuer(name: str) -> Chosen:
    """Tokens of an issuer."""
    return lambda it: isinstance(it, TokenCredential) and it.issuer == name


def of_authority(name: str | None) -> Chosen:
    """Certificates of an authority; None: of that of the listener or door."""
    return lambda it: isinstance(it, CertificateCredential) and it.issuer == name


def a_certificate(credential: Credential) -> bool:
    """Any certificate."""
    return isinstance(credential, CertificateCredential)


def a_token(credential: Credential) -> bool:
    """Any token."""
    return isinstance(credential, TokenCredential)


def a_password(credential: Credential) -> bool:
    """Any password, one that brokers check included."""
    return isinstance(credential, PasswordCredential | BrokerCredential)


def any_credential(_: Credential) -> bool:
    """All of them."""
    return True


def holders(old: Bundle, new: Bundle, chosen: Chosen) -> tuple[str, ...]:
    """Principals that have such a credential: before, or now."""
    found = {
        it.name
        for bundle in (old, new)
        for it in bundle.of(Principal)
        if any(chosen(each) for each in it.credentials)
    }
    return tuple(sorted(found))


def everybody(old: Bundle, new: Bundle) -> tuple[str, ...]:
    """Every principal, with credentials or without: passwords may lie in an identity store."""
    return tuple(sorted({it.name for bundle in (old, new) for it in bundle.of(Principal)}))


def told(
    who: str,
    principals: tuple[str, ...],
    document: Document,
    said: Iterable[Said],
    *within: str,
) -> Iterator[IdentityChange]:
    """What is said of a document, about these principals; nothing where there are none."""
    if not principals:
        return
    for field, what, gains, loses in said:
        place = document.place(*within, field)
        yield IdentityChange(
            who=who,
            principals=principals,
            what=what,
            gains=gains,
            loses=loses,
            source=f"{place.file}:{place.line}",
        )


def shown(value: Any) -> str:
    """A value for people."""
    return "none" if value is None else f"`{value}`"


def other(was: Any, now: Any, field: str, what: str) -> Iterator[Said]:
    """Something else than before: who had the old one loses, who has the new one gains."""
    before, after = getattr(was, field), getattr(now, field)
    if before != after:
        yield field, f"{what} {shown(after)}, before {shown(before)}", True, True


def vouching(before: str | None, after: str | None) -> Iterator[Said]:
    """Another authority, one where there was none, or none where there was one."""
    if before != after:
        said = f"certificates are vouched for by another: {shown(after)}, before {shown(before)}"
        yield "client_ca", said, after is not None, before is not None


def listed(before: Iterable[str], after: Iterable[str], field: str, what: str) -> Iterator[Said]:
    """What a list has more gains, what it has no more loses."""
    was, now = list(before), list(after)
    for one in now:
        if one not in was:
            yield field, f"{what} `{one}`", True, False
    for one in was:
        if one not in now:
            yield field, f"{what} `{one}` no more", False, True


def longer(was: Any, now: Any, field: str, what: str) -> Iterator[Said]:
    """A time that gains where it is longer."""
    before, after = getattr(was, field), getattr(now, field)
    if before != after:
        said = f"{what} {_seconds(after)}, before {_seconds(before)}"
        yield field, said, after > before, after < before


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"
