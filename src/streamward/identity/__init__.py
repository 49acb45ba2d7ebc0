"""Who is calling: principals, their credentials, roles and tenants, as a bundle declares them."""

from streamward.identity.checks import CHECKS
from streamward.identity.kinds import DOCUMENT_KINDS

__all__ = ["CHECKS", "DOCUMENT_KINDS"]
