"""Who can, what can, roles, the matrix and what would turn a decision, on the example."""

from collections.abc import Callable
from pathlib import Path

import pytest

from streamward.errors import InvalidArgument, NotFound
from streamward.model.action import Action
from streamward.model.document import Bundle
from streamward.policy import explain, parse_context, parse_resource
from streamward.policy.questions import (
    Certainty,
    Rights,
    access_matrix,
    effective_roles,
    unused,
    what_can,
    who_can,
)

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "payments"


def names(rights: Rights) -> set[str]:
    return {right.principal for right in rights.rights}


def test_everybody_who_can_is_named_with_rule_place_and_condition(payments: Bundle) -> None:
    stream = parse_resource(payments, "payments.transactions")

    rights = who_can(payments, [Action.READ], stream)

    assert names(rights) == {
        "audit-archive",
        "audit-reporting",
        "fraud-investigator",
        "fraud-scoring",
    }
    scoring = next(right for right in rights.rights if right.principal == "fraud-scoring")
    assert scoring.ruling.certainty is Certainty.SOMETIMES
    assert [(rule.rule, rule.told) for rule in scoring.ruling.permits] == [
        ("grant:payments-read#1", "")
    ]
    told = {rule.rule: (rule.source, rule.told) for rule in scoring.ruling.forbids}
    assert told["class:cardholder#tls"] == ("classes.yaml:10", "unless context.tls")
    assert told["cedar:conditions/passwords.cedar:no-cards-by-password"] == (
        "conditions/passwords.cedar:3",
        'when context.mechanism == "PLAIN"',
    )
    assert "cedar:conditions/people.cedar:restricted-with-mfa" not in told


def test_circumstances_that_deny_say_that_a_declared_device_is_unknown(
    changed: Callable[..., Bundle],
) -> None:
    rule = "forbid (principal, action, resource) unless { context has device_posture };"
    bundle = changed(("conditions/people.cedar", "", rule))
    stream = parse_resource(bundle, "fraud.scores")
    asked = ("fraud-investigator", Action.READ, stream)

    (right,) = [
        it for it in who_can(bundle, [Action.READ], stream).rights if it.principal == asked[0]
    ]

    with_device = explain(bundle, *asked, right.ruling.allowed_with)
    without = explain(bundle, *asked, right.ruling.denied_with)
    assert with_device.decision.allowed
    assert not without.decision.allowed
    assert [it.told for it in without.alternatives] == ['device_posture = "other"']
    assert not explain(bundle, *asked, parse_context(["device_posture="])).decision.allowed


def test_a_rule_that_can_never_take_it_away_is_not_told(changed: Callable[..., Bundle]) -> None:
    bundle = changed(
        ("grants.yaml", "id: analytics-write\n", "id: analytics-write\nrequires: {mfa: true}\n"),
        (
            "conditions/people.cedar",
            "",
            '@id("never") forbid (principal, action, resource == '
            'Streamward::Stream::"analytics.x") when { !context.mfa };\n',
        ),
    )

    rights = who_can(bundle, [Action.WRITE], parse_resource(bundle, "analytics.x"))

    (right,) = rights.rights
    assert right.ruling.forbids == ()
    assert [rule.told for rule in right.ruling.permits] == ["when mfa"]


def test_what_nothing_takes_away_is_always(payments: Bundle) -> None:
    rights = who_can(payments, [Action.WRITE], parse_resource(payments, "analytics.report"))

    assert [(right.principal, right.ruling.certainty) for right in rights.rights] == [
        ("analytics-batch", Certainty.ALWAYS)
    ]


def test_a_class_is_asked_over_all_its_streams(payments: Bundle) -> None:
    rights = who_can(payments, [Action.READ], None, "personal")

    assert {right.on.text for right in rights.rights} == {
        "payments.transactions",
        "payments.refunds",
        "fraud.*",
        "audit.*",
    }


@pytest.mark.parametrize(("on", "data_class"), [("fraud.scores", "cardholder"), (None, None)])
def test_a_question_without_meaning_is_refused(
    payments: Bundle, on: str | None, data_class: str | None
) -> None:
    resource = None if on is None else parse_resource(payments, on)

    with pytest.raises(InvalidArgument):
        who_can(payments, [Action.READ], resource, data_class)


def test_unknown_names_are_told_with_the_nearest(payments: Bundle) -> None:
    with pytest.raises(NotFound, match="cardholder"):
        who_can(payments, [Action.READ], None, "cardholders")
    with pytest.raises(NotFound, match="payments-api"):
        what_can(payments, "payment-api")


def test_what_somebody_can_is_told_for_prefixes_too(payments: Bundle) -> None:
    rights = what_can(payments, "fraud-scoring")

    found = {(right.on.text, right.action.word) for right in rights.rights}
    assert ("fraud.*", "write") in found
    assert ("group:fraud.*", "read") in found
    assert ("payments.transactions", "write") not in found
    assert not any(on == "*" for on, _ in found)


def test_a_role_has_what_it_includes(payments: Bundle) -> None:
    (role,) = effective_roles(payments, "fraud-analyst")

    assert role.includes == ("payment-reader",)
    assert role.holders == ("fraud-investigator",)
    assert [(right.grant, right.through) for right in role.rights] == [
        ("payments-read", "payment-reader"),
        ("fraud-look", "fraud-analyst"),
    ]


def test_a_role_has_holders_by_token_and_the_rules_that_name_it(
    changed: Callable[..., Bundle],
) -> None:
    issuer = """---
kind: TokenIssuer
name: idp
issuer: https://id.example.org
audiences: [kafka]
role_claim: {claim: groups, roles: {fraud: fraud-analyst}}
---
kind: Principal
name: guest
type: user
tenant: fraud
credentials: [{id: guest-token, type: token, issuer: idp, subject: guest}]
"""
    rules = """
@id("permit-nobody") // permit (principal in Streamward::Role::"fraud-analyst", …
forbid (principal in Streamward::Role::"payment-reader", action, resource is Streamward::Group);
permit (principal in Streamward::Role::"fraud-analyst-2", action, resource is Streamward::Group);
"""
    bundle = changed(("principals.yaml", "", issuer), ("conditions/people.cedar", "", rules))

    (role,) = effective_roles(bundle, "fraud-analyst")

    assert role.holders == ("fraud-investigator",)
    assert role.by_token == {"guest": ("https://id.example.org groups=fraud",)}
    told = [(it.rule, it.effect, it.through) for it in role.rules]
    assert told == [
        ("cedar:conditions/people.cedar:permit-nobody", "forbid", "payment-reader"),
    ]


def test_a_prefix_is_asked_about_with_every_name_that_begins_so(payments: Bundle) -> None:
    """Nobody may believe that no one reads `payments.*`, because others of its names are closed."""
    reading = who_can(payments, [Action.READ], parse_resource(payments, "payments.*"))
    cards = who_can(
        payments, [Action.READ], parse_resource(payments, "payments.*"), data_class="cardholder"
    )
    everywhere = who_can(payments, [Action.WRITE], parse_resource(payments, "*"))

    assert {(it.principal, it.on.text) for it in reading.rights} >= {
        ("fraud-scoring", "payments.transactions"),
        ("analytics-batch", "payments.daily-totals"),
    }
    assert {it.on.text for it in cards.rights} == {"payments.transactions", "payments.refunds"}
    assert {it.on.text for it in everywhere.rights} == {
        "analytics.*",
        "analytics.fee-schedule",
        "audit.*",
        "fraud.*",
        "payments.daily-totals",
        "payments.refunds",
        "payments.transactions",
    }
    with pytest.raises(InvalidArgument, match="does not carry class `cardholder`"):
        who_can(payments, [Action.READ], parse_resource(payments, "fraud.*"), "cardholder")


def test_the_reviewed_matrix_of_the_example_is_what_it_decides(payments: Bundle) -> None:
    reviewed = (EXAMPLE / "access-matrix.txt").read_text(encoding="utf-8")

    assert access_matrix(payments) == reviewed, "see `streamward policy matrix --help`"


def test_grants_are_unused_as_wholes_and_in_parts(payments: Bundle) -> None:
    found = {one.rule: one for one in unused(payments, {"grant:payments-write#1": 5})}

    assert found["grant:payments-write"].parts == ("grant:payments-write#2",)
    assert found["grant:payments-write"].partly
    assert not found["grant:payments-read"].partly
    assert found["class:cardholder#tls"].source == "classes.yaml:10"


def turning(bundle: Bundle, principal: str, on: str, **context: object) -> list[dict[str, object]]:
    resource = parse_resource(bundle, on)
    explanation = explain(bundle, principal, Action.READ, resource, context)
    return [dict(each.change) for each in explanation.alternatives]


def test_the_attribute_that_turns_a_decision_is_told(payments: Bundle) -> None:
    stream = "payments.transactions"
    desk = {"source": "10.20.0.7", "hour": 12, "weekday": 2}

    assert turning(payments, "fraud-investigator", stream, **desk, mfa=False) == [{"mfa": True}]
    (at_day,) = turning(
        payments, "fraud-investigator", stream, **{**desk, "hour": 3}, environment="production"
    )
    assert at_day == {"minute": 360}
    without = {**desk, "mfa": False, "tls": False}
    (both,) = turning(payments, "fraud-investigator", stream, **without)
    assert both == {"mfa": True, "tls": True}


def test_a_run_of_numbers_is_told_with_its_end(payments: Bundle) -> None:
    context = {"source": "10.20.0.7", "hour": 3, "weekday": 2, "environment": "production"}
    resource = parse_resource(payments, "payments.transactions")

    explanation = explain(payments, "fraud-investigator", Action.READ, resource, context)

    (only,) = explanation.alternatives
    assert only.until == 20 * 60 - 1
    assert only.told == "from 06:00 to 19:59 UTC"


def test_where_no_rule_allows_nothing_turns_it(payments: Bundle) -> None:
    assert turning(payments, "payments-api", "fraud.scores") == []


def test_another_source_is_told_with_its_networks(payments: Bundle) -> None:
    resource = parse_resource(payments, "payments.transactions")
    context = {"source": "203.0.113.9"}

    explanation = explain(payments, "fraud-scoring", Action.READ, resource, context)

    assert {each.networks for each in explanation.alternatives} == {
        ("loopback",),
        ("office",),
        ("production",),
    }
