"""What this room tells the reader of bundles: its kinds of documents and files, and its checks."""

from streamward.policy import checks
from streamward.policy.checks import WARNINGS
from streamward.policy.kinds import DOCUMENT_KINDS, FILE_KINDS
from streamward.policy.proof import checks as invariants

CHECKS = (*checks.CHECKS, *invariants.CHECKS)

__all__ = ["CHECKS", "DOCUMENT_KINDS", "FILE_KINDS", "WARNINGS"]
