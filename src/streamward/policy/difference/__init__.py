"""What changes in effect between two bundles, and whether somebody agreed to it."""

from streamward.policy.difference.changes import Change, Difference, Loosening, Widening
from streamward.policy.difference.compare import diff
from streamward.policy.difference.gate import effects, mistakes, unapproved_widenings
from streamward.policy.difference.loosened import Protect, Protection
from streamward.policy.difference.sight_changes import ClearerSight, SightChange

__all__ = [
    "Change",
    "ClearerSight",
    "Difference",
    "Loosening",
    "Protect",
    "Protection",
    "SightChange",
    "Widening",
    "diff",
    "effects",
    "mistakes",
    "unapproved_widenings",
]
