"""Names in Cedar rules that nothing declares: Cedar finds them valid, and they never match."""

import re
from collections.abc import Iterator
from typing import Final

from streamward.model.document import Bundle, Mistake
from streamward.model.nearest import meant
from streamward.model.principal import Principal, PrincipalType
from streamward.policy.lints.cedar_source import sources

_ENTITY: Final = re.compile(r'\bStreamward::(\w+)::"((?:[^"\\]|\\.)*)"')
_NETWORKS: Final = re.compile(r"\bcontext\.networks\s*\.\s*contains(?:Any|All)?\s*\(([^)]*)\)")
_TEXT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DECLARED: Final = {
    "Role": "Role",
    "Tenant": "Tenant",
    "DataClass": "DataClass",
    "Cluster": "Cluster",
    "Namespace": "Namespace",
}


def unknown_entities(bundle: Bundle) -> Iterator[Mistake]:
    """A misspelt role in a `forbid` forbids nobody anything."""
    if bundle.broken:
        return
    types = {it.name: it.type for it in bundle.of(Principal)}
    for source in sources(bundle):
        for match in _ENTITY.finditer(source.text):
            kind, name = match[1], match[2]
            if kind in _DECLARED:
                names = bundle.names(_DECLARED[kind])
                if name not in names:
                    what = f"there is no {_DECLARED[kind]} `{name}`, so this never matches"
                    yield source.mistake(match.start(), what, meant(name, names))
            elif kind in ("User", "Service"):
                yield from _principal(source.mistake, match, kind, name, types)


def _principal(
    mistake: object, match: re.Match[str], kind: str, name: str, types: dict[str, PrincipalType]
) -> Iterator[Mistake]:
    assert callable(mistake)
    wanted = PrincipalType.USER if kind == "User" else PrincipalType.SERVICE
    if name not in types:
        what = f"there is no principal `{name}`, so this never matches"
        yield mistake(match.start(), what, meant(name, types))
    elif types[name] is not wanted:
        what = f"`{name}` is a {types[name].value}, so this never matches"
        yield mistake(match.start(), what, f"write `Streamward::{types[name].value.title()}`")


def unknown_networks(bundle: Bundle) -> Iterator[Mistake]:
    """Names of networks that nothing declares."""
    names = bundle.names("Network")
    for source in sources(bundle):
        for match in _NETWORKS.finditer(source.text):
            for text in _TEXT.finditer(match[1]):
                if text[1] not in names:
                    what = f"there is no Network `{text[1]}`, so nobody comes from it"
                    yield source.mistake(match.start(1) + text.start(), what, meant(text[1], names))


CHECKS = (unknown_entities, unknown_networks)
