"""What is done about it: containment with an owner, a reason and an expiry."""

from streamward.response.containment import (
    Containment,
    Overlay,
    TargetType,
    Verb,
    containment_of,
)
from streamward.response.rules import CHECKS, DOCUMENT_KINDS, ContainmentRule

__all__ = [
    "CHECKS",
    "DOCUMENT_KINDS",
    "Containment",
    "ContainmentRule",
    "Overlay",
    "TargetType",
    "Verb",
    "containment_of",
]
