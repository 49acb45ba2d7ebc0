"""What changes in effect between two bundles, and whether somebody agreed to it."""

from streamward.policy.difference.changes import Change, Difference, Loosening, Widening
from streamward.policy.difference.compare import diff
from streamward.policy.difference.gate import (
    Note,
    effects,
    mistakes,
    noted_effects,
    unapproved_widenings,
)
from streamward.policy.difference.loosened import Protect, Protection
from streamward.policy.difference.sight_changes import ClearerSight, SightChange

__all__ = [
    "Change",
    "ClearerSight",
    "Difference",
    "Loosening",
    "Note",
    "Protect",
    "Protection",
    "SightChange",
    "Widening",
    "diff",
    "effects",
    "mistakes",
    "noted_effects",
    "unapproved_widenings",
]
