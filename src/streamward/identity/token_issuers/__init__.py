"""Token issuers while a gateway runs: keys are kept fresh, and questions are asked."""

from streamward.identity.token_issuers.service import TokenIssuerService

__all__ = ["TokenIssuerService"]
