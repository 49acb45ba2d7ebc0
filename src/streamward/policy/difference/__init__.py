"""What changes in effect between two bundles, and whether somebody agreed to it."""

from streamward.policy.difference.changes import Change, Difference, Widening
from streamward.policy.difference.compare import diff
from streamward.policy.difference.gate import effects, mistakes, unapproved_widenings

__all__ = [
    "Change",
    "Difference",
    "Widening",
    "diff",
    "effects",
    "mistakes",
    "unapproved_widenings",
]
