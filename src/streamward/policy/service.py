"""Explain a decision: what would be answered, by which rules, and where these stand."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from streamward.errors import InvalidArgument, NotFound
from streamward.model.action import Action, ResourceType, action_of, action_words
from streamward.model.decision import Decision
from streamward.model.document import Bundle
from streamward.model.manifest import Environment
from streamward.model.nearest import meant, nearest
from streamward.model.resource import Resource
from streamward.model.stream import Stream
from streamward.model.topology import Cluster
from streamward.policy.alternatives import Alternative, alternatives
from streamward.policy.evaluator import decide
from streamward.policy.questions.compiled import compiled
from streamward.policy.section import PolicySection, Rule
from streamward.policy.validate import CONTEXT_ATTRIBUTES

CONTEXT_KEYS = (*CONTEXT_ATTRIBUTES, "roles", "now")
_AGES = frozenset({"mfa_age", "credential_age", "authentication_age"})
_NUMBERS = frozenset({"now", "hour", "minute", "weekday"}) | _AGES
_LISTS = frozenset({"networks", "roles"})
_MAY_BE_UNKNOWN = "device_posture"
"""`device_posture=` says that it is not known; left out, it is what the principal declares."""
_TRUTHS = frozenset({"tls", "mfa"})


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and the text of the rules that made it."""

    decision: Decision
    rules: tuple[Rule, ...]
    alternatives: tuple[Alternative, ...] = ()
    """What would have to be otherwise for the other decision; none: circumstances don't turn it."""

    def document(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        decision = self.decision
        return {
            "effect": decision.effect.value,
            "reason": decision.reason,
            "principal": decision.principal,
            "action": decision.action.value,
            "resource": {"type": decision.resource.type.value, "name": decision.resource.name},
            "rules": list(decision.rules),
            "errors": list(decision.errors),
            "sources": [
                {"id": rule.id, "source": rule.source, "cedar": rule.cedar} for rule in self.rules
            ],
            "policy_version": decision.policy_version,
            "context": dict(decision.context),
            "alternatives": [each.document() for each in self.alternatives],
        }


def parse_action(word: str) -> Action:
    """An action as the command line has it. Raises InvalidArgument with the nearest."""
    try:
        return action_of(word.lower().replace("-", "_"), synonyms=True)
    except InvalidArgument as error:
        hint = meant(word, action_words(synonyms=True))
        raise InvalidArgument(f"`{word}` is not an action: {hint}") from error


def parse_context(pairs: Iterable[str], bundle: Bundle | None = None) -> dict[str, Any]:
    """`key=value` pairs of a decision's context.

    Raises InvalidArgument, and NotFound for roles that the bundle, where it is given, lacks.
    """
    context = dict(_parse_pair(pair) for pair in pairs)
    if bundle is not None:
        roles = bundle.names("Role")
        for role in context.get("roles", ()):
            if role not in roles:
                raise NotFound(f"there is no role `{role}`: {meant(role, roles)}")
    return context


def _parse_pair(pair: str) -> tuple[str, Any]:
    key, equals, value = pair.partition("=")
    if not equals:
        raise InvalidArgument(f"write the context as `key=value`, not `{pair}`")
    if key not in CONTEXT_KEYS:
        raise InvalidArgument(f"`{key}` is not part of a context: {meant(key, CONTEXT_KEYS)}")
    if key in _TRUTHS:
        if value not in ("true", "false"):
            raise InvalidArgument(f"`{key}` is `true` or `false`, not `{value}`")
        return key, value == "true"
    if key in _NUMBERS:
        if not value.removeprefix("-").isdecimal() or len(value) > 18:
            raise InvalidArgument(f"`{key}` is a whole number, not `{value}`")
        return key, int(value)
    if key in _LISTS:
        return key, [name for name in value.split(",") if name]
    return key, _text(key, value)


def _text(key: str, value: str) -> str | None:
    if key == "source" and not _is_address(value):
        raise InvalidArgument(f"`{key}` is an IP address, such as `10.1.2.3`, not `{value}`")
    if key == "environment" and value not in tuple(Environment):
        raise InvalidArgument(f"there is no environment `{value}`: {meant(value, Environment)}")
    return None if key == _MAY_BE_UNKNOWN and not value else value


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def parse_resource(bundle: Bundle, text: str) -> Resource:
    """`NAME`, `group:NAME`, `transaction:NAME` or `cluster`. Raises InvalidArgument."""
    clusters = bundle.of(Cluster)
    return Resource.parse(text, cluster=clusters[0].name if clusters else "main")


def undeclared(bundle: Bundle, resource: Resource) -> str | None:
    """That no document declares a stream, where its name is like one that is declared: whoever asks
    about it may have meant that. None for all other names, which streams may have as well.
    """
    streams = bundle.of(Stream)
    names = frozenset(it.name for it in streams if it.name is not None)
    prefixes = tuple(it.prefix for it in streams if it.prefix is not None)
    name = resource.name
    if resource.type is not ResourceType.STREAM or name in names or name.startswith(prefixes):
        return None
    near = None if name.endswith("*") else nearest(name, names)
    return near and f"no document declares a stream `{name}`: did you mean `{near}`?"


def explain(
    bundle: Bundle,
    principal: str,
    action: Action,
    resource: Resource,
    context: Mapping[str, Any] | None = None,
    *,
    today: datetime.date | None = None,
) -> Explanation:
    """What the gateway would decide, and why.

    Raises NotFound for a principal that isn't declared, PolicyInvalid where the policy doesn't
    compile, InvalidArgument for a context without meaning and for more than one stream,
    Unavailable without the compiled module.
    """
    names = bundle.names("Principal")
    if principal not in names:
        raise NotFound(f"there is no principal `{principal}`: {meant(principal, names)}")
    if resource.type is ResourceType.STREAM and "*" in resource.name:
        raise InvalidArgument(
            f"`{resource.name}` is no name of one stream: name one, or ask `who-can` or `what-can` "
            "about all of a prefix"
        )
    asked = compiled(bundle, today=today)
    decision = decide(asked.kernel, principal, action, resource, context or {})
    return Explanation(
        decision, _rules(asked.section, decision), alternatives(asked.kernel, decision)
    )


def _rules(section: PolicySection, decision: Decision) -> tuple[Rule, ...]:
    named = {*decision.rules, *decision.errors}
    return tuple(rule for rule in section.rules if rule.id in named)
