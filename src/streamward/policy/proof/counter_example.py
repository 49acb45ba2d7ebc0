"""A request that contradicts an invariant, held against the evaluator before anybody sees it."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from streamward.errors import InvalidArgument
from streamward.model.action import Action, ResourceType
from streamward.model.decision import Decision
from streamward.model.document import Bundle
from streamward.model.resource import Resource
from streamward.model.stream import Stream
from streamward.policy import cedar_text
from streamward.policy.evaluator import Evaluator, decide, evaluator, settled
from streamward.policy.proof.claim import Claim
from streamward.policy.section import PolicySection, Rule

_PROBE = "\x01claim"
_PLAIN: Mapping[str, Any] = {
    "tls": True,
    "mechanism": "certificate",
    "source": "127.0.0.1",
    "hour": 12,
    "minute": 12 * 60,
    "weekday": 3,
}
"""What a reader stops at least over; tried where the counter-example doesn't hang on it."""
_UNTOLD = frozenset({"tls", "mechanism", "source"})
"""What the evaluator puts there itself is the plain value."""
_TIMES = frozenset({"hour", "minute", "weekday"})


@dataclass(frozen=True, slots=True)
class CounterExample:
    """A request that the policy allows and the invariant forbids."""

    decision: Decision
    """As the gateway would decide; `decision.context` is all that it would look at."""
    context: Mapping[str, Any]
    """What matters of the context; the rest may be anything the evaluator puts there itself."""
    rules: tuple[Rule, ...]
    """The rules that allow it, each with its place."""
    environment: str | None = None
    """Where the invariant places the request, if not where the bundle is used."""
    groups: tuple[str, ...] = ()
    """What the caller's token names, by issuer and claim."""

    def told(self) -> Iterator[str]:
        """In words, a line each."""
        decision = self.decision
        kind, name = decision.resource.type.value.lower(), decision.resource.name
        yield f"`{decision.principal}` may `{decision.action.word}` on {kind} `{name}`"
        if self.environment is not None:
            yield f"if the bundle were used in {self.environment}"
        for key, value in sorted(self.context.items()):
            if value is None:
                yield f"with {key} unknown"
                continue
            shown = ", ".join(value) if isinstance(value, list) else str(value).lower()
            yield f"with {key} = {shown}"
        if self.groups:
            yield f"by a token of {', '.join(self.groups)}"


@dataclass(frozen=True, slots=True)
class Ground:
    """One version of a policy that requests are tried on."""

    bundle: Bundle
    section: PolicySection
    groups: Mapping[str, Mapping[str, Sequence[str]]]
    """By principal, the groups that its tokens may name, and the roles that each stands for."""

    def roles(self, principal: str, groups: Iterable[str]) -> list[str]:
        """What a token that names these groups asserts in this version."""
        known = self.groups.get(principal, {})
        return sorted({role for group in groups for role in known.get(group, ())})


class Trial:
    """Tries on the evaluator of the gateway whether a request contradicts a claim."""

    def __init__(self, claim: Claim, newer: Ground, older: Ground | None) -> None:
        """Compile what is asked. Raises PolicyInvalid."""
        self._claim = claim
        self._newer = newer
        self._older = older
        self._compiled = evaluator(newer.section, newer.bundle)
        probe = Rule(
            id=_PROBE,
            source="",
            cedar=f"forbid (principal, action, {cedar_text.type_scope(claim.resource_type)}) "
            f"unless {{ {claim.never} }};",
        )
        section = msgspec.structs.replace(newer.section, rules=(*newer.section.rules, probe))
        self._claimed = evaluator(section, newer.bundle)
        self._denied = evaluator(older.section, older.bundle) if older is not None else None

    def contradicts(self, request: Mapping[str, Any]) -> Decision | None:
        """The decision, where the policy allows what the claim says it must not; else None."""
        decision = _asked(self._compiled, request)
        if decision is None or not decision.allowed:
            return None
        told = _asked(self._claimed, request)
        if told is None or not told.allowed:
            return None
        if self._claim.with_older and self._older_allows(request, decision):
            return None
        return decision

    def _older_allows(self, request: Mapping[str, Any], decision: Decision) -> bool:
        """The same caller under the same circumstances, as the older version sees them."""
        assert self._denied is not None
        assert self._older is not None
        context = settled(decision)
        context.pop("networks", None)
        context.pop("environment", None)
        context["roles"] = self._older.roles(decision.principal, request.get("groups", ()))
        older = _asked(self._denied, {**request, "context": context})
        return older is not None and older.allowed

    def simplest(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same contradiction with as little that is odd as possible; always the same one."""
        for candidate in self._names(request):
            if self.contradicts(candidate) is not None:
                request = candidate
                break
        for key in sorted(request["context"]):
            for context in _simpler(request["context"], key):
                candidate = {**request, "context": context}
                if self.contradicts(candidate) is not None:
                    request = candidate
                    break
        for group in sorted(request.get("groups", ())):
            candidate = self._without(request, group)
            if self.contradicts(candidate) is not None:
                request = candidate
        return request

    def _without(self, request: Mapping[str, Any], group: str) -> Mapping[str, Any]:
        """The same by a token that doesn't name a group."""
        groups = [it for it in request["groups"] if it != group]
        rest = {key: value for key, value in request["context"].items() if key != "roles"}
        roles = self._newer.roles(request["principal"], groups)
        context = {**rest, "roles": roles} if roles else rest
        return {**request, "groups": groups, "context": context}

    def _names(self, request: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        kind = request["resource"]["type"]
        if kind == ResourceType.CLUSTER.value:
            return
        streams = self._newer.bundle.of(Stream)
        names = [s.name for s in streams if s.name is not None]
        prefixes = [s.prefix for s in streams if s.prefix is not None]
        prefixes += [entry.prefix for entry in self._newer.section.namespaces]
        names += [f"{prefix}example" for prefix in sorted(set(prefixes))]
        for name in (*names, "example"):
            yield {**request, "resource": {"type": kind, "name": name}}

    def told(self, request: Mapping[str, Any], decision: Decision) -> CounterExample:
        """The counter-example for people."""
        by_id = {rule.id: rule for rule in self._newer.section.rules}
        context = self._telling(request)
        rules = tuple(by_id[rule] for rule in decision.rules if rule in by_id)
        groups = tuple(request.get("groups", ()))
        return CounterExample(decision, context, rules, self._claim.environment, groups)

    def _telling(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The context without what goes without saying."""
        context = request["context"]
        plain = {key for key in _UNTOLD if context.get(key) == _PLAIN.get(key)}
        if self._whenever(request):
            plain |= _TIMES
        return {k: v for k, v in context.items() if k not in plain | {"environment"}}

    def _whenever(self, request: Mapping[str, Any]) -> bool:
        """Whether it contradicts in every hour of every day."""
        times = [key for key in _TIMES if key in request["context"]]
        for hour, weekday in itertools.product(range(24), range(1, 8)):
            at = {"hour": hour, "minute": hour * 60, "weekday": weekday}
            context = {**request["context"], **{key: at[key] for key in times}}
            if times and self.contradicts({**request, "context": context}) is None:
                return False
        return True


def _simpler(context: Mapping[str, Any], key: str) -> Iterable[dict[str, Any]]:
    rest = {name: value for name, value in context.items() if name != key}
    if key in ("environment", "roles"):
        return
    if key in _PLAIN:
        plain = {key: _PLAIN[key]}
        if key in ("hour", "minute"):
            plain = {each: _PLAIN[each] for each in ("hour", "minute") if each in context}
        yield {**rest, **plain}
    else:
        yield rest


def _asked(compiled: Evaluator, request: Mapping[str, Any]) -> Decision | None:
    """The decision; None where the evaluator takes no such request."""
    resource = Resource(ResourceType(request["resource"]["type"]), request["resource"]["name"])
    try:
        return decide(
            compiled,
            request["principal"],
            Action(request["action"]),
            resource,
            request["context"],
        )
    except InvalidArgument:
        return None
