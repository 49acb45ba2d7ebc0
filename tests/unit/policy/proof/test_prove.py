"""Invariants of each kind, held and broken; each counter-example is one of the evaluator's."""
# A case is a line, as in a table.
# ruff: noqa: E501

import datetime
from pathlib import Path

import pytest

from streamward.app import valid_bundle
from streamward.policy.proof import Proof, Verdict, prove
from streamward.policy.proof.gate import broken_invariants
from streamward.policy.service import explain
from tests.support.small_bundles import small_bundle

pytest.importorskip("streamward._core")

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "payments"
TODAY = datetime.date(2026, 6, 1)


def proved(directory: Path, documents: str = "", *, cedar: str = "", old: Path | None = None):
    bundle = small_bundle(directory, documents, cedar)
    before = valid_bundle(old, materials=False) if old else None
    return prove(bundle, before, today=TODAY)


def only(proofs: list[Proof]) -> Proof:
    (proof,) = proofs
    return proof


def test_every_invariant_of_the_payments_example_holds():
    bundle = valid_bundle(EXAMPLE, materials=False)
    verdicts = {p.invariant: p.verdict for p in prove(bundle, bundle, today=TODAY)}
    assert len(verdicts) == 6
    assert set(verdicts.values()) == {Verdict.HOLDS}


HOLDS_AND_FAILS = [
    (
        "only: [role:writer]\nmay: [write]\non: ['class:card']",
        "only: [role:reader]\nmay: [write]\non: ['class:card']",
        ("api", "Write", "pay.cards"),
    ),
    (
        "only: ['access_class:readers']\nmay: [read]\non: ['stream:pay.*']",
        "only: ['principal:ann']\nmay: [read]\non: ['stream:pay.*']",
        ("etl", "Read", "pay.example"),
    ),
    (
        "nobody: ['tenant:shop']\nmay: anything\non: ['tenant:bank']",
        "nobody: ['tenant:bank']\nmay: anything\non: ['tenant:shop']",
        ("ann", "Read", "pay.shop.example"),
    ),
    (
        "requires: {mfa_max_age: 1h, tls: true}\nmay: [read]\non: ['class:card']",
        "requires: {mfa_max_age: 10m}\nmay: [read]\non: ['class:card']",
        ("ann", "Read", "pay.example"),
    ),
    (
        "nobody: ['role:reader']\nmay: [read]\non: [everything]\nin_environment: production",
        "nobody: ['role:reader']\nmay: [read]\non: [everything]\nin_environment: staging",
        ("ann", "Read", "pay.example"),
    ),
]


@pytest.mark.parametrize(("holding", "failing", "request_"), HOLDS_AND_FAILS)
def test_an_invariant_holds_or_a_request_contradicts_it(tmp_path, holding, failing, request_):
    documents = f"kind: Invariant\nid: a\n{holding}\n---\nkind: Invariant\nid: b\n{failing}\n"
    first, second = proved(tmp_path, documents)
    assert first.verdict is Verdict.HOLDS, first.why
    assert second.verdict is Verdict.FAILS, second.why
    decision = second.counter_example.decision
    assert (decision.principal, decision.action.value, decision.resource.name) == request_
    assert second.place.file == "more.yaml"
    assert second.place.line > 1
    assert second.rules
    assert all(source.rpartition(":")[2].isdecimal() for _, source in second.rules)


def test_an_invariant_that_fails_refuses_the_bundle_at_the_rule(tmp_path):
    documents = "kind: Invariant\nid: a\nonly: ['role:writer']\nmay: [read]\non: [everything]"
    (mistake,) = broken_invariants(small_bundle(tmp_path, documents), None)
    assert mistake.is_error
    assert mistake.what.startswith("invariant `a` fails: `ann` may `read` on stream ")
    assert str(mistake.place) == "streamward.yaml:89:1"


def test_a_counter_example_is_what_the_evaluator_allows(tmp_path):
    proof = only(
        proved(
            tmp_path, "kind: Invariant\nid: a\nonly: ['role:writer']\nmay: [read]\non: [everything]"
        )
    )
    example = proof.counter_example
    bundle = valid_bundle(tmp_path, materials=False)
    asked = example.decision
    again = explain(
        bundle, asked.principal, asked.action, asked.resource, example.context, today=TODAY
    )
    assert again.decision.allowed
    assert again.decision.rules == asked.rules


def test_roles_that_a_token_may_assert_are_looked_at(tmp_path):
    proof = only(
        proved(
            tmp_path,
            """\
kind: TokenIssuer
name: idp
issuer: https://id.example.org
audiences: [kafka]
role_claim: {claim: groups, roles: {writers: writer}}
---
kind: Principal
name: guest
type: user
tenant: shop
credentials: [{id: guest-token, type: token, issuer: idp, subject: guest}]
---
kind: Invariant
id: a
nobody: ['principal:guest']
may: [write]
on: [everything]
""",
        )
    )
    assert proof.verdict is Verdict.FAILS
    assert proof.counter_example.context["roles"] == ["writer"]


def test_a_device_that_is_declared_may_be_unknown_all_the_same(tmp_path):
    """What is declared of her must not stand in for what the counter-example lacks."""
    documents = """\
kind: Principal
name: eve
type: user
tenant: bank
roles: [writer]
device_posture: managed
credentials: [{id: eve-1, type: certificate, subject: CN=eve}]
---
kind: Invariant
id: a
requires: {device_posture: [managed]}
may: [write]
on: ['stream:pay.cards']
"""
    rule = "forbid (principal, action, resource) when { context has device_posture };"
    proof = only(proved(tmp_path, documents, cedar=rule))
    assert proof.verdict is Verdict.FAILS, proof.why
    assert proof.counter_example.decision.principal == "eve"
    assert proof.counter_example.context["device_posture"] is None
    assert "with device_posture unknown" in proof.counter_example.told()


def test_a_rule_that_can_fail_is_not_proved_but_named(tmp_path):
    documents = """\
kind: Invariant
id: a
requires: {mfa_max_age: 10m}
may: [read]
on: [everything]
"""
    rule = """@id("sum") forbid (principal, action, resource)
        when { context has mfa_age && context.mfa_age * 1000000 > 600000000 };"""
    proof = only(proved(tmp_path, documents, cedar=rule))
    assert proof.verdict is Verdict.UNKNOWN
    assert proof.rules == (("cedar:conditions.cedar:sum", "conditions.cedar:1"),)


def test_a_calculation_within_the_range_of_numbers_is_proved(tmp_path):
    documents = "kind: Invariant\nid: a\nonly: ['role:writer']\nmay: [write]\non: [everything]"
    rule = "forbid (principal, action, resource) when { context.hour * 60 + 30 < context.minute };"
    assert only(proved(tmp_path, documents, cedar=rule)).verdict is Verdict.HOLDS


def test_what_no_rule_can_see_on_a_connection_is_no_counter_example(tmp_path):
    """Addresses outside of what the networks hold, minutes of another hour, TLS without TLS."""
    documents = """\
kind: Invariant
id: a
nobody: [everyone]
may: [delete]
on: ['stream:pay.*']
"""
    rule = """permit (principal, action == Streamward::Action::"Delete", resource is Streamward::Stream)
      when { context.minute < context.hour || context.hour > 23 || context.weekday == 0
        || (context.networks.contains("office") && !context.source.isInRange(ip("10.1.0.0/16")))
        || (context has tls_version && !context.tls) || context.networks.contains("nowhere")
        || context.mechanism == "trust" || context.environment == "production"
        || (context has mfa_age && context.mfa_age < 0) || (resource in Streamward::DataClass::"card"
            && resource.level < 3) || (resource.name like "pay.*" && !resource.classes.contains("card"))
        || (principal in Streamward::Role::"auditor" && !(principal in Streamward::Role::"reader")) };"""
    assert only(proved(tmp_path, documents, cedar=rule)).verdict is Verdict.HOLDS


def test_rules_beyond_their_slice_are_not_asked(tmp_path):
    documents = """\
kind: Grant
id: groups
to: [everyone]
allow: [read]
on: ['group:pay.*']
---
kind: Invariant
id: a
nobody: ['tenant:shop']
may: [read]
on: ['tenant:shop', 'group:elsewhere']
"""
    assert only(proved(tmp_path, documents)).verdict is Verdict.HOLDS


WIDENED = "kind: Invariant\nid: a\nwidened_only_on: ['stream:shop.*']\n"


def test_without_a_version_before_a_comparison_is_not_asked(tmp_path):
    proof = only(proved(tmp_path, WIDENED))
    assert proof.verdict is Verdict.NOT_ASKED
    assert "--against" in proof.why


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("", Verdict.HOLDS),
        (
            "kind: Grant\nid: g\nto: ['role:reader']\nallow: [read]\non: ['stream:shop.*']",
            Verdict.HOLDS,
        ),
        (
            "kind: Grant\nid: g\nto: ['role:reader']\nallow: [read]\non: ['stream:sho*']",
            Verdict.FAILS,
        ),
        (
            "kind: Grant\nid: g\nto: ['role:writer']\ndeny: [read]\non: ['stream:pay.*']",
            Verdict.HOLDS,
        ),
        ("kind: Stream\nname: notes\nclasses: [card]", Verdict.FAILS),
        ("kind: Stream\nname: pay.notes\nclasses: [open]", Verdict.HOLDS),
        ("kind: Role\nname: chief\nincludes: [reader]", Verdict.HOLDS),
        (
            "kind: Principal\nname: bob\ntype: user\ntenant: shop\nroles: [reader]\n"
            "credentials: [{id: bob-card, type: certificate, subject: CN=bob}]",
            Verdict.FAILS,
        ),
    ],
)
def test_a_new_version_permits_no_more_than_the_one_before(tmp_path, more, verdict):
    old, new = tmp_path / "old", tmp_path / "new"
    cards = (
        "\n---\nkind: Grant\nid: of-class\nto: ['role:reader']\nallow: [read]\non: ['class:card']\n"
    )
    small_bundle(old, WIDENED + "---" + cards.removeprefix("\n---"))
    separator = "---\n" if more else ""
    proof = only(
        proved(new, WIDENED + "---" + cards.removeprefix("\n---") + separator + more, old=old)
    )
    assert proof.verdict is verdict, (proof.why, proof.counter_example)


def test_names_that_stand_nowhere_are_mistakes_with_the_nearest(tmp_path):
    from streamward.app import read_bundle

    small_bundle(
        tmp_path,
        """\
kind: Invariant
id: a
only: [role:writers, access_class:reader]
may: [write]
on: ["class:cards", "tenant:bnk", "stream:a*b"]
---
kind: Invariant
id: b
nobody: [everyone]
may: [idempotent_write]
on: ["stream:pay.*"]
""",
        check=False,
    )
    told = [(m.what, m.suggestion) for m in read_bundle(tmp_path, materials=False).mistakes]
    for what, suggestion in [
        ("there is no Role `writers`", "did you mean `writer`?"),
        ("there is no AccessClass `reader`", "did you mean `readers`?"),
        ("there is no DataClass `cards`", "did you mean `card`?"),
        ("there is no Tenant `bnk`", "did you mean `bank`?"),
    ]:
        assert (what, suggestion) in told
    assert any("understood at the end only" in what for what, _ in told)
    assert any("it would always hold" in what for what, _ in told)


DENIED_UNTIL = """\
kind: Grant
id: writers-read
to: ["role:writer"]
allow: [read]
on: ["stream:pay.cards"]
expires: {allowed}
---
kind: Grant
id: not-yet
to: ["role:writer"]
deny: [read]
on: ["stream:pay.*"]
expires: {denied}
---
kind: Invariant
id: a
nobody: ['role:writer']
may: [read]
on: ['class:card']
"""


@pytest.mark.parametrize(
    ("denied", "allowed", "since"),
    [
        ("2026-09-30", "2099-01-01", datetime.date(2026, 10, 1)),
        ("2026-05-01", "2099-01-01", None),
        ("2026-09-30", "2026-09-30", None),
    ],
)
def test_a_denial_that_ends_opens_something_on_a_later_day(tmp_path, denied, allowed, since):
    documents = DENIED_UNTIL.format(denied=denied, allowed=allowed)
    proof = only(proved(tmp_path, documents))
    fails = since is not None or denied < "2026-06-01"
    assert proof.verdict is (Verdict.FAILS if fails else Verdict.HOLDS), proof.why
    assert proof.since == since
    if since is not None:
        bundle = small_bundle(tmp_path / "again", documents)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("streamward.policy.proof.service.utc_today", lambda: TODAY)
            (mistake,) = broken_invariants(bundle, None)
        assert "fails from 2026-10-01 on: `api` may `read`" in mistake.what


@pytest.mark.parametrize(
    ("old", "new", "since"),
    [
        ("expires: 2026-07-01", "expires: 2026-09-01", datetime.date(2026, 7, 2)),
        ("expires: 2026-09-01", "expires: 2026-07-01", None),
        ("expires: 2026-07-01", "expires: 2026-07-01", None),
    ],
)
def test_a_right_that_ends_later_than_before_is_wider(tmp_path, old, new, since):
    granted = "kind: Grant\nid: g\nto: ['role:writer']\nallow: [read]\non: ['stream:news']\n"
    small_bundle(tmp_path / "old", f"{WIDENED}---\n{granted}{old}\n")
    proof = only(proved(tmp_path / "new", f"{WIDENED}---\n{granted}{new}\n", old=tmp_path / "old"))
    assert proof.verdict is (Verdict.FAILS if since else Verdict.HOLDS), proof.why
    assert proof.since == since


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("{a: writer, b: reader}", "{a: writer, b: reader}", Verdict.HOLDS),
        ("{a: writer, b: reader}", "{a: writer}", Verdict.HOLDS),
        ("{a: writer}", "{a: writer, b: reader}", Verdict.FAILS),
        ("{a: writer}", "{b: writer}", Verdict.FAILS),
        ("{a: auditor}", "{a: reader}", Verdict.HOLDS),
        ("{a: reader, b: writer}", "{a: writer, b: reader}", Verdict.FAILS),
    ],
)
def test_another_meaning_of_a_group_is_wider(tmp_path, old, new, verdict):
    documents = """\
kind: TokenIssuer
name: idp
issuer: https://id.example.org
audiences: [kafka]
role_claim: {claim: groups, roles: ROLES}
---
kind: Principal
name: guest
type: service
tenant: shop
credentials: [{id: guest-token, type: token, issuer: idp, subject: guest}]
---
kind: Invariant
id: a
widened_only_on: []
"""
    small_bundle(tmp_path / "old", documents.replace("ROLES", old))
    proof = only(proved(tmp_path / "new", documents.replace("ROLES", new), old=tmp_path / "old"))
    assert proof.verdict is verdict, (proof.why, proof.counter_example)
    if verdict is Verdict.FAILS:
        assert len(proof.counter_example.groups) == 1
        assert any(
            "by a token of https://id.example.org groups=" in it
            for it in proof.counter_example.told()
        )


@pytest.mark.parametrize(
    "field", ["encrypt: true", "contract: true", "retention_max: 7d", "expiring_grants: true"]
)
def test_what_no_request_shows_is_refused_and_not_left_out(tmp_path, field):
    from streamward.errors import BundleInvalid

    documents = f"kind: Invariant\nid: a\nrequires: {{tls: true, {field}}}\nmay: [read]\non: ['class:card']\n"
    with pytest.raises(BundleInvalid, match="no request shows it"):
        proved(tmp_path, documents)


READERS = "kind: AccessClass\nname: none\nreaders: []\nowner: Tests\n---\n"


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ("nobody: ['access_class:none']", ("error", "would always hold")),
        ("nobody: ['role:writer', 'access_class:none']", ("error", "would always hold")),
        ("nobody: ['role:idle']", ("warning", "holds whatever rules say")),
        ("only: ['access_class:none']", ("warning", "it lets nobody in")),
        ("nobody: ['role:writer']", None),
        ("nobody: ['role:reader', 'role:idle']", None),
    ],
)
def test_an_invariant_about_nobody_says_so(tmp_path, people, told):
    from streamward.app import read_bundle

    documents = (
        f"{READERS}kind: Role\nname: idle\n---\n"
        f"kind: Invariant\nid: a\n{people}\nmay: [write]\non: ['class:card']\n"
    )
    small_bundle(tmp_path, documents, check=False)
    found = [
        (it.severity, it.what)
        for it in read_bundle(tmp_path, materials=False).mistakes
        if it.place.file == "more.yaml" and "Role" not in it.what
    ]
    about = [it for it in found if "hold" in it[1] or "lets nobody in" in it[1]]
    if told is None:
        assert about == []
    else:
        assert about[0][0] == told[0]
        assert told[1] in about[0][1]


def test_a_rule_that_looks_into_what_no_request_carries_is_not_proved(tmp_path):
    from streamward.model.document import Bundle, SourceFile
    from streamward.policy.cedar_file import read_cedar

    rule = 'permit (principal, action, resource) when { Streamward::Stream::"x".level > 1 };'
    bundle = small_bundle(
        tmp_path, "kind: Invariant\nid: a\nnobody: [everyone]\nmay: [read]\non: [everything]"
    )
    policies, _ = read_cedar("more.cedar", rule)
    file = SourceFile("cedar", "more.cedar", rule, policies)
    proof = only(prove(Bundle(bundle.root, bundle.documents, (*bundle.files, file)), today=TODAY))
    assert proof.verdict is Verdict.UNKNOWN
    assert "a rule that fails denies" in proof.why
    assert proof.rules[0][1] == "more.cedar:1"


def test_what_nests_deeply_is_proved_with_stack_enough(tmp_path):
    """A hundred targets are as many levels of one condition; a rule may have more."""
    streams = ", ".join(f"'stream:pay.s{number}'" for number in range(100))
    documents = f"kind: Invariant\nid: a\nonly: ['role:writer']\nmay: [write]\non: [{streams}]"
    condition = f"{'(' * 1_000}context.tls{')' * 1_000}"
    rule = f"forbid (principal, action, resource) when {{ {condition} }};"
    assert only(proved(tmp_path, documents, cedar=rule)).verdict is Verdict.HOLDS
