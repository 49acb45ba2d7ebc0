"""Which key protects which data: providers, data keys, rotation, revocation, shredding."""

from streamward.keys.checks import CHECKS
from streamward.keys.kinds import DOCUMENT_KINDS

__all__ = ["CHECKS", "DOCUMENT_KINDS"]
