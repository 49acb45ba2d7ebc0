"""Text of a Cedar policy without comments, and the places in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from streamward.model.document import Bundle, Mistake, Place
from streamward.policy.cedar_file import CedarPolicy

WHAT_CHARACTERS_MAX = 300

_COMMENT_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*')


@dataclass(frozen=True, slots=True)
class Source:
    """One policy; comments are blanks, so that places stay what they were."""

    policy: CedarPolicy
    text: str

    def mistake(self, at: int, what: str, suggestion: str) -> Mistake:
        """A warning about what stands at an offset."""
        before = self.text[:at]
        line = self.policy.line + before.count("\n")
        # The column of the first line is unknown: a policy may begin within one.
        column = at - (before.rfind("\n") + 1) + 1 if "\n" in before else 1
        place = Place(self.policy.file, line, column)
        told = " ".join(what.split())[:WHAT_CHARACTERS_MAX]
        return Mistake(place, told, f"rule {self.policy.rule}", suggestion, "warning")


def sources(bundle: Bundle) -> Iterator[Source]:
    """Every policy of every Cedar file."""
    for file in bundle.files_of("cedar"):
        for policy in file.value or ():
            yield Source(policy, _COMMENT_OR_STRING.sub(_blank, policy.text))


def _blank(match: re.Match[str]) -> str:
    found = match[0]
    return found if found.startswith('"') else " " * len(found)
