"""On small universes, what is proved over all requests is what each of them is decided.

`STREAMWARD_PROOF_EXAMPLES=500` tries that many bundles instead of a few.
"""

import os
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle, Document
from streamward.model.invariant import Invariant
from streamward.policy.compile import compile_policy
from streamward.policy.days import utc_today
from streamward.policy.evaluator import evaluator, policy_schema
from streamward.policy.proof import Verdict, prove
from tests.support.random_bundles import ACTIONS, bundles, contexts

pytest.importorskip("streamward._core")

EXAMPLES = int(os.environ.get("STREAMWARD_PROOF_EXAMPLES", "0"))
# As many as are asked for take as long as they take.
pytestmark = pytest.mark.timeout(0 if EXAMPLES else 300)
REQUESTS_MAX = 12_000
PRINCIPALS = ("app", "bob")
# One for every way in which names can fit what rules and declarations say of them.
NAMES = (
    *("a.x", "a.other", "a.y.x", "a.ox", "a.o.x"),
    *("b.x", "b.other", "c.x", "zzz", "other", "aox", "ao.x"),
)

MEMBERS = {
    "role:inner": {"app", "bob"},
    "role:outer": {"bob"},
    "principal:app": {"app"},
    "tenant:t": {"app"},
    "everyone": {"app", "bob"},
}
COVERED = {
    "stream:a.x": {"a.x"},
    "stream:a.*": {"a.x", "a.other", "a.y.x", "a.ox", "a.o.x"},
    "class:secret": {"a.x"},
    "tenant:t": {"a.x", "a.other", "a.y.x", "a.ox", "a.o.x"},
    "stream:zzz": {"zzz"},
    "everything": set(NAMES),
}
INNER = {"10.1.0.9", "2001:db8::1"}
REQUIRED: dict[str, tuple[dict[str, Any], Any]] = {
    "tls": ({"tls": True}, lambda context, _: context["tls"]),
    "mfa": ({"mfa": True}, lambda context, person: not person or context["mfa"]),
    "mfa_age": (
        {"mfa_max_age": "15m"},
        lambda context, person: not person or context.get("mfa_age", 901) <= 900,
    ),
    "source": ({"networks": ["inner"]}, lambda context, _: context["source"] in INNER),
    "mechanism": ({"mechanisms": ["PLAIN"]}, lambda context, _: context["mechanism"] == "PLAIN"),
}


def examples(few: int) -> Any:
    return settings(
        max_examples=EXAMPLES or few,
        deadline=None,
        derandomize=not EXAMPLES,
        suppress_health_check=list(HealthCheck),
    )


_who = st.tuples(st.sampled_from(("only", "nobody")), st.sampled_from(sorted(MEMBERS)))
_what = st.tuples(st.just("requires"), st.sampled_from(sorted(REQUIRED)))
claims = st.tuples(
    st.one_of(_who, _what), st.sampled_from(ACTIONS), st.sampled_from(sorted(COVERED))
)


def with_invariant(bundle: Bundle, fields: dict[str, Any]) -> Bundle:
    invariant = Invariant.model_validate({"id": "claim", **fields})
    document = Document("Invariant", "claim", invariant, "all.yaml", {})
    return Bundle(bundle.root, (*bundle.documents, document), bundle.files)


def decider(bundle: Bundle) -> Any:
    compiled = evaluator(compile_policy(bundle, policy_schema(), utc_today()), bundle)

    def allows(principal: str, action: Action, name: str, context: dict[str, Any]) -> bool:
        request = {
            "principal": principal,
            "action": action.value,
            "resource": {"type": ResourceType.STREAM.value, "name": name},
            "context": context,
        }
        answer = msgspec.json.decode(compiled.decide(msgspec.json.encode(request)))
        return bool(answer["effect"] == "allow")

    return allows


@examples(8)
@given(bundles(), claims)
def test_an_invariant_holds_exactly_where_no_request_contradicts_it(
    bundle: Bundle, claim: tuple[tuple[str, str], Action, str]
) -> None:
    (word, value), action, scope = claim
    said: Any = REQUIRED[value][0] if word == "requires" else [value]
    read_too = [value] if word == "requires" else []
    all_contexts = list(contexts(bundle, read_too=read_too))
    assume(len(all_contexts) * len(PRINCIPALS) * len(COVERED[scope]) <= REQUESTS_MAX)

    def must_be_denied(principal: str, context: dict[str, Any]) -> bool:
        if word == "requires":
            return not REQUIRED[value][1](context, principal == "bob")
        return (principal in MEMBERS[value]) == (word == "nobody")

    allows = decider(bundle)
    contradicted = any(
        allows(principal, action, name, context)
        for principal in PRINCIPALS
        for name in sorted(COVERED[scope])
        for context in all_contexts
        if must_be_denied(principal, context)
    )
    # Of everything, only streams are enumerated: the rules of these bundles speak of no other.
    fields = {word: said, "may": [action.word], "on": [scope]}
    (proof,) = prove(with_invariant(bundle, fields))

    assert proof.verdict is (Verdict.FAILS if contradicted else Verdict.HOLDS), proof.why


@examples(3)
@given(bundles(), bundles(), st.sampled_from(sorted(COVERED)))
def test_a_version_is_wider_exactly_where_a_request_is_newly_allowed(
    old: Bundle, new: Bundle, scope: str
) -> None:
    all_contexts = list(contexts(old, new))
    assume(len(all_contexts) * len(PRINCIPALS) * len(NAMES) * len(ACTIONS) <= REQUESTS_MAX)
    before, after = decider(old), decider(new)
    wider = any(
        after(principal, action, name, context) and not before(principal, action, name, context)
        for principal in PRINCIPALS
        for action in (*ACTIONS, Action.DELETE)
        for name in NAMES
        if name not in COVERED[scope]
        for context in all_contexts
    )

    (proof,) = prove(with_invariant(new, {"widened_only_on": [scope]}), old)

    assert proof.verdict is (Verdict.FAILS if wider else Verdict.HOLDS), proof.why
