"""Rules and grants that nobody needed: what to take away first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamward.model.document import Bundle
from streamward.policy.questions.compiled import compiled


@dataclass(frozen=True, slots=True)
class Unused:
    """A grant, a class's control or a rule of a Cedar file that decided nothing."""

    rule: str
    """`grant:ID`, or the whole id of any other rule."""
    source: str
    parts: tuple[str, ...]
    """The rules of the grant that were not used; all of them, unless `partly`."""
    partly: bool
    """Whether other parts of the same grant were used."""

    def document(self) -> dict[str, Any]:
        """The rule as JSON values."""
        return {
            "rule": self.rule,
            "source": self.source,
            "parts": list(self.parts),
            "partly": self.partly,
        }


def unused(bundle: Bundle, last_used: Mapping[str, int]) -> tuple[Unused, ...]:
    """The rules of a bundle that are not among those used, grants told as wholes.

    A grant's parts are numbered in the order in which it is written; where that changed, an entry
    of before may have meant another part. Raises PolicyInvalid where the policy doesn't compile.
    """
    groups: dict[str, list[str]] = {}
    asked = compiled(bundle)
    for rule in asked.section.rules:
        is_grant = rule.id.startswith("grant:")
        name = rule.id.rpartition("#")[0] if is_grant else rule.id
        groups.setdefault(name, []).append(rule.id)
    found = []
    for name, rules in groups.items():
        idle = tuple(rule for rule in rules if rule not in last_used)
        if idle:
            source = asked.sources[rules[0]]
            found.append(Unused(name, source, idle, partly=len(idle) < len(rules)))
    return tuple(found)
