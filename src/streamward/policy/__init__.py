"""Who may do what: grants, classes and Cedar files compile to the rules that are enforced.

What a name stands for is imported when it is first asked for: a question needs no checks.
"""

from typing import TYPE_CHECKING, Any, Final

from streamward.lazy import found_later

if TYPE_CHECKING:
    from streamward.policy.compile import compile_policy, days_of_change, next_change
    from streamward.policy.difference import Difference, diff
    from streamward.policy.registered import CHECKS, DOCUMENT_KINDS, FILE_KINDS, WARNINGS
    from streamward.policy.section import PolicySection, Rule
    from streamward.policy.service import (
        Explanation,
        explain,
        parse_action,
        parse_context,
        parse_resource,
        undeclared,
    )

__all__ = [
    "CHECKS",
    "DOCUMENT_KINDS",
    "FILE_KINDS",
    "WARNINGS",
    "Difference",
    "Explanation",
    "PolicySection",
    "Rule",
    "compile_policy",
    "days_of_change",
    "diff",
    "explain",
    "next_change",
    "parse_action",
    "parse_context",
    "parse_resource",
    "undeclared",
]

_HOMES: Final = {
    "compile": ("compile_policy", "days_of_change", "next_change"),
    "difference": ("Difference", "diff"),
    "registered": ("CHECKS", "DOCUMENT_KINDS", "FILE_KINDS", "WARNINGS"),
    "section": ("PolicySection", "Rule"),
    "service": (
        "Explanation",
        "explain",
        "parse_action",
        "parse_context",
        "parse_resource",
        "undeclared",
    ),
}
"""The names of each module."""


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        return globals().setdefault(name, found_later(__name__, name, _HOMES))
