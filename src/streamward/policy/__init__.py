"""Who may do what: grants, classes and Cedar files compile to the rules that are enforced."""

from streamward.policy.checks import CHECKS as RULE_CHECKS
from streamward.policy.checks import WARNINGS
from streamward.policy.compile import compile_policy, days_of_change, next_change
from streamward.policy.difference import Difference, diff
from streamward.policy.kinds import DOCUMENT_KINDS, FILE_KINDS
from streamward.policy.proof.checks import CHECKS as INVARIANT_CHECKS
from streamward.policy.section import PolicySection, Rule
from streamward.policy.service import (
    Explanation,
    explain,
    parse_action,
    parse_context,
    parse_resource,
)

CHECKS = (*RULE_CHECKS, *INVARIANT_CHECKS)

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
]
