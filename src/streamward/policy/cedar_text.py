"""Cedar text from names that may hold anything. The one place where text becomes policy.

SECURITY: a name that ended its own string would write policy. Every name passes `quoted` or
`pattern`.
"""

import re
from collections.abc import Iterable

from streamward.model.action import Action, ResourceType

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


_AS_IT_IS = re.compile(r"[A-Za-z0-9 ._:@/-]*")
"""What most names are made of; nothing of it has a meaning in a string or a pattern."""


def _escaped(text: str, *, star: str) -> str:
    if _AS_IT_IS.fullmatch(text):
        return text
    parts = []
    for character in text:
        if character == "*":
            parts.append(star)
        elif character in _ESCAPES:
            parts.append(_ESCAPES[character])
        elif character.isprintable():
            parts.append(character)
        else:
            parts.append(f"\\u{{{ord(character):x}}}")
    return "".join(parts)


def quoted(text: str) -> str:
    """A Cedar string with exactly this content."""
    return f'"{_escaped(text, star="*")}"'


def pattern(prefix: str) -> str:
    """A Cedar pattern for `like`: everything that starts with the prefix, taken literally."""
    return f'"{_escaped(prefix, star=chr(92) + "*")}*"'


def entity(kind: str, name: str) -> str:
    """One entity: `Streamward::Role::"payment-writer"`."""
    return f"Streamward::{kind}::{quoted(name)}"


def action_scope(actions: Iterable[Action]) -> str:
    """The part of a rule's head that says which actions."""
    names = [entity("Action", action.value) for action in actions]
    if len(names) == 1:
        return f"action == {names[0]}"
    return "action in [" + ", ".join(names) + "]"


def type_scope(resource_type: ResourceType) -> str:
    """The part of a rule's head that says: any resource of a type."""
    return f"resource is Streamward::{resource_type.value}"


def string_set(texts: Iterable[str]) -> str:
    """A Cedar set of strings."""
    return "[" + ", ".join(quoted(text) for text in texts) + "]"
