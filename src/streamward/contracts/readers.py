"""Whom the readers of access classes stand for, and whether some are among others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streamward.model.document import Bundle
from streamward.model.keys import AccessClass
from streamward.model.principal import Principal, Role


@dataclass(frozen=True, slots=True)
class Readers:
    """Holders of roles (those that include one of them are among them), and principals."""

    roles: frozenset[str]
    principals: frozenset[str]


def readers_of(bundle: Bundle, access_classes: Iterable[str]) -> Readers:
    """The readers of all of these; of a class that isn't declared, nobody."""
    found = [bundle.find(AccessClass, name) for name in access_classes]
    readers = [reader.partition(":") for one in found if one is not None for reader in one.readers]
    return Readers(
        roles=_holders(bundle, {name for kind, _, name in readers if kind == "role"}),
        principals=frozenset(name for kind, _, name in readers if kind == "principal"),
    )


def strangers(bundle: Bundle, these: Readers, those: Readers) -> tuple[str, ...]:
    """Who of these is none of those, as access classes name them."""
    known = {one.name: frozenset(one.roles) for one in bundle.of(Principal)}
    nobody: frozenset[str] = frozenset()
    people = {
        name
        for name in these.principals - those.principals
        if not known.get(name, nobody) & those.roles
    }
    return tuple(
        sorted(
            [f"role:{name}" for name in these.roles - those.roles]
            + [f"principal:{name}" for name in people]
        )
    )


def _holders(bundle: Bundle, wanted: set[str]) -> frozenset[str]:
    """The roles whose holders have one of those that are wanted."""
    includes: Mapping[str, tuple[str, ...]] = {one.name: one.includes for one in bundle.of(Role)}
    found = set(wanted)
    grown = True
    while grown:
        more = {name for name, inside in includes.items() if found.intersection(inside)}
        grown = not more <= found
        found |= more
    return frozenset(found)
