"""Questions about all requests at once: who may, what may, and under which circumstances."""

from streamward.policy.questions.compiled import Compiled, compiled
from streamward.policy.questions.matrix import access_matrix
from streamward.policy.questions.rights import (
    Asked,
    Certainty,
    Condition,
    Right,
    Rights,
    RuleUse,
    Work,
)
from streamward.policy.questions.roles import RoleRights, effective_roles
from streamward.policy.questions.unused import Unused, unused
from streamward.policy.questions.who_can import what_can, who_can

__all__ = [
    "Asked",
    "Certainty",
    "Compiled",
    "Condition",
    "Right",
    "Rights",
    "RoleRights",
    "RuleUse",
    "Unused",
    "Work",
    "access_matrix",
    "compiled",
    "effective_roles",
    "unused",
    "what_can",
    "who_can",
]
