"""Questions about who is in roles by its token alone: exact, however many groups there are."""

import itertools
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle
from streamward.model.resource import Resource
from streamward.policy import diff, explain
from streamward.policy.evaluator import decide
from streamward.policy.questions import Asked, Certainty, compiled
from tests.support.small_bundles import small_bundle

pytest.importorskip("streamward._core")

MANY = 40
EXAMPLES = int(os.environ.get("STREAMWARD_PROOF_EXAMPLES", "0"))
# As many as are asked for take as long as they take.
pytestmark = pytest.mark.timeout(0 if EXAMPLES else 300)
NEWS = Asked(Resource(ResourceType.STREAM, "news"), "news")
GUEST = """\
kind: Principal
name: guest
type: service
tenant: shop
credentials: [{id: guest-token, type: token, issuer: idp, subject: guest}]
---
"""


def issuer(count: int) -> str:
    roles = ", ".join(f"g{number}: r{number}" for number in range(count))
    head = "kind: TokenIssuer\nname: idp\nissuer: https://id.example.org\naudiences: [kafka]\n"
    declared = "".join(f"---\nkind: Role\nname: r{number}\n" for number in range(count))
    return f"{GUEST}{head}role_claim: {{claim: groups, roles: {{{roles}}}}}\n{declared}"


def grant(role: int, requires: str = "", effect: str = "allow") -> str:
    more = f"requires: {requires}\n" if requires else ""
    return (
        f'---\nkind: Grant\nid: {effect}-{role}\nto: ["role:r{role}"]\n{effect}: [read]\n'
        f'on: ["stream:news"]\n{more}'
    )


def ruling(bundle: Bundle):
    (right,) = compiled(bundle).ask(["guest"], [Action.READ], [NEWS]).rights
    return right.ruling


def test_many_groups_are_no_more_unknown_than_few(tmp_path: Path) -> None:
    grants = "".join(grant(number, "{mechanisms: [OAUTHBEARER]}") for number in range(1, MANY))
    bundle = small_bundle(tmp_path, issuer(MANY) + grants + grant(0, effect="deny"))
    asked = compiled(bundle)

    rights = asked.ask(["guest"], [Action.READ], [NEWS])

    (right,) = rights.rights
    assert right.ruling.certainty is Certainty.SOMETIMES
    assert right.ruling.allowed_with is not None
    assert len(right.ruling.allowed_with["roles"]) == 1
    assert right.ruling.denied_with is not None
    decided = decide(asked.kernel, "guest", Action.READ, NEWS.resource, right.ruling.allowed_with)
    assert decided.allowed
    assert len(right.ruling.permits) == MANY - 1
    assert len(right.ruling.forbids) == 1
    assert rights.work.steps < 100 * MANY


def test_that_nothing_of_many_groups_changes_is_proved(tmp_path: Path) -> None:
    grants = [grant(number, "{mechanisms: [OAUTHBEARER, PLAIN]}") for number in range(1, MANY)]
    text = issuer(MANY) + "".join(grants) + grant(0, effect="deny")
    narrower = text.replace("[OAUTHBEARER, PLAIN]", "[OAUTHBEARER]", 1)
    old, new = small_bundle(tmp_path / "old", text), small_bundle(tmp_path / "new", narrower)

    difference = diff(old, new)

    (change,) = [it for it in difference.changes if it.action is Action.READ]
    assert not change.is_unknown
    assert change.gained is None
    assert change.lost is not None
    assert change.lost.groups == ("https://id.example.org groups=g1",)


ROLES = tuple(f"r{number}" for number in range(4))
ATOMS = (
    *(f'principal in Streamward::Role::"{role}"' for role in ROLES),
    'principal in [Streamward::Role::"r1", Streamward::Role::"r2"]',
    'context.mechanism == "PLAIN"',
    "context.mfa",
)
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.builds("!({})".format, inner)
        | st.builds("({}) && ({})".format, inner, inner)
        | st.builds("({}) || ({})".format, inner, inner)
        | st.builds("({}) == ({})".format, inner, inner)
        | st.builds("if {} then {} else {}".format, inner, inner, inner)
    ),
    max_leaves=5,
)
RULES = st.lists(
    st.tuples(
        st.sampled_from(("permit", "forbid")),
        st.sampled_from(("principal", *(f'principal in Streamward::Role::"{it}"' for it in ROLES))),
        CONDITIONS,
    ),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=EXAMPLES or 12,
    deadline=None,
    derandomize=not EXAMPLES,
    suppress_health_check=list(HealthCheck),
)
@given(RULES)
def test_what_is_said_of_groups_is_what_each_set_of_them_is_decided(
    tmp_path: Path, rules: list[tuple[str, str, str]]
) -> None:
    cedar = "\n".join(
        f'@id("rule-{place}") {effect} ({head}, action == Streamward::Action::"Read", '
        f'resource == Streamward::Stream::"news") when {{ {condition} }};'
        for place, (effect, head, condition) in enumerate(rules)
    )
    asked = compiled(small_bundle(tmp_path, issuer(4), cedar, check=False))
    contexts = [
        {"roles": list(named), "mechanism": mechanism, "mfa": mfa}
        for count in range(5)
        for named in itertools.combinations(ROLES, count)
        for mechanism in ("PLAIN", "OAUTHBEARER")
        for mfa in (False, True)
    ]
    decided = {
        decide(asked.kernel, "guest", Action.READ, NEWS.resource, context).allowed
        for context in contexts
    }

    rights = asked.ask(["guest"], [Action.READ], [NEWS]).rights

    expected = Certainty.SOMETIMES if len(decided) == 2 else Certainty.ALWAYS
    assert [right.ruling.certainty for right in rights] == ([expected] if True in decided else [])


@pytest.mark.parametrize("count", [1, MANY])
def test_the_group_that_would_turn_a_decision_is_offered(tmp_path: Path, count: int) -> None:
    bundle = small_bundle(tmp_path, issuer(count) + grant(0, "{mechanisms: [OAUTHBEARER]}"))

    explanation = explain(bundle, "guest", Action.READ, NEWS.resource, {"tls": True})

    assert not explanation.decision.allowed
    (offered,) = explanation.alternatives
    assert offered.told == "with the group g0 from issuer https://id.example.org (claim groups)"
    assert offered.document() == {
        "change": {"mechanism": "OAUTHBEARER", "roles": ["r0"]},
        "until": None,
        "networks": None,
        "rules": ["grant:allow-0#1"],
        "groups": {"https://id.example.org groups=g0": True},
    }


def test_a_group_and_an_attribute_together_are_offered(tmp_path: Path) -> None:
    bundle = small_bundle(tmp_path, issuer(2) + grant(1, "{tls_min: '1.3'}"))

    explanation = explain(
        bundle, "guest", Action.READ, NEWS.resource, {"tls_version": "1.2", "roles": ["r0"]}
    )

    (offered,) = explanation.alternatives
    assert offered.told.startswith("with the group g1 from issuer https://id.example.org")
    assert 'tls_version = "1.3"' in offered.told
    assert offered.change["roles"] == ["r0", "r1"]


def test_without_its_group_somebody_is_denied(tmp_path: Path) -> None:
    bundle = small_bundle(tmp_path, issuer(2) + grant(1))
    context = {"roles": ["r1"], "mechanism": "OAUTHBEARER"}

    explanation = explain(bundle, "guest", Action.READ, NEWS.resource, context)

    assert explanation.decision.allowed
    assert [it.told for it in explanation.alternatives] == [
        "without the group g1 from issuer https://id.example.org (claim groups)"
    ]
    assert explanation.alternatives[0].change == {"roles": []}
