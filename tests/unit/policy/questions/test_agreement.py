"""What questions answer for all requests is what the evaluator decides for each of them.

`STREAMWARD_PROOF_EXAMPLES=500` tries that many bundles instead of a few.
"""

import fnmatch
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streamward.model.action import ResourceType
from streamward.model.document import Bundle
from streamward.model.grant import Grant
from streamward.model.resource import Resource
from streamward.policy import diff
from streamward.policy.evaluator import decide
from streamward.policy.questions import Asked, Certainty, Compiled, compiled
from tests.support.random_bundles import ACTIONS, NAMES, bundle_of, bundles, contexts

pytest.importorskip("streamward._core")

PRINCIPALS = ("app", "bob")
QUESTIONS = [(p, a, n) for p in PRINCIPALS for a in ACTIONS for n in NAMES]
REQUESTS_MAX = 600

EXAMPLES = int(os.environ.get("STREAMWARD_PROOF_EXAMPLES", "0"))
# As many as are asked for take as long as they take.
pytestmark = pytest.mark.timeout(0 if EXAMPLES else 300)

slow = settings(
    max_examples=EXAMPLES or 12,
    deadline=None,
    derandomize=not EXAMPLES,
    suppress_health_check=list(HealthCheck),
)


def stream(name: str) -> Asked:
    return Asked(Resource(ResourceType.STREAM, name), name)


def allowed(of: Compiled, principal: str, action: Any, name: str, context: dict[str, Any]) -> bool:
    return decide(of.kernel, principal, action, stream(name).resource, context).allowed


@slow
@given(bundles(), st.randoms(use_true_random=False))
def test_rights_agree_with_every_decision(bundle: Bundle, random: Any) -> None:
    asked = compiled(bundle)
    rights = {
        (right.principal, right.action, right.on.shown): right.ruling
        for right in asked.ask(None, ACTIONS, [stream(name) for name in NAMES]).rights
    }
    all_contexts = list(contexts(bundle))
    questions = random.sample(QUESTIONS, 6)
    enough = max(1, REQUESTS_MAX // len(questions))
    picked = random.sample(all_contexts, min(enough, len(all_contexts)))

    for principal, action, name in questions:
        ruling = rights.get((principal, action, name))
        decided = [allowed(asked, principal, action, name, context) for context in picked]
        if ruling is None:
            assert not any(decided)
        elif ruling.certainty is Certainty.ALWAYS:
            assert all(decided)
        else:
            assert ruling.certainty is Certainty.SOMETIMES
            assert ruling.allowed_with is not None
            assert ruling.denied_with is not None
            assert allowed(asked, principal, action, name, dict(ruling.allowed_with))
            assert not allowed(asked, principal, action, name, dict(ruling.denied_with))
            if len(picked) == len(all_contexts):
                assert any(decided)
                assert not all(decided)


@slow
@given(bundles(), bundles(), st.randoms(use_true_random=False))
def test_a_difference_is_empty_where_every_decision_is_the_same(
    old: Bundle, new: Bundle, random: Any
) -> None:
    before, after = compiled(old), compiled(new)
    changes = {
        (change.principal, change.action, change.on): change for change in diff(old, new).changes
    }
    streams = [it for it in before.universe(after) if it.resource.type is ResourceType.STREAM]
    questions = random.sample([(p, a, s) for p in PRINCIPALS for a in ACTIONS for s in streams], 4)
    all_contexts = list(contexts(old, new))
    enough = REQUESTS_MAX // len(questions) // 2
    picked = random.sample(all_contexts, min(enough, len(all_contexts)))

    for principal, action, on in questions:
        change = changes.get((principal, action, on))
        name = on.resource.name
        decided = {
            (
                allowed(before, principal, action, name, context),
                allowed(after, principal, action, name, context),
            )
            for context in picked
        }
        assert ((True, False) not in decided) or (change is not None and change.loses)
        assert ((False, True) not in decided) or (change is not None and change.gains)
        if len(picked) == len(all_contexts):
            assert ((True, False) in decided) == (change is not None and change.loses)
            assert ((False, True) in decided) == (change is not None and change.gains)


@slow
@given(bundles(), st.text("aoxz.", max_size=6) | st.sampled_from(NAMES))
def test_every_name_is_like_a_resource_that_is_asked(bundle: Bundle, name: str) -> None:
    asked = compiled(bundle)
    streams = [it for it in asked.universe() if it.resource.type is ResourceType.STREAM]
    like = [
        it for it in streams if all(fnmatch.fnmatchcase(name, one) for one in it.shown.split(" & "))
    ]
    rights: dict[str, list[Any]] = {it.shown: [] for it in (*like, stream(name))}
    for right in asked.ask(None, ACTIONS, [*like, stream(name)]).rights:
        found = (right.principal, right.action, right.ruling)
        if found not in rights[right.on.shown]:
            rights[right.on.shown].append(found)

    assert any(rights[it.shown] == rights[name] for it in like)


def reads(number: int, **requires: Any) -> Grant:
    fields = {"id": f"g{number}", "to": ["role:outer"], "allow": ["read"], "on": ["stream:a.x"]}
    return Grant.model_validate(fields | {"requires": requires})


MINUTES = (
    "permit (principal, action, resource is Streamward::Stream)\n"
    'when { context.mechanism == "PLAIN" };\n'
    "permit (principal, action, resource is Streamward::Stream)\n"
    "when { ((context.hour * 60 == context.minute) && (context.weekday <= 5)) && "
    '(context.networks.contains("inner")) };'
)


@slow
@given(bundles(), bundles())
# A product that can't overflow fails no rule: that was looked for at every minute, in vain.
@example(bundle_of([reads(0)]), bundle_of([reads(0), reads(1, mfa=True)], [MINUTES]))
def test_every_change_is_shown_by_the_evaluator(old: Bundle, new: Bundle) -> None:
    before, after = compiled(old), compiled(new)

    for change in diff(old, new).changes:
        name = change.on.resource.name
        assert not change.is_unknown
        if change.on.resource.type is not ResourceType.STREAM:
            continue
        asked = (change.principal, change.action, name)
        if change.gained_with is not None:
            assert not allowed(before, *asked, dict(change.gained_with))
            assert allowed(after, *asked, dict(change.gained_with))
        if change.lost_with is not None:
            assert allowed(before, *asked, dict(change.lost_with))
            assert not allowed(after, *asked, dict(change.lost_with))


@settings(slow, max_examples=EXAMPLES or 5)
@given(bundles())
def test_a_bundle_differs_in_nothing_from_itself(bundle: Bundle) -> None:
    assert diff(bundle, bundle).is_empty
