"""The answer to one question about access. A denial is a value, not an exception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from streamward.model.action import Action
from streamward.model.resource import Resource


class Effect(StrEnum):
    """Whether it may happen."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says about one request, which rules say so, and under which version."""

    effect: Effect
    rules: tuple[str, ...]
    errors: tuple[str, ...]
    reason: str
    policy_version: str
    principal: str
    action: Action
    resource: Resource
    context: Mapping[str, object] = field(default_factory=dict)

    @property
    def allowed(self) -> bool:
        """True only for an allow without a rule that failed to evaluate."""
        return self.effect is Effect.ALLOW and not self.errors
