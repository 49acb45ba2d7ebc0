"""Who may do what in the example, all of it: a change of any right shows in the review."""

from collections.abc import Callable
from pathlib import Path

import pytest

from streamward.app import valid_bundle
from streamward.model.action import Action, applies
from streamward.model.principal import Principal
from streamward.model.resource import Resource
from streamward.policy import compile_policy, parse_resource
from streamward.policy.days import utc_today
from streamward.policy.evaluator import decide, evaluator, policy_schema

pytest.importorskip("streamward._core")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "payments"
RESOURCES = (
    "payments.transactions",
    "payments.daily-totals",
    "payments.undeclared",
    "fraud.scores",
    "analytics.report",
    "audit.extract",
    "other",
    "group:payments.g",
    "group:fraud.g",
    "group:analytics.g",
    "group:audit.g",
    "group:other",
    "transaction:payments.settlement-1",
    "transaction:other",
    "cluster",
)
CONTEXTS = {
    "as declared": {},
    "without second factor": {"mfa": False},
    "with a password": {"mechanism": "PLAIN"},
    "from elsewhere": {"source": "203.0.113.9"},
    "without TLS": {"tls": False},
    "in production at night": {"environment": "production", "hour": 3, "weekday": 2},
}


def test_the_matrix_of_the_example_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    bundle = valid_bundle(EXAMPLE, materials=False)
    compiled = evaluator(compile_policy(bundle, policy_schema(), utc_today()), bundle)

    def allowed(principal: str, resource: Resource, context: dict[str, object]) -> str:
        actions = [action for action in Action if applies(action, resource.type)]
        decisions = [decide(compiled, principal, action, resource, context) for action in actions]
        assert not any(decision.errors for decision in decisions)
        return " ".join(d.action.word for d in decisions if d.allowed)

    lines = ["# Rewritten by `make golden`. What isn't listed is denied."]
    for title, context in CONTEXTS.items():
        lines += ["", f"## {title}", ""]
        for principal in bundle.of(Principal):
            for text in RESOURCES:
                rights = allowed(principal.name, parse_resource(bundle, text), context)
                if rights:
                    lines.append(f"{principal.name:20} {text:34} {rights}")

    golden("payments-access.txt", "\n".join(lines) + "\n")
