"""Which principal of a bundle is meant by the name of one of Kafka's users."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streamward.model.document import Document
from streamward.model.principal import CertificateCredential, Principal

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,199}")
_COMMON_NAME = re.compile(r"(?:^|,)\s*CN=((?:[^,\\]|\\.)+)", re.IGNORECASE)
_BEGINNING_CHARACTERS_MAX = 100
_DIGEST_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Declared:
    """What a bundle declares already, so that an import refers to it instead of repeating it."""

    principals: tuple[Principal, ...] = ()
    tenants: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()
    """Names of documents of kind Stream: whole names and prefixes."""

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Declared":
        """What these documents declare."""
        documents = tuple(documents)
        return cls(
            tuple(d.value for d in documents if isinstance(d.value, Principal)),
            frozenset(d.name for d in documents if d.kind == "Tenant"),
            frozenset(d.name for d in documents if d.kind == "Stream"),
        )


@dataclass(frozen=True, slots=True)
class PrincipalNames:
    """The name of a principal for every user that ACLs speak of."""

    by_user: Mapping[str, str] = field(default_factory=dict)
    new: tuple[str, ...] = ()
    """Users for whom the bundle declares no principal."""
    joined: frozenset[str] = frozenset()
    """Users of whom the bundle makes one principal with another of them, who comes first."""

    @classmethod
    def choose(cls, users: Iterable[str], declared: Declared) -> "PrincipalNames":
        """A name for each user: that of a declared principal of this name or certificate, the
        user's own if it can be a name, else one made of it. The same users get the same names.
        """
        by_user: dict[str, str] = {}
        by_name = {principal.name for principal in declared.principals}
        by_subject = {
            credential.subject: principal.name
            for principal in declared.principals
            for credential in principal.credentials
            if isinstance(credential, CertificateCredential) and credential.subject is not None
        }
        unknown: list[str] = []
        joined: set[str] = set()
        for user in sorted(set(users), key=lambda it: (it not in by_name, it)):
            known = user if user in by_name else by_subject.get(subject_of(user) or "")
            if known is None:
                unknown.append(user)
                continue
            if known in by_user.values():
                joined.add(user)
            by_user[user] = known
        taken = by_name | {user for user in unknown if _NAME.fullmatch(user)}
        wanted = {user: _short(user) for user in unknown if not _NAME.fullmatch(user)}
        for user in unknown:
            short = wanted.get(user)
            if short is None:
                by_user[user] = user
            elif short in taken or list(wanted.values()).count(short) > 1:
                by_user[user] = f"{short}-{digest(user)}"
            else:
                by_user[user] = short
        return cls(by_user, tuple(unknown), frozenset(joined))


def subject_of(user: str) -> str | None:
    """The subject of a certificate as the gateway compares it, if the user's name is one."""
    if "=" not in user:
        return None
    from cryptography.x509 import Name

    try:
        return Name.from_rfc4514_string(user).rfc4514_string()
    except ValueError:
        return None


def digest(text: str) -> str:
    """A few characters that tell this text from others."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def _short(user: str) -> str:
    common_name = _COMMON_NAME.search(user)
    text = common_name[1] if common_name else user
    text = re.sub(r"[^A-Za-z0-9._@-]+", "-", text).strip("-._@")
    return text[:_BEGINNING_CHARACTERS_MAX] or "user"
