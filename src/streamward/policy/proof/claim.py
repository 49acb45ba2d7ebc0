"""From an invariant to claims: requests that must be denied, told in Cedar."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from streamward.model.action import Action, ResourceType, applies
from streamward.model.document import Bundle
from streamward.model.invariant import Invariant
from streamward.model.keys import AccessClass
from streamward.model.principal import Principal
from streamward.model.stream import CallerRequirements, Namespace
from streamward.policy import cedar_text
from streamward.policy.compile import from_networks, is_subject
from streamward.policy.conditions import OF_PEOPLE, clauses
from streamward.policy.target import Target

NAMED = (ResourceType.STREAM, ResourceType.GROUP, ResourceType.TRANSACTION)
"""What has a name in a namespace."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Requests of which the policy must allow none: these actions on resources of one type, where
    `never` (a condition in Cedar) holds.
    """

    actions: tuple[Action, ...]
    resource_type: ResourceType
    never: str
    environment: str | None = None
    with_older: bool = False
    """Only what the version before denies."""


def claims_of(invariant: Invariant, bundle: Bundle) -> Iterator[Claim]:
    """One claim for each type of resource that the invariant speaks of."""
    if invariant.widened_only_on is not None:
        for kind in ResourceType:
            covered = _covered(invariant.widened_only_on, kind, bundle)
            yield Claim(tuple(Action), kind, _not(covered), with_older=True)
        return
    who = _offenders(invariant, bundle)
    environment = invariant.in_environment.value if invariant.in_environment else None
    for kind in ResourceType:
        covered = _covered(invariant.on, kind, bundle)
        actions = _actions(invariant, kind)
        if covered != _NOTHING and actions:
            never = f"({covered}) && ({who})"
            yield Claim(actions, kind, never, environment)


def _actions(invariant: Invariant, kind: ResourceType) -> tuple[Action, ...]:
    """Those that can be done to the type; of `anything` also what only a rule could think of."""
    if set(invariant.may) == set(Action):
        return tuple(sorted(Action, key=lambda action: not applies(action, kind)))
    return tuple(action for action in invariant.may if applies(action, kind))


def _offenders(invariant: Invariant, bundle: Bundle) -> str:
    if invariant.only is not None:
        return _not(_any_subject(invariant.only, bundle))
    if invariant.nobody is not None:
        return _any_subject(invariant.nobody, bundle)
    assert invariant.requires is not None
    return _not(_fulfilled(invariant.requires))


def _any_subject(subjects: Iterable[str], bundle: Bundle) -> str:
    kinds = {p.name: p.type for p in bundle.of(Principal)}
    readers = {access.name: access.readers for access in bundle.of(AccessClass)}
    named = [
        each
        for text in subjects
        for each in (
            readers.get(text.removeprefix("access_class:"), ())
            if text.startswith("access_class:")
            else (text,)
        )
    ]
    return _any(is_subject(each, kinds) for each in named)


def _fulfilled(requires: CallerRequirements) -> str:
    parts = ["context.tls"] if requires.tls else []
    for clause in clauses(requires):
        of_people = clause.field in OF_PEOPLE
        text = f"({clause.cedar})"
        parts.append(f"(principal is Streamward::Service || {text})" if of_people else text)
    if requires.networks:
        parts.append(from_networks(requires.networks))
    return " && ".join(parts)


_NOTHING = "false"


def _covered(scopes: Iterable[str], kind: ResourceType, bundle: Bundle) -> str:
    """The condition that a resource of this type is one of the scopes."""
    return _any(
        condition
        for condition in (_covers(scope, kind, bundle) for scope in scopes)
        if condition != _NOTHING
    )


def _covers(scope: str, kind: ResourceType, bundle: Bundle) -> str:
    if scope == "everything":
        return "true"
    word, _, name = scope.partition(":")
    if word == "tenant":
        return _owned(name, bundle) if kind in NAMED else _NOTHING
    target = Target.parse(scope)
    if target.type is not kind:
        return _NOTHING
    if word == "cluster":
        return "true"
    if word == "class":
        return f"resource in {cedar_text.entity('DataClass', target.name)}"
    if target.prefix is not None:
        return f"resource.name like {cedar_text.pattern(target.prefix)}"
    return f"resource.name == {cedar_text.quoted(target.name)}"


def _owned(tenant: str, bundle: Bundle) -> str:
    """The longest namespace of a name says whose it is."""
    prefixes = {namespace.prefix: namespace.tenant for namespace in bundle.of(Namespace)}
    ways = []
    for prefix, owner in sorted(prefixes.items()):
        if owner != tenant:
            continue
        longer = sorted(it for it in prefixes if it.startswith(prefix) and it != prefix)
        but = "".join(f" && !(resource.name like {cedar_text.pattern(it)})" for it in longer)
        ways.append(f"(resource.name like {cedar_text.pattern(prefix)}{but})")
    return _any(ways)


def _any(parts: Iterable[str]) -> str:
    found = list(parts)
    return " || ".join(f"({part})" for part in found) if found else _NOTHING


def _not(condition: str) -> str:
    return f"!({condition})"
