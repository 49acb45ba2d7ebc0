"""Rights, told for all circumstances: always, or under which conditions and unless what."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streamward.model.action import Action
from streamward.model.resource import Resource


class Certainty(StrEnum):
    """Over all circumstances: where it comes from, when, how the caller proved itself."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    """Some circumstances allow it, and some don't."""
    UNKNOWN = "unknown"
    """A rule compares in a way that could not be searched through; take it for `sometimes`."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One clause of a rule that circumstances decide: `when` it must hold, `unless` it must not."""

    kind: str
    text: str
    name: str | None = None
    """How a grant or a class calls it, such as `mfa_max_age: 15m`."""

    @property
    def told(self) -> str:
        """For people: `unless context.mfa`."""
        return f"{self.kind} {self.name or self.text}"

    def document(self) -> dict[str, Any]:
        """The condition as JSON values."""
        return {"kind": self.kind, "name": self.name, "text": self.text}


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule that can decide, where it stands, and what it asks of the circumstances."""

    rule: str
    source: str
    conditions: tuple[Condition, ...]

    @property
    def told(self) -> str:
        """Its conditions for people, empty where there are none."""
        return " and ".join(condition.told for condition in self.conditions)

    def document(self) -> dict[str, Any]:
        """The rule as JSON values."""
        return {
            "rule": self.rule,
            "source": self.source,
            "conditions": [condition.document() for condition in self.conditions],
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """A resource that is asked about: by its name, or as any other name of a pattern."""

    resource: Resource
    """With which the evaluator is asked; of a pattern, a name that fits it and that nobody has."""
    shown: str
    """As people read it: `payments.transactions`, `fraud.*`."""

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for every name of a pattern that no rule or document names."""
        return self.shown != self.resource.name

    @property
    def text(self) -> str:
        """As the command line takes it: a stream by its name alone, others with their type."""
        kind = self.resource.type.value.lower()
        if kind == "cluster":
            return kind
        return self.shown if kind == "stream" else f"{kind}:{self.shown}"

    def document(self) -> dict[str, Any]:
        """The resource as JSON values."""
        return {
            "type": self.resource.type.value,
            "name": self.shown,
            "pattern": self.is_pattern,
        }


@dataclass(frozen=True, slots=True)
class Ruling:
    """What decides one right: the rules that can, and circumstances that allow and deny it."""

    certainty: Certainty
    permits: tuple[RuleUse, ...]
    """Each allows it where its own conditions hold."""
    forbids: tuple[RuleUse, ...]
    """Each takes it away where its own conditions hold."""
    allowed_with: Mapping[str, Any] | None
    """Circumstances that allow it; what is left out makes no difference."""
    denied_with: Mapping[str, Any] | None

    def document(self) -> dict[str, Any]:
        """The ruling as JSON values."""
        return {
            "certainty": self.certainty.value,
            "permits": [rule.document() for rule in self.permits],
            "forbids": [rule.document() for rule in self.forbids],
            "allowed_with": self.allowed_with,
            "denied_with": self.denied_with,
        }


@dataclass(frozen=True, slots=True)
class Right:
    """That a principal may do something, always or sometimes. What nobody may is no right."""

    principal: str
    action: Action
    on: Asked
    ruling: Ruling

    def document(self) -> dict[str, Any]:
        """The right as JSON values."""
        return {
            "principal": self.principal,
            "action": self.action.word,
            "resource": self.on.document(),
            **self.ruling.document(),
        }


@dataclass(frozen=True, slots=True)
class Work:
    """What an answer took, in numbers that no machine changes."""

    pairs: int
    """Pairs of a principal and a resource that were looked at."""
    searches: int
    """Different sets of conditions that were searched."""
    steps: int
    """Steps of all searches."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The answer to a question, and under which version of the policy it holds."""

    policy_version: str
    rights: tuple[Right, ...]
    work: Work

    def document(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return {
            "policy_version": self.policy_version,
            "rights": [right.document() for right in self.rights],
        }
