"""The topics that two bundles can tell apart."""

from dataclasses import dataclass

from streamward.contracts.classification import classes_of
from streamward.contracts.contract import contracts, fields_of
from streamward.contracts.sealing import text_of
from streamward.model.document import Bundle
from streamward.model.stream import Stream

_NO_NAME = "\0"
"""No topic and no prefix has this character."""


@dataclass(frozen=True, slots=True)
class Topics:
    """A topic, or all of a prefix that no document of two bundles tells apart."""

    shown: str
    name: str
    """The topic, or one of them that nothing else is said of."""


@dataclass(frozen=True, slots=True)
class LessProtected:
    """One way in which a topic, or all of a prefix, is protected less."""

    stream: str
    classes: frozenset[str]
    """Those that it carries, before or after, and where it is known that of its ring or field."""
    what: str
    """For people, about the stream: `values in clear at the broker`."""
    source: str
    """`FILE:LINE` in the new bundle."""


def topics_between(old: Bundle, new: Bundle) -> tuple[Topics, ...]:
    """Every topic of which either bundle says something; in order of their texts."""
    names: set[str] = set()
    prefixes: set[str] = set()
    for bundle in (old, new):
        for declared in bundle.of(Stream):
            (names if declared.name is not None else prefixes).add(text_of(declared))
        names.update(contract.object.stream for _, contract in contracts(bundle))
    found = [Topics(name, name) for name in names]
    found += [Topics(f"{prefix}*", prefix + _NO_NAME) for prefix in prefixes]
    return tuple(sorted(found, key=lambda it: it.shown))


def classes_between(old: Bundle, new: Bundle, topic: str) -> frozenset[str]:
    """The classes that a topic carries, or one of its fields, by either bundle."""
    found: set[str] = set()
    for bundle in (old, new):
        found.update(classes_of(bundle, topic), bundle.once(_classes_of_fields).get(topic, ()))
    return frozenset(found)


def _classes_of_fields(bundle: Bundle) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for _, contract in contracts(bundle):
        names = (field.classification for field in fields_of(contract))
        found.setdefault(contract.object.stream, set()).update(it for it in names if it is not None)
    return found
