"""What must hold of grants and Cedar files."""

import bisect
import functools
from collections.abc import Iterable, Iterator

from streamward.model.action import Action, ResourceType, applies
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.grant import Grant
from streamward.model.nearest import meant
from streamward.model.principal import Principal, Role
from streamward.model.stream import Stream
from streamward.model.token_issuer import TokenIssuer
from streamward.policy import lints
from streamward.policy.days import utc_today
from streamward.policy.target import Subject, Target
from streamward.policy.validate import rules_compile

SUBJECT_KINDS = {"role": "Role", "principal": "Principal", "tenant": "Tenant"}
"""What the words of a subject name documents of."""


WORD_AND_NAME = r"[a-z]+:.+"
"""What an entry that names something looks like."""


def _grants(bundle: Bundle) -> Iterator[tuple[Document, Grant]]:
    for document in bundle.documents_of(Grant):
        assert isinstance(document.value, Grant)
        yield document, document.value


def _entries(bundle: Bundle, *fields: str) -> Iterator[tuple[Document, str, int, str]]:
    """Each entry of these lists of every grant, also of one that is broken elsewhere."""
    for document, grant in _grants(bundle):
        for field in fields:
            for index, text in enumerate(getattr(grant, field)):
                yield document, field, index, text
    for part in bundle.parts:
        if part.kind.model is Grant:
            for field in fields:
                for index, text in part.texts(field, WORD_AND_NAME):
                    yield part.document, field, index, text


def unknown_subjects(bundle: Bundle) -> Iterator[Mistake]:
    """Grants to roles, principals and tenants that stand nowhere."""
    names_of = functools.cache(bundle.names)
    for document, field, index, text in _entries(bundle, "to", "exempt"):
        subject = Subject.parse(text)
        kind = SUBJECT_KINDS.get(subject.word)
        names = names_of(kind) if kind is not None else frozenset()
        if kind is not None and subject.name not in names:
            what = f"there is no {kind} `{subject.name}`"
            hint = meant(subject.name, names)
            yield document.mistake(what, field, index, suggestion=hint)


def unknown_networks(bundle: Bundle) -> Iterator[Mistake]:
    """Grants from networks that stand nowhere."""
    names = bundle.names("Network")
    for document, field, index, source in _entries(bundle, "sources"):
        word, _, name = source.partition(":")
        if word == "network" and name not in names:
            what = f"there is no Network `{name}`"
            yield document.mistake(what, field, index, suggestion=meant(name, names))


def targets(bundle: Bundle) -> Iterator[Mistake]:
    """Patterns with a `*` in the middle, and unknown classes."""
    names = bundle.names("DataClass")
    for document, field, index, text in _entries(bundle, "on"):
        target = Target.parse(text)
        if target.word == "class":
            if target.name not in names:
                what = f"there is no DataClass `{target.name}`"
                yield document.mistake(what, field, index, suggestion=meant(target.name, names))
        elif target.stray_star:
            yield document.mistake(
                f"`{text}`: a `*` is understood at the end only",
                field,
                index,
                suggestion=f"write `{text.split('*')[0]}*`, or one line for each name; "
                "a `*` that is part of the name is written `\\*`",
            )


def undeclared_streams(bundle: Bundle) -> Iterator[Mistake]:
    """Targets that no declared stream has anything to do with."""
    if bundle.broken:
        return
    streams = _Streams(bundle.of(Stream))
    for document, grant in _grants(bundle):
        for index, text in enumerate(grant.on):
            target = Target.parse(text)
            if target.word == "stream" and not (target.stray_star or streams.meet(target)):
                yield document.mistake(
                    f"no document declares a stream `{target.text.removeprefix('stream:')}`",
                    "on",
                    index,
                    suggestion=meant(target.name, streams.names)
                    or "declare it with a document of kind Stream",
                    severity="warning",
                )


class _Streams:
    """The names and prefixes that are declared; there may be thousands, and as many targets."""

    def __init__(self, streams: Iterable[Stream]) -> None:
        streams = tuple(streams)
        self.names = frozenset(stream.name or stream.prefix or "" for stream in streams)
        self._ordered = sorted(self.names)
        self._whole = frozenset(stream.name for stream in streams if stream.name is not None)
        self._prefixes = frozenset(s.prefix for s in streams if s.prefix is not None)

    def meet(self, target: Target) -> bool:
        """Whether some name is covered by the target and by a declaration."""
        beginnings = (target.name[:end] for end in range(1, len(target.name) + 1))
        if any(beginning in self._prefixes for beginning in beginnings):
            return True
        if target.prefix is None:
            return target.name in self._whole
        after = bisect.bisect_left(self._ordered, target.prefix)
        if target.prefix == "":
            return True
        return after < len(self._ordered) and self._ordered[after].startswith(target.prefix)


def actions_fit_targets(bundle: Bundle) -> Iterator[Mistake]:
    """Actions that can't be done to any target of the grant, and targets that take none of them."""
    for document, grant in _grants(bundle):
        field = "allow" if grant.allow is not None else "deny"
        types = {Target.parse(text).type for text in grant.on}
        for index, action in enumerate(grant.actions):
            if not any(applies(action, resource_type) for resource_type in types):
                what = f"`{action.word}` can't be done to any of the targets"
                yield document.mistake(what, field, index, suggestion=_doable(action))
        for index, text in enumerate(grant.on):
            target = Target.parse(text)
            if not target.covered(grant.actions, with_implied=False):
                what = f"none of the actions can be done to `{text}`"
                yield document.mistake(what, "on", index, suggestion="remove it, or add an action")


def _doable(action: Action) -> str:
    types = [t.value.lower() for t in ResourceType if applies(action, t)]
    return "it is done to a " + " or a ".join(types)


def expired_grants(bundle: Bundle) -> Iterator[Mistake]:
    """Grants whose last day is over: they don't hold any more."""
    now = utc_today()
    for document, grant in _grants(bundle):
        if grant.expires is not None and grant.expires < now:
            yield document.mistake(
                f"the grant expired on {grant.expires} and doesn't hold any more",
                "expires",
                suggestion="remove the grant, or set a later date",
                severity="warning",
            )


def unused_roles(bundle: Bundle) -> Iterator[Mistake]:
    """Roles that nobody holds, or that no rule speaks of."""
    if bundle.broken:
        return
    held = {role for principal in bundle.of(Principal) for role in principal.roles}
    held |= {role for declared in bundle.of(Role) for role in declared.includes}
    claims = (issuer.role_claim for issuer in bundle.of(TokenIssuer))
    held |= {role for claim in claims if claim is not None for role in claim.roles.values()}
    for document in bundle.documents_of(Role):
        if document.name not in held:
            yield document.mistake(
                f"nobody has the role `{document.name}`",
                suggestion="give it to a principal, or remove it",
                severity="warning",
            )


CHECKS = (
    unknown_subjects,
    unknown_networks,
    targets,
    actions_fit_targets,
    *lints.CHECKS,
    rules_compile,
)
WARNINGS = (undeclared_streams, expired_grants, unused_roles, *lints.WARNINGS)
"""Checks that never find an error: who only asks leaves them out."""
