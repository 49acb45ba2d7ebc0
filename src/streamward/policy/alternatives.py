"""What would have to be otherwise for a decision to be another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from streamward.errors import InvalidArgument
from streamward.model.decision import Decision
from streamward.policy.evaluator import Evaluator, core_errors, decide, settled
from streamward.policy.questions.beside import told_group

# What goes with an attribute: where from says in which networks, the minute which hour.
_TOGETHER = {"source": ("networks",), "minute": ("hour",)}


@dataclass(frozen=True, slots=True)
class Alternative:
    """One change of the circumstances that makes the decision another, as the evaluator confirms.

    No change of fewer attributes does.
    """

    change: Mapping[str, Any]
    """Attributes with their other values; None where it must not be known."""
    until: int | None
    """Up to which value the change is as good, where it is one number; None: there is no end."""
    networks: tuple[str, ...] | None
    """The networks that hold the other source, where the change has one."""
    rules: tuple[str, ...]
    """The rules that would decide then."""
    groups: Mapping[str, bool] = field(default_factory=dict)
    """Groups, by issuer and claim, that the caller's token must name (or must not); `change` has
    the roles that come of it."""

    @property
    def told(self) -> str:
        """For people: `mfa = true`, `source = 10.20.0.0 (office)`, `with the group G from …`."""
        by_token = {"roles", "mechanism"} if self.groups else set[str]()
        changes = [self._told(*it) for it in self.change.items() if it[0] not in by_token]
        groups = [
            f"{'with' if is_named else 'without'} {told_group(group)}"
            for group, is_named in self.groups.items()
        ]
        return ", ".join((*groups, *changes))

    def _told(self, name: str, value: Any) -> str:
        if value is None:
            return f"{name} unknown"
        if name == "minute":
            return f"from {_clock(value)}" + (
                f" to {_clock(self.until)} UTC" if self.until is not None else " UTC on"
            )
        if name == "source" and self.networks is not None:
            return f"source = {value} ({', '.join(self.networks) or 'in no network'})"
        text = f"{name} = {msgspec.json.encode(value).decode()}"
        if self.until is not None and self.until != value:
            text += f" to {self.until}"
        elif self.until is None and isinstance(value, int) and not isinstance(value, bool):
            text += " or more"
        return text

    def document(self) -> dict[str, Any]:
        """The alternative as JSON values."""
        return {
            "change": dict(self.change),
            "until": self.until,
            "networks": None if self.networks is None else list(self.networks),
            "rules": list(self.rules),
            "groups": dict(self.groups),
        }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def alternatives(compiled: Evaluator, decision: Decision) -> tuple[Alternative, ...]:
    """The changes of fewest attributes that would turn the decision.

    Raises InvalidArgument for a context without meaning.
    """
    request = {
        "principal": decision.principal,
        "action": decision.action.value,
        "resource": {"type": decision.resource.type.value, "name": decision.resource.name},
        "context": settled(decision),
    }
    with core_errors(InvalidArgument):
        found = msgspec.json.decode(compiled.flips(msgspec.json.encode(request)))
    confirmed = (_confirmed(compiled, decision, it) for it in found)
    return tuple(it for it in confirmed if it is not None)


def _confirmed(
    compiled: Evaluator, decision: Decision, found: Mapping[str, Any]
) -> Alternative | None:
    change: dict[str, Any] = found["change"]
    context = settled(decision)
    for name, value in change.items():
        for other in (name, *_TOGETHER.get(name, ())):
            context.pop(other, None)
        context[name] = value
    asked = (decision.principal, decision.action, decision.resource)
    then = decide(compiled, *asked, context)
    if then.allowed == decision.allowed:
        return None
    networks = then.context.get("networks") if "source" in change else None
    held = tuple(networks) if isinstance(networks, list) else None
    return Alternative(change, found["until"], held, then.rules, found["groups"])
