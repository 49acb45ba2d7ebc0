"""What changes in effect between two bundles, and whether somebody agreed to it."""

from streamward.policy.difference.changes import Change, Difference, Widening
from streamward.policy.difference.compare import diff

__all__ = ["Change", "Difference", "Widening", "diff"]
