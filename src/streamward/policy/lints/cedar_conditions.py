"""Conditions in Cedar rules that always hold, or never."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Final, get_args

from streamward.model.conditions import Mechanism
from streamward.model.document import Bundle, Mistake
from streamward.model.manifest import Environment
from streamward.model.nearest import meant
from streamward.policy.lints.cedar_source import Source, sources

_RANGES: Final = {"hour": range(24), "minute": range(1440), "weekday": range(1, 8)}
_COMPARISON: Final = re.compile(r"\bcontext\.(hour|minute|weekday)\s*(==|!=|<=|>=|<|>)\s*(\d{1,9})")
_HOLDS: Final[dict[str, Callable[[int, int], bool]]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
}
_JOINED: Final = re.compile(r"[\s()]*&&[\s()]*")
_VALUES: Final = {
    "environment": tuple(it.value for it in Environment),
    "mechanism": (*get_args(Mechanism), "plaintext", "unix"),
    "tls_version": ("1.2", "1.3"),
}
_EQUAL: Final = re.compile(
    r'\bcontext\.(environment|mechanism|tls_version)\s*[!=]=\s*"((?:[^"\\]|\\.)*)"'
)
_AMONG: Final = re.compile(
    r"\[([^\]]*)\]\s*\.\s*contains\s*\(\s*context\.(environment|mechanism|tls_version)\s*\)"
)
_TEXT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OPEN: Final = re.compile(r"\bpermit\s*\(\s*principal\s*,\s*action\s*,\s*resource\s*\)\s*;")


def windows(bundle: Bundle) -> Iterator[Mistake]:
    """Hours and weekdays that no moment is in: `hour >= 22 && hour < 6` is never."""
    for source in sources(bundle):
        found = list(_COMPARISON.finditer(source.text))
        for match in found:
            yield from _alone(source, match)
        for first, second in itertools.pairwise(found):
            between = source.text[first.end() : second.start()]
            if first[1] == second[1] and _JOINED.fullmatch(between):
                yield from _together(source, first, second)


def _alone(source: Source, match: re.Match[str]) -> Iterator[Mistake]:
    name, values = match[1], _RANGES[match[1]]
    holding = sum(_HOLDS[match[2]](value, int(match[3])) for value in values)
    if holding in (0, len(values)):
        when = "never" if holding == 0 else "always"
        hint = f"`context.{name}` goes from {values.start} to {values.stop - 1}, in UTC"
        yield source.mistake(match.start(), f"`{match[0]}` holds {when}", hint)


def _together(source: Source, first: re.Match[str], second: re.Match[str]) -> Iterator[Mistake]:
    def holds(match: re.Match[str], value: int) -> bool:
        return _HOLDS[match[2]](value, int(match[3]))

    values = _RANGES[first[1]]
    each = [any(holds(match, value) for value in values) for match in (first, second)]
    if all(each) and not any(holds(first, value) and holds(second, value) for value in values):
        what = f"`{first[0]} && {second[0]}` holds never"
        hint = f"a window over midnight is `({first[0]} || {second[0]})`"
        yield source.mistake(first.start(), what, hint)


def values(bundle: Bundle) -> Iterator[Mistake]:
    """Texts that an attribute never is: `context.environment == "prod"`."""
    for source in sources(bundle):
        for match in _EQUAL.finditer(source.text):
            yield from _value(source, match.start(2) - 1, match[1], match[2])
        for match in _AMONG.finditer(source.text):
            for text in _TEXT.finditer(match[1]):
                yield from _value(source, match.start(1) + text.start(), match[2], text[1])


def _value(source: Source, at: int, attribute: str, text: str) -> Iterator[Mistake]:
    if text not in _VALUES[attribute]:
        what = f"`context.{attribute}` is never `{text}`"
        yield source.mistake(at, what, meant(text, _VALUES[attribute]))


def open_doors(bundle: Bundle) -> Iterator[Mistake]:
    """A `permit` without scope and condition."""
    for source in sources(bundle):
        match = _OPEN.search(source.text)
        if match is not None:
            what = "this permits everything that nothing forbids"
            hint = "name a role, actions and a resource, or write a grant"
            yield source.mistake(match.start(), what, hint)


CHECKS = (windows, values, open_doors)
