"""Text of a Cedar policy without comments, and the places in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from streamward.model.document import Bundle, Mistake, Place, Severity
from streamward.policy.cedar_file import CedarPolicy

WHAT_CHARACTERS_MAX = 300

_COMMENT_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*')
_STRING_OR_EFFECT = re.compile(r'"(?:[^"\\]|\\.)*"|\b(permit|forbid)\b')


@dataclass(frozen=True, slots=True)
class Source:
    """One policy; comments are blanks, so that places stay what they were."""

    policy: CedarPolicy
    text: str

    def mistake(
        self, at: int, what: str, suggestion: str, severity: Severity = "warning"
    ) -> Mistake:
        """What is wrong with what stands at an offset."""
        before = self.text[:at]
        line = self.policy.line + before.count("\n")
        # The column of the first line is unknown: a policy may begin within one.
        column = at - (before.rfind("\n") + 1) + 1 if "\n" in before else 1
        place = Place(self.policy.file, line, column)
        told = " ".join(what.split())[:WHAT_CHARACTERS_MAX]
        return Mistake(place, told, f"rule {self.policy.rule}", suggestion, severity)


def sources(bundle: Bundle) -> Iterator[Source]:
    """Every policy of every Cedar file."""
    for file in bundle.files_of("cedar"):
        for policy in file.value or ():
            yield Source(policy, code(policy.text))


def code(text: str) -> str:
    """The text of a policy, with blanks for comments."""
    return _COMMENT_OR_STRING.sub(_blank, text)


def effect(text: str) -> str:
    """`permit` or `forbid`, of a policy without comments; empty where it is neither."""
    found = (match[1] for match in _STRING_OR_EFFECT.finditer(text))
    return next((word for word in found if word), "")


def _blank(match: re.Match[str]) -> str:
    found = match[0]
    return found if found.startswith('"') else " " * len(found)
