"""The head of a bundle."""

from enum import StrEnum

from streamward.model.approval import ApprovalRule
from streamward.model.document import Bundle, Noun
from streamward.model.fields import Name, Text
from streamward.model.limits import GatewayLimits


class Environment(StrEnum):
    """Where the bundle is used; a few conveniences exist in `development` only."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class Manifest(Noun):
    """What the bundle is called, where it is used, and who answers for it."""

    name: Name
    environment: Environment
    owner: Text
    description: Text | None = None
    limits: GatewayLimits = GatewayLimits()
    """What one gateway takes in at most, over all its listeners."""
    approval: ApprovalRule | None = None
    """Which changes need an approval, and from whom; without it, none does."""


def named_bundle(bundle: Bundle | None) -> dict[str, str] | None:
    """Which bundle it is, as the status says it: its name and environment."""
    heads = bundle.of(Manifest) if bundle is not None else ()
    return {"name": heads[0].name, "environment": heads[0].environment.value} if heads else None
