"""Decide again what really happened: which recorded accesses another policy decides otherwise."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from streamward.errors import InvalidArgument
from streamward.model.action import Action
from streamward.model.decision import Decision
from streamward.model.document import Bundle
from streamward.model.resource import Resource
from streamward.policy.compile import compile_policy
from streamward.policy.days import utc_today
from streamward.policy.evaluator import Evaluator, decide, evaluator, policy_schema

NOT_RECORDED: Final = (
    "tls_version",
    "tls_cipher",
    "mfa_age",
    "credential_age",
    "authentication_age",
    "device_posture",
    "device_status",
    "client_software_name",
    "client_software_version",
    "roles asserted by a token",
)
"""What rules may ask for and entries don't say; what the bundle declares stands in for it."""


class Outcome(StrEnum):
    """How the new policy decides an access that the log holds."""

    SAME = "same"
    ALLOWED_NOW = "allowed_now"
    DENIED_NOW = "denied_now"
    UNCLEAR = "unclear"
    """The policy in force decides it otherwise too, from what was recorded: something that no
    entry says made the difference."""
    UNKNOWN_PRINCIPAL = "unknown_principal"
    """The new bundle does not declare who it was: denied before any rule is asked."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An access that was opened or denied. `time` is in milliseconds since 1970."""

    entry: int
    time: int
    principal: str
    action: Action
    resource: Resource
    source: str | None
    mechanism: str | None
    allowed: bool
    policy_version: str

    def context(self) -> Mapping[str, Any]:
        """The context of a decision, as far as it was recorded."""
        found = {"now": self.time, "source": self.source, "mechanism": self.mechanism}
        return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Replayed:
    """A recorded access and what the new policy says."""

    recorded: Recorded
    outcome: Outcome
    decision: Decision | None

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        recorded, decision = self.recorded, self.decision
        return {
            "entry": str(recorded.entry),
            "time": str(recorded.time),
            "principal": recorded.principal,
            "action": recorded.action.word,
            "resource": {"type": recorded.resource.type.value, "name": recorded.resource.name},
            "source": recorded.source,
            "mechanism": recorded.mechanism,
            "was": "allow" if recorded.allowed else "deny",
            "outcome": self.outcome.value,
            "rules": [] if decision is None else list(decision.rules),
            "reason": "" if decision is None else decision.reason,
        }


class Replay:
    """Holds recorded accesses against a policy; `in_force` says what the records leave open.

    Raises PolicyInvalid where a policy doesn't compile.
    """

    def __init__(
        self, new: Bundle, in_force: Bundle | None = None, *, today: datetime.date | None = None
    ) -> None:
        day = today or utc_today()
        section = compile_policy(new, policy_schema(), day)
        self._new = evaluator(section, new)
        self._known = new.names("Principal")
        self._old: Evaluator | None = None
        self._old_version = ""
        if in_force is not None:
            before = compile_policy(in_force, policy_schema(), day)
            self._old, self._old_version = evaluator(before, in_force), before.version

    def of(self, accesses: Iterable[Recorded]) -> Iterable[Replayed]:
        """Each access in turn."""
        return map(self._one, accesses)

    def _one(self, recorded: Recorded) -> Replayed:
        if recorded.principal not in self._known:
            outcome = Outcome.UNKNOWN_PRINCIPAL if recorded.allowed else Outcome.SAME
            return Replayed(recorded, outcome, None)
        decision = self._decided(self._new, recorded)
        if decision is None:
            return Replayed(recorded, Outcome.UNCLEAR, None)
        if decision.allowed == recorded.allowed:
            return Replayed(recorded, Outcome.SAME, decision)
        if not self._told_by(recorded):
            return Replayed(recorded, Outcome.UNCLEAR, decision)
        outcome = Outcome.ALLOWED_NOW if decision.allowed else Outcome.DENIED_NOW
        return Replayed(recorded, outcome, decision)

    def _told_by(self, recorded: Recorded) -> bool:
        """Whether what was recorded is enough to decide as was decided then."""
        if recorded.source is None:
            # Erased, or never there: the decision would be about this machine's own address.
            return False
        if self._old is None or recorded.policy_version != self._old_version:
            return True
        again = self._decided(self._old, recorded)
        return again is not None and again.allowed == recorded.allowed

    @staticmethod
    def _decided(policy: Evaluator, recorded: Recorded) -> Decision | None:
        try:
            return decide(
                policy, recorded.principal, recorded.action, recorded.resource, recorded.context()
            )
        except InvalidArgument:
            return None
