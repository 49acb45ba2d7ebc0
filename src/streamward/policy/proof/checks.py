"""What must hold of invariants before anything is proved."""

import functools
from collections.abc import Callable, Iterator

from streamward.model.document import Bundle, Document, Mistake
from streamward.model.invariant import Invariant
from streamward.model.keys import AccessClass
from streamward.model.nearest import meant
from streamward.model.principal import Principal, Role
from streamward.policy.checks import SUBJECT_KINDS
from streamward.policy.proof.claim import claims_of
from streamward.policy.questions.beside import asserted_groups
from streamward.policy.target import Subject, Target

KINDS = {**SUBJECT_KINDS, "access_class": "AccessClass"}
Names = Callable[[str], frozenset[str]]


def unknown_names(bundle: Bundle) -> Iterator[Mistake]:
    """Invariants about roles, principals, tenants and classes that stand nowhere."""
    names_of = functools.cache(bundle.names)
    for document in bundle.documents_of(Invariant):
        invariant = document.value
        assert isinstance(invariant, Invariant)
        for field in ("only", "nobody"):
            for index, text in enumerate(getattr(invariant, field) or ()):
                kind = KINDS.get(Subject.parse(text).word)
                yield from _unknown(document, kind, text, field, index, names_of)
        for field in ("on", "widened_only_on"):
            for index, text in enumerate(getattr(invariant, field) or ()):
                kind = {"class": "DataClass", "tenant": "Tenant"}.get(text.partition(":")[0])
                yield from _unknown(document, kind, text, field, index, names_of)
                yield from _stray_star(document, text, field, index)


def _unknown(
    document: Document, kind: str | None, text: str, field: str, index: int, names_of: Names
) -> Iterator[Mistake]:
    name = text.partition(":")[2]
    if kind is not None and name not in (names := names_of(kind)):
        what = f"there is no {kind} `{name}`"
        yield document.mistake(what, field, index, suggestion=meant(name, names))


def _stray_star(document: Document, text: str, field: str, index: int) -> Iterator[Mistake]:
    named = text.partition(":")[0] in ("stream", "group", "transaction")
    if named and Target.parse(text).stray_star:
        what = f"`{text}`: a `*` is understood at the end only"
        hint = f"write `{text.split('*')[0]}*`; a `*` that is part of a name is written `\\*`"
        yield document.mistake(what, field, index, suggestion=hint)


def empty_invariants(bundle: Bundle) -> Iterator[Mistake]:
    """Invariants that no request could ever contradict: they would hold and say nothing."""
    for document in bundle.documents_of(Invariant):
        invariant = document.value
        assert isinstance(invariant, Invariant)
        if not any(True for _ in claims_of(invariant, bundle)):
            yield document.mistake(
                "nothing in `on` takes any of the actions in `may`: it would always hold",
                "on" if invariant.on else "may",
                suggestion="name what the actions are done to, or other actions",
            )


def invariants_about_nobody(bundle: Bundle) -> Iterator[Mistake]:
    """Invariants about people of whom there are none: they hold whatever rules say."""
    members = _members(bundle)
    readers = {it.name: it.readers for it in bundle.of(AccessClass)}
    for document in bundle.documents_of(Invariant):
        invariant = document.value
        assert isinstance(invariant, Invariant)
        for field in ("only", "nobody"):
            for index, text in enumerate(getattr(invariant, field) or ()):
                word, _, name = text.partition(":")
                if word == "access_class" and readers.get(name) == ():
                    yield _without_readers(document, name, field, index)
        named = [
            each
            for text in invariant.nobody or ()
            for each in (
                readers.get(text.partition(":")[2], ())
                if text.startswith("access_class:")
                else (text,)
            )
        ]
        if named and not any(text in members for text in named):
            what = "nobody is one of these: it holds whatever rules say"
            hint = "give somebody the role or tenant, or name others"
            yield document.mistake(what, "nobody", suggestion=hint, severity="warning")


def _without_readers(document: Document, name: str, field: str, index: int) -> Mistake:
    if field == "nobody":
        what = f"access class `{name}` has no readers: about them the invariant would always hold"
        return document.mistake(what, field, index, suggestion="name its readers, or leave it out")
    what = f"access class `{name}` has no readers: it lets nobody in"
    hint = "name its readers, or leave it out"
    return document.mistake(what, field, index, suggestion=hint, severity="warning")


def _members(bundle: Bundle) -> frozenset[str]:
    """Every subject that a principal is one of, or can be by its token."""
    includes = {role.name: role.includes for role in bundle.of(Role)}
    groups = asserted_groups(bundle)
    found = set()
    for principal in bundle.of(Principal):
        found |= {"everyone", f"principal:{principal.name}", f"tenant:{principal.tenant}"}
        asserted = [role for roles in groups.get(principal.name, {}).values() for role in roles]
        waiting = [*principal.roles, *asserted]
        while waiting:
            role = waiting.pop()
            if f"role:{role}" not in found:
                found.add(f"role:{role}")
                waiting.extend(includes.get(role, ()))
    return frozenset(found)


CHECKS = (unknown_names, empty_invariants, invariants_about_nobody)
