"""A bundle's policy, compiled once and asked often."""

import datetime
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import msgspec

from streamward.errors import InvalidArgument, PolicyInvalid
from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle
from streamward.model.resource import Resource
from streamward.model.topology import Cluster
from streamward.policy.compile import compile_policy
from streamward.policy.days import utc_today
from streamward.policy.evaluator import (
    compiled_module,
    core_errors,
    evaluated,
    evaluator,
    policy_schema,
)
from streamward.policy.questions.beside import beside
from streamward.policy.questions.rights import (
    Asked,
    Certainty,
    Condition,
    Right,
    Rights,
    RuleUse,
    Ruling,
    Work,
)
from streamward.policy.section import PolicySection, canonical


class Kernel(Protocol):
    """The compiled module's policy, all of it JSON (docs/concepts/boundary.md)."""

    def decide(self, request: bytes, /) -> bytes:
        """One decision."""
        ...

    def ask(self, question: bytes, /) -> bytes:
        """Rights over all circumstances."""
        ...

    def compare(self, newer: Any, question: bytes, /) -> bytes:
        """What a newer policy decides otherwise."""
        ...

    def flips(self, request: bytes, /) -> bytes:
        """What would make a decision another."""
        ...

    def universe(self, other: Any = None, prefixes: list[str] = ..., /) -> bytes:
        """The resources that rules can tell apart."""
        ...


@dataclass(frozen=True)
class Compiled:
    """A bundle, its rules, and the evaluator of the gateway with these rules."""

    bundle: Bundle
    section: PolicySection
    kernel: Kernel
    _uses: dict[int, Ruling] = field(default_factory=dict, repr=False)

    @cached_property
    def sources(self) -> dict[str, str]:
        """File and line of each rule by its id."""
        return {rule.id: rule.source for rule in self.section.rules}

    @cached_property
    def clusters(self) -> tuple[Asked, ...]:
        """The clusters that the bundle declares, or one called `main`."""
        names = [cluster.name for cluster in self.bundle.of(Cluster)] or ["main"]
        return tuple(Asked(Resource(ResourceType.CLUSTER, name), name) for name in names)

    def universe(self, other: "Compiled | None" = None) -> tuple[Asked, ...]:
        """Every resource that rules (also those of `other`) can tell apart from others.

        Raises InvalidArgument where they are too many.
        """
        with core_errors(InvalidArgument):
            found = self.kernel.universe(other.kernel if other is not None else None)
        named = tuple(
            Asked(Resource(ResourceType(it["type"]), it["name"]), it["shown"])
            for it in msgspec.json.decode(found)
        )
        both = (*self.clusters, *(other.clusters if other is not None else ()))
        return (*dict.fromkeys(both), *named)

    def names_of(self, kind: ResourceType, prefix: str) -> tuple[Asked, ...]:
        """All names of a prefix that stand nowhere, by themselves or with a longer prefix.

        They are one, unless a rule's pattern tells some of them from others.
        """
        found = self._with_prefix(kind, prefix)
        return tuple(asked for asked, longest in found if longest == prefix)

    def names_below(self, kind: ResourceType, prefix: str) -> tuple[Asked, ...]:
        """Each name of a prefix that stands somewhere, by itself or with a longer prefix, and then
        those that stand nowhere.
        """
        found = self._with_prefix(kind, prefix)
        return tuple(
            asked
            for asked, longest in found
            if (asked.resource.name if longest is None else longest).startswith(prefix)
        )

    def _with_prefix(self, kind: ResourceType, prefix: str) -> list[tuple[Asked, str | None]]:
        """The universe where this prefix is told apart as well; with each pattern the longest
        prefix of its names.
        """
        with core_errors(InvalidArgument):
            found = self.kernel.universe(None, [prefix])
        return [
            (Asked(Resource(kind, it["name"]), it["shown"]), it["prefix"])
            for it in msgspec.json.decode(found)
            if it["type"] == kind.value
        ]

    def ask(
        self,
        principals: Sequence[str] | None,
        actions: Sequence[Action],
        resources: Sequence[Asked],
    ) -> Rights:
        """Every right of these principals (None: of all), in the order of the question.

        Raises InvalidArgument where it asks for too much at once.
        """
        with core_errors(InvalidArgument):
            answer = self.kernel.ask(question(principals, actions, resources))
        decoded = msgspec.json.decode(answer)
        rulings = [self.ruling(it) for it in decoded["rulings"]]
        rights = (
            Right(decoded["principals"][who], actions[how], resources[what], rulings[place])
            for who, what, how, place in decoded["rows"]
            if decoded["rulings"][place]["status"] != "never"
        )
        return Rights(self.section.version, tuple(rights), Work(**decoded["work"]))

    def without_rules(self) -> Kernel:
        """The same principals and resources under a policy that allows nothing: compared with it,
        all that this one ever allows is gained.
        """
        nothing = msgspec.structs.replace(self.section, rules=())
        kernel: Any = evaluator(nothing, self.bundle, questions=beside(nothing, self.bundle))
        found: Kernel = kernel
        return found

    def ruling(self, decoded: dict[str, Any]) -> Ruling:
        """A ruling as the compiled module tells it, with the places of its rules."""
        return Ruling(
            certainty=Certainty(decoded["status"]) if decoded["status"] != "never" else _NEVER,
            permits=self._rules(decoded["permits"]),
            forbids=self._rules(decoded["forbids"]),
            allowed_with=decoded["allowed"],
            denied_with=decoded["denied"],
        )

    def _rules(self, decoded: Iterable[dict[str, Any]]) -> tuple[RuleUse, ...]:
        return tuple(
            RuleUse(
                it["rule"],
                self.sources.get(it["rule"], ""),
                tuple(Condition(c["kind"], c["text"], c["name"]) for c in it["conditions"]),
            )
            for it in decoded
        )


# Never shown: what is never allowed is no right.
_NEVER = Certainty.UNKNOWN


def question(
    principals: Sequence[str] | None, actions: Sequence[Action], resources: Sequence[Asked]
) -> bytes:
    """A question as the compiled module reads it."""
    return msgspec.json.encode(
        {
            "principals": principals,
            "actions": [action.value for action in actions],
            "resources": [
                {"type": it.resource.type.value, "name": it.resource.name} for it in resources
            ],
        }
    )


def compiled(bundle: Bundle, *, today: datetime.date | None = None) -> Compiled:
    """Compile a bundle without errors, as it holds on a day (today, in UTC).

    Raises PolicyInvalid where a rule doesn't compile, Unavailable without the compiled module.
    """
    day = today or utc_today()
    kept = bundle.once(_kept).get(day)
    if kept is not None:
        return kept()
    section = compile_policy(bundle, policy_schema(), day)
    kernel: Any = evaluator(section, bundle, questions=beside(section, bundle))
    return Compiled(bundle, section, kernel)


def keep(bundle: Bundle, make: Callable[[], Compiled], day: datetime.date) -> None:
    """Have `compiled` answer with this for a day; made when it is first asked for, and once."""
    bundle.once(_kept)[day] = functools.cache(make)


def _kept(bundle: Bundle) -> dict[datetime.date, Callable[[], Compiled]]:
    """By day. A bundle that nobody keeps anything for holds no compiled policy in memory."""
    return {}


def written(asked: Compiled) -> bytes:
    """A compiled bundle for `restored`: the document that its evaluator was made of."""
    document = evaluated(asked.section, asked.bundle)
    document["questions"] = beside(asked.section, asked.bundle)
    return canonical(document)


class _Written(msgspec.Struct):
    policy: PolicySection


def restored(bundle: Bundle, document: bytes) -> Compiled:
    """What `written` wrote, compiled without being validated anew.

    Raises ValueError or PolicyInvalid for anything else.
    """
    section = msgspec.json.decode(document, type=_Written).policy
    with core_errors(PolicyInvalid):
        kernel = compiled_module().Policy(document, validated=True)
    return Compiled(bundle, section, kernel)
