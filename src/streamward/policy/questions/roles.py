"""What each role comes to: everything that it includes, who holds it, and the rules behind it."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamward.errors import NotFound
from streamward.model.document import Bundle
from streamward.model.grant import Grant
from streamward.model.nearest import meant
from streamward.model.principal import Principal, Role
from streamward.policy import cedar_text
from streamward.policy.days import utc_today
from streamward.policy.lints.cedar_source import code, effect
from streamward.policy.questions.beside import asserted_groups
from streamward.policy.questions.compiled import compiled
from streamward.policy.section import Rule
from streamward.policy.target import Target


@dataclass(frozen=True, slots=True)
class RoleRight:
    """What one grant gives or denies to whoever holds a role."""

    grant: str
    source: str
    through: str
    """The role that the grant names: the role itself, one that it includes, or `everyone`."""
    effect: str
    actions: tuple[str, ...]
    on: tuple[str, ...]
    conditional: bool
    """Whether it asks more: of where from, of circumstances, or that somebody is not exempt."""

    def document(self) -> dict[str, Any]:
        """The right as JSON values."""
        return {
            "grant": self.grant,
            "source": self.source,
            "through": self.through,
            "effect": self.effect,
            "actions": list(self.actions),
            "on": list(self.on),
            "conditional": self.conditional,
        }


@dataclass(frozen=True, slots=True)
class RoleRule:
    """A rule of a Cedar file that speaks of whoever holds a role."""

    rule: str
    source: str
    through: str
    """The role that it names: the role itself, or one that it includes."""
    effect: str
    """`permit` or `forbid`, to whom and when is for its text to say."""

    def document(self) -> dict[str, Any]:
        """The rule as JSON values."""
        return {
            "rule": self.rule,
            "source": self.source,
            "through": self.through,
            "effect": self.effect,
        }


@dataclass(frozen=True, slots=True)
class RoleRights:
    """A role, expanded."""

    role: str
    includes: tuple[str, ...]
    """Every role that it includes, however far."""
    holders: tuple[str, ...]
    """Principals that hold it, directly or by a role that includes it."""
    by_token: Mapping[str, tuple[str, ...]]
    """Principals that hold it where their token names one of these groups."""
    rights: tuple[RoleRight, ...]
    rules: tuple[RoleRule, ...]
    """Of Cedar files; what they do is not among the rights."""

    def document(self) -> dict[str, Any]:
        """The role as JSON values."""
        return {
            "role": self.role,
            "includes": list(self.includes),
            "holders": list(self.holders),
            "by_token": {name: list(groups) for name, groups in self.by_token.items()},
            "rights": [right.document() for right in self.rights],
            "rules": [rule.document() for rule in self.rules],
        }


def effective_roles(
    bundle: Bundle, role: str | None = None, *, today: datetime.date | None = None
) -> tuple[RoleRights, ...]:
    """Every role (or one) with all that it comes to. Raises NotFound for one that isn't declared,
    PolicyInvalid where the policy doesn't compile.

    Rules of Cedar files that name it stand beside the rights: `what-can` tells what comes of both.
    """
    names = bundle.names("Role")
    if role is not None and role not in names:
        raise NotFound(f"there is no role `{role}`: {meant(role, names)}")
    closures = _closures(bundle)
    wanted = [role] if role is not None else [it.name for it in bundle.of(Role)]
    day = today or utc_today()
    of_files = [
        it for it in compiled(bundle, today=day).section.rules if it.id.startswith("cedar:")
    ]
    return tuple(_expanded(bundle, name, closures, of_files, day) for name in wanted)


def _closures(bundle: Bundle) -> dict[str, frozenset[str]]:
    includes = {role.name: role.includes for role in bundle.of(Role)}

    def closure(name: str) -> frozenset[str]:
        found, waiting = {name}, [name]
        while waiting:
            new = set(includes.get(waiting.pop(), ())) - found
            found |= new
            waiting.extend(new)
        return frozenset(found)

    return {name: closure(name) for name in includes}


def _expanded(
    bundle: Bundle,
    role: str,
    closures: dict[str, frozenset[str]],
    of_files: list[Rule],
    day: datetime.date,
) -> RoleRights:
    closure = closures.get(role, frozenset({role}))
    holders = (
        principal.name
        for principal in bundle.of(Principal)
        if any(role in closures.get(held, {held}) for held in principal.roles)
    )
    rights = []
    for document in bundle.documents_of(Grant):
        grant = document.value
        assert isinstance(grant, Grant)
        if grant.expires is not None and grant.expires < day:
            continue
        for subject in grant.to:
            word, _, name = subject.partition(":")
            if word == "everyone" or (word == "role" and name in closure):
                rights.append(_right(grant, str(document.place()), name or "everyone"))
    return RoleRights(
        role,
        includes=tuple(sorted(closure - {role})),
        holders=tuple(sorted(holders)),
        by_token=_by_token(bundle, role, closures),
        rights=tuple(rights),
        rules=tuple(_rules(of_files, role, closure)),
    )


def _by_token(
    bundle: Bundle, role: str, closures: dict[str, frozenset[str]]
) -> dict[str, tuple[str, ...]]:
    found = {}
    for principal, groups in sorted(asserted_groups(bundle).items()):
        giving = (
            group
            for group, given in groups.items()
            if any(role in closures.get(it, {it}) for it in given)
        )
        if named := tuple(sorted(giving)):
            found[principal] = named
    return found


def _rules(rules: Iterable[Rule], role: str, closure: frozenset[str]) -> Iterator[RoleRule]:
    for rule in rules:
        text = code(rule.cedar)
        named = [it for it in sorted(closure) if cedar_text.entity("Role", it) in text]
        if named:
            through = role if role in named else named[0]
            yield RoleRule(rule.id, rule.source, through, effect(text))


def _right(grant: Grant, place: str, through: str) -> RoleRight:
    allows = grant.allow is not None
    covered = {
        action.word: None
        for text in grant.on
        for action in Target.parse(text).covered(grant.actions, with_implied=allows)
    }
    asks = any(value for name, value in grant.requires if name)
    return RoleRight(
        grant=grant.id,
        source=place.rpartition(":")[0],
        through=through,
        effect="allow" if allows else "deny",
        actions=tuple(covered),
        on=grant.on,
        conditional=bool(grant.sources or grant.exempt or asks),
    )
