"""Explanations come from the evaluator of the gateway, so these need the compiled module."""
# A case is a line, as in a table.
# ruff: noqa: E501

import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamward.app import read_bundle, valid_bundle
from streamward.errors import InvalidArgument, NotFound
from streamward.model.action import Action
from streamward.model.document import Bundle
from streamward.policy import explain, parse_action, parse_context, parse_resource
from streamward.policy.questions import who_can

pytest.importorskip("streamward._core")

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "payments"
TODAY = datetime.date(2026, 6, 1)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return valid_bundle(EXAMPLE, materials=False)


def ask(bundle: Bundle, principal: str, do: str, on: str, *context: str):
    return explain(
        bundle,
        principal,
        parse_action(do),
        parse_resource(bundle, on),
        parse_context(context),
        today=TODAY,
    )


@pytest.mark.parametrize(
    ("principal", "do", "on", "context", "effect", "rule"),
    [
        ("payments-api", "produce", "payments.transactions", (), "allow", "grant:payments-write#1"),
        ("payments-api", "describe", "payments.refunds", (), "allow", "grant:payments-write#2"),
        ("payments-api", "consume", "payments.transactions", (), "deny", "default"),
        ("audit-archive", "consume", "payments.transactions", (), "allow", "grant:payments-read#1"),
        (
            "audit-archive",
            "consume",
            "payments.transactions",
            ("source=203.0.113.9",),
            "deny",
            "cedar:conditions/networks.cedar:restricted-from-known-networks",
        ),
        (
            "fraud-investigator",
            "consume",
            "payments.transactions",
            ("mfa=false",),
            "deny",
            "class:cardholder#mfa",
        ),
        (
            "fraud-investigator",
            "consume",
            "payments.transactions",
            ("environment=production", "weekday=7", "hour=12"),
            "deny",
            "cedar:conditions/people.cedar:restricted-in-office-hours",
        ),
        (
            "fraud-investigator",
            "consume",
            "payments.transactions",
            ("environment=production", "weekday=2", "hour=12"),
            "allow",
            "grant:payments-read#1",
        ),
        (
            "payments-settlement",
            "produce",
            "payments.transactions",
            ("mechanism=PLAIN", "tls=true"),
            "allow",
            "grant:payments-write#1",
        ),
        (
            "payments-settlement",
            "produce",
            "payments.transactions",
            ("tls=false",),
            "deny",
            "class:cardholder#tls",
        ),
        ("analytics-batch", "consume", "payments.daily-totals", (), "allow", "grant:analytics-read#1"),
        ("analytics-batch", "consume", "audit.x", (), "deny", "grant:analytics-never-cards#1"),
        ("payments-settlement", "write", "transaction:payments.settlement-1", (), "allow", "grant:payments-totals#2"),
        ("fraud-scoring", "read", "group:fraud.live", (), "allow", "grant:fraud-groups#1"),
        ("fraud-scoring", "read", "group:analytics.x", (), "deny", "default"),
        ("security-oncall", "contain", "cluster", ("mechanism=unix",), "allow", "grant:security-door#1"),
        ("platform-admin", "contain", "cluster", (), "deny", "default"),
        ("platform-admin", "create", "payments.new", (), "allow", "grant:platform-topics#1"),
        ("platform-admin", "consume", "payments.transactions", (), "deny", "default"),
    ],
)  # fmt: skip
def test_who_may_do_what_in_the_example(
    bundle: Bundle,
    principal: str,
    do: str,
    on: str,
    context: tuple[str, ...],
    effect: str,
    rule: str,
) -> None:
    explanation = ask(bundle, principal, do, on, *context)

    assert explanation.decision.effect == effect
    assert rule in explanation.decision.rules
    if rule != "default":
        named = {shown.id: shown for shown in explanation.rules}
        file, line = named[rule].source.rsplit(":", 1)
        assert (EXAMPLE / file).read_text().splitlines()[int(line) - 1].strip()
        assert named[rule].cedar.startswith(("permit", "forbid", "@"))


def test_an_unknown_principal_is_an_error_with_the_nearest(bundle: Bundle) -> None:
    with pytest.raises(NotFound, match="did you mean `payments-api`"):
        ask(bundle, "payment-api", "produce", "payments.transactions")


@pytest.mark.parametrize(
    "pair",
    [
        "mfa",
        "mfa=maybe",
        "hour=noon",
        "colour=red",
        "hour=77",
        "source=somewhere",
        "networks=nowhere",
    ],
)
def test_a_context_without_meaning_is_an_error(bundle: Bundle, pair: str) -> None:
    with pytest.raises(InvalidArgument):
        ask(bundle, "payments-api", "produce", "payments.transactions", pair)


STEP_UP = """\
kind: Bundle
name: b
environment: staging
owner: me
---
kind: Tenant
name: t
---
kind: Principal
name: ada
type: user
tenant: t
---
kind: Role
name: analyst
---
kind: DataClass
name: card
level: restricted
requires: {device_posture: [compliant]}
---
kind: Stream
name: cards
classes: [card]
---
kind: Grant
id: step-up
to: ["role:analyst"]
allow: [read]
on: ["stream:cards"]
requires: {mfa_max_age: 15m, credential_max_age: 1h, tls_min: "1.3", mechanisms: [SCRAM-SHA-512]}
"""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "allowed by `grant:step-up#1`"),
        ({"mfa_age": "901"}, "no rule allows `Read` on stream `cards` as things are: `grant:step-up#1` requires `mfa_max_age: 15m`"),
        ({"mfa_age": None, "tls_version": "1.2"}, "no rule allows `Read` on stream `cards` as things are: `grant:step-up#1` requires `mfa_max_age: 15m`, `tls_min: 1.3`"),
        ({"credential_age": "3601"}, "no rule allows `Read` on stream `cards` as things are: `grant:step-up#1` requires `credential_max_age: 1h`"),
        ({"mechanism": "PLAIN"}, "no rule allows `Read` on stream `cards` as things are: `grant:step-up#1` requires `mechanisms: SCRAM-SHA-512`"),
        ({"device_posture": "jailbroken"}, "denied by `class:card#device_posture`, which requires `device_posture: compliant`"),
        ({"device_posture": None}, "denied by `class:card#device_posture`, which requires `device_posture: compliant`"),
        ({"roles": "nobody"}, "no rule allows `Read` on stream `cards`"),
    ],
)  # fmt: skip
def test_a_denial_names_the_condition_that_does_not_hold(
    tmp_path: Path, changes: dict[str, str | None], reason: str
) -> None:
    (tmp_path / "a.yaml").write_text(STEP_UP)
    loaded = read_bundle(tmp_path, materials=False)
    assert loaded.errors == ()
    known = {
        "roles": "analyst",
        "mechanism": "SCRAM-SHA-512",
        "mfa": "true",
        "mfa_age": "900",
        "credential_age": "3600",
        "tls_version": "1.3",
        "device_posture": "compliant",
    }
    context = {key: value for key, value in {**known, **changes}.items() if value is not None}

    pairs = [f"{key}={value}" for key, value in context.items()]
    explanation = ask(loaded.bundle, "ada", "read", "cards", *pairs)

    assert explanation.decision.reason == reason


def test_the_command_line_understands_synonyms() -> None:
    assert parse_action("produce") is Action.WRITE
    assert parse_action("consume") is Action.READ
    assert parse_action("describe-configs") is Action.DESCRIBE_CONFIGS
    with pytest.raises(InvalidArgument, match="did you mean `produce`"):
        parse_action("prduce")


def test_a_hostile_group_gets_nothing_more_than_its_grant(tmp_path: Path) -> None:
    hostile = 'a"); permit (principal, action, resource);//'
    (tmp_path / "a.yaml").write_text(
        "kind: Bundle\nname: b\nenvironment: development\nowner: me\n---\nkind: Tenant\nname: t\n"
        "---\nkind: Principal\nname: app\ntype: service\ntenant: t\n---\nkind: Grant\nid: g\n"
        f"to: ['principal:app']\nallow: [read]\non: ['group:{hostile}', 'group:{hostile}*']\n"
    )
    loaded = read_bundle(tmp_path, materials=False)
    assert loaded.errors == ()

    def effect(on: str) -> str:
        return ask(loaded.bundle, "app", "read", on).decision.effect

    assert effect(f"group:{hostile}") == "allow"
    assert effect(f"group:{hostile}-more") == "allow"
    assert effect("group:a") == "deny"
    assert effect("stream:x") == "deny"


@pytest.mark.parametrize(
    ("text", "line", "what", "suggestion"),
    [
        ('\npermit (principal, action == Streamward::Action::"Raed", resource);', 2, "unrecognized action", "did you mean `Read`?"),
        ("permit (principal, action, resource)\nwhen { context.hours > 3 };", 1, "attribute `hours`", "did you mean `hour`?"),
        ("permit (principal is Streamward::Usr, action, resource);", 1, "Streamward::Usr", "did you mean `User`?"),
        ("forbid (principal, action resource);", 1, "unexpected token", "Names in Cedar"),
        ("permit (principal == ?principal, action, resource);", 1, "static policy", "Names in Cedar"),
    ],
)  # fmt: skip
def test_a_cedar_file_that_does_not_compile(
    tmp_path: Path, text: str, line: int, what: str, suggestion: str
) -> None:
    (tmp_path / "good.cedar").write_text("forbid (principal, action, resource);")
    (tmp_path / "x.cedar").write_text(text)
    (tmp_path / "a.yaml").write_text("kind: Bundle\nname: b\nenvironment: staging\nowner: me\n")

    (mistake,) = read_bundle(tmp_path).mistakes

    assert (mistake.place.file, mistake.place.line) == ("x.cedar", line)
    assert what in mistake.what
    assert suggestion in mistake.suggestion


def test_a_rule_that_fails_to_evaluate_is_named_and_denies(tmp_path: Path) -> None:
    from streamward.policy.evaluator import decide

    class Evaluator:
        def decide(self, request: bytes) -> bytes:
            return (
                b'{"effect":"deny","rules":["x"],"errors":["x"],"reason":"r","policy_version":"v",'
                b'"principal":"p","action":"Read","resource":{"type":"Stream","name":"s"},"context":{}}'
            )

    bundle = SimpleNamespace(of=lambda model: ())
    resource = parse_resource(bundle, "s")  # type: ignore[arg-type]

    decision = decide(Evaluator(), "p", Action.READ, resource, {})

    assert not decision.allowed
    assert decision.errors == ("x",)


def test_what_a_context_may_name_is_what_the_schema_has() -> None:
    import re

    from streamward.policy.evaluator import policy_schema
    from streamward.policy.validate import CONTEXT_ATTRIBUTES

    context = policy_schema().partition("type Context = {")[2].partition("};")[0]
    declared = re.findall(r"^ *([a-z_]+)\??:", context, re.MULTILINE)

    assert len(declared) == len(set(declared)) > 10
    assert set(CONTEXT_ATTRIBUTES) == set(declared)


@pytest.mark.parametrize(
    ("on", "context", "error", "what"),
    [
        ("payments.*", (), InvalidArgument, "`payments.*` is no name of one stream"),
        (
            "payments.refunds",
            ("environment=prod",),
            InvalidArgument,
            "did you mean `production`|one of",
        ),
    ],
)
def test_what_has_no_meaning_is_not_answered(
    bundle: Bundle, on: str, context: tuple[str, ...], error: type[Exception], what: str
) -> None:
    with pytest.raises(error, match=what.replace("*", r"\*")):
        ask(bundle, "payments-api", "consume", on, *context)
    with pytest.raises(NotFound, match="did you mean `payment-reader`"):
        parse_context(["roles=payment-redaer"], bundle)


def test_what_can_not_be_done_to_a_stream_is_not_answered_with_nobody(bundle: Bundle) -> None:
    stream, cluster = parse_resource(bundle, "payments.refunds"), parse_resource(bundle, "cluster")

    with pytest.raises(InvalidArgument, match=r"`apply` can't .* to a stream: .* to a cluster"):
        who_can(bundle, [Action.APPLY], stream)
    with pytest.raises(InvalidArgument, match="can't be done to a stream"):
        who_can(bundle, [Action.APPLY], None, "cardholder")

    rights = who_can(bundle, [Action.APPLY], cluster).rights
    assert [it.principal for it in rights] == ["security-oncall"]
