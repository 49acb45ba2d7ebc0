"""What each role comes to: everything that it includes, who holds it, and the grants behind it."""

import datetime
from dataclasses import dataclass
from typing import Any

from streamward.errors import NotFound
from streamward.model.document import Bundle
from streamward.model.grant import Grant
from streamward.model.nearest import meant
from streamward.model.principal import Principal, Role
from streamward.policy.days import utc_today
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
class RoleRights:
    """A role, expanded."""

    role: str
    includes: tuple[str, ...]
    """Every role that it includes, however far."""
    holders: tuple[str, ...]
    """Principals that hold it, directly or by a role that includes it."""
    rights: tuple[RoleRight, ...]

    def document(self) -> dict[str, Any]:
        """The role as JSON values."""
        return {
            "role": self.role,
            "includes": list(self.includes),
            "holders": list(self.holders),
            "rights": [right.document() for right in self.rights],
        }


def effective_roles(
    bundle: Bundle, role: str | None = None, *, today: datetime.date | None = None
) -> tuple[RoleRights, ...]:
    """Every role (or one) with all that it comes to. Raises NotFound for one that isn't declared.

    Rules of Cedar files are not among the rights: `what-can` tells what they leave of them.
    """
    names = bundle.names("Role")
    if role is not None and role not in names:
        raise NotFound(f"there is no role `{role}`: {meant(role, names)}")
    closures = _closures(bundle)
    wanted = [role] if role is not None else [it.name for it in bundle.of(Role)]
    day = today or utc_today()
    return tuple(_expanded(bundle, name, closures, day) for name in wanted)


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
    bundle: Bundle, role: str, closures: dict[str, frozenset[str]], day: datetime.date
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
    included = tuple(sorted(closure - {role}))
    return RoleRights(role, included, tuple(sorted(holders)), tuple(rights))


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
