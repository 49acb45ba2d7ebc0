"""The evaluator in the compiled module: the same code that decides on a live connection."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import msgspec

from streamward.errors import InvalidArgument, PolicyInvalid, StreamwardError, Unavailable
from streamward.model.action import Action
from streamward.model.decision import Decision, Effect
from streamward.model.document import Bundle
from streamward.model.manifest import Environment, Manifest
from streamward.model.principal import Principal
from streamward.model.resource import Resource
from streamward.policy.section import PolicySection, canonical


class Evaluator(Protocol):
    """Answers one decision request, both as JSON (docs/concepts/boundary.md)."""

    def decide(self, request: bytes, /) -> bytes:
        """The decision. Raises on a request that can't be read."""
        ...

    def flips(self, request: bytes, /) -> bytes:
        """The nearest changes of the request's context that make its decision another."""
        ...


def compiled_module() -> Any:
    """`streamward._core`. Raises Unavailable where it isn't installed."""
    try:
        from streamward import _core
    except ImportError as error:
        raise Unavailable("the compiled module `streamward._core` is not installed") from error
    return _core


def policy_schema() -> str:
    """The Cedar schema of this version. Raises Unavailable without the compiled module."""
    return str(compiled_module().policy_schema())


def evaluator(
    section: PolicySection, bundle: Bundle, *, questions: Mapping[str, Any] | None = None
) -> Evaluator:
    """Compile a section for the bundle's principals. Raises PolicyInvalid, naming the rule.

    `questions` is what questions about all requests look at beside the rules.
    """
    core = compiled_module()
    document = evaluated(section, bundle)
    if questions is not None:
        document["questions"] = questions
    with core_errors(PolicyInvalid):
        compiled: Evaluator = core.Policy(canonical(document))
    return compiled


def evaluated(section: PolicySection, bundle: Bundle) -> dict[str, Any]:
    """What the evaluator is made of: the policy document of docs/concepts/boundary.md."""
    return {
        "environment": environment_of(bundle),
        "policy": section,
        "principals": [_facts(principal) for principal in bundle.of(Principal)],
    }


@contextmanager
def core_errors(meaning: type[StreamwardError]) -> Iterator[None]:
    """Turn errors of the compiled module into one of ours."""
    core = compiled_module()
    try:
        yield
    except core.CoreError as error:
        raise meaning(str(error.args[-1])) from error


def decide(
    compiled: Evaluator,
    principal: str,
    action: Action,
    resource: Resource,
    context: Mapping[str, Any],
) -> Decision:
    """Ask an evaluator. Raises InvalidArgument for a context without meaning."""
    request = {
        "principal": principal,
        "action": action.value,
        "resource": {"type": resource.type.value, "name": resource.name},
        "context": dict(context),
    }
    with core_errors(InvalidArgument):
        answer = msgspec.json.decode(compiled.decide(msgspec.json.encode(request)))
    return Decision(
        effect=Effect(answer["effect"]),
        rules=tuple(answer["rules"]),
        errors=tuple(answer["errors"]),
        reason=answer["reason"],
        policy_version=answer["policy_version"],
        principal=principal,
        action=action,
        resource=resource,
        context=answer["context"],
    )


def settled(decision: Decision) -> dict[str, Any]:
    """The context of a decision, for asking again: what it lacks is not known, and is not what the
    bundle declares of the principal.
    """
    return {"device_posture": None, **decision.context}


def environment_of(bundle: Bundle) -> str:
    """The environment in the bundle's head; production, the strictest, where there is none."""
    heads = bundle.of(Manifest)
    return (heads[0].environment if heads else Environment.PRODUCTION).value


def _facts(principal: Principal) -> dict[str, Any]:
    return {
        "id": principal.name,
        "type": principal.type.value,
        "tenant": principal.tenant,
        "roles": principal.roles,
        "mfa": principal.mfa,
        "device_posture": principal.device_posture,
    }
