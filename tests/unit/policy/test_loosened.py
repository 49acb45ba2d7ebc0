"""What would make a later widening harmless to look at needs an approval itself."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from streamward.model.approval import Approval
from streamward.model.document import Bundle, Document, Noun
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.manifest import Manifest
from streamward.model.principal import Principal, Role
from streamward.model.stream import DataClass, Stream
from streamward.model.token_issuer import TokenIssuer
from streamward.policy.difference.approvals import rule_between, weaker
from streamward.policy.difference.changes import Difference
from streamward.policy.difference.gate import mistakes
from streamward.policy.difference.loosened import loosenings

DAY = datetime.date(2027, 1, 1)
RULE = {"level": "restricted", "approvers": ["risk"]}
RING = {
    "name": "cards",
    "data_class": "cardholder",
    "access_class": "settling",
    "provider": "hsm",
    "key": "cards",
    "legal_hold": True,
    "destruction": {"wait": "7d", "approvals": 2},
}
CARDS: dict[str, Any] = {"name": "pay.cards", "classes": ["cardholder"]}


def bundle(*more: Noun, rule: Any = RULE, **changed: Any) -> Bundle:
    """A bundle with one sealed stream; `changed` replaces documents by their kind."""
    head = {"name": "pay", "environment": "staging", "owner": "t", "approval": rule}
    classes = [("cardholder", "restricted"), ("odd", "public")]
    documents: list[Any] = [
        Manifest.model_validate(head),
        *(DataClass(name=name, level=level) for name, level in classes),  # type: ignore[arg-type]
        *(Stream.model_validate(it) for it in changed.get("streams", [CARDS])),
        *(KeyRing.model_validate(it) for it in changed.get("rings", [RING])),
        AccessClass(name="settling", readers=changed.get("readers", ("role:reader",)), owner="t"),
        *(
            Principal.model_validate({"name": name, "tenant": "pay", "type": "service"} | fields)
            for name, fields in changed.get(
                "principals", {"archive": {"roles": ["reader"]}}
            ).items()
        ),
        *more,
    ]
    kinds = {Manifest: "Bundle"}
    return Bundle(
        Path("."),
        tuple(
            Document(
                kinds.get(type(it), type(it).__name__),
                getattr(it, "name", "it"),
                it,
                "all.yaml",
                {},
            )
            for it in documents
        ),
    )


def approval(**fields: Any) -> Approval:
    base = {"id": "ok", "by": "risk", "reason": "r", "classes": ["cardholder"], "expires": DAY}
    return Approval.model_validate(base | fields)


def told(old: Bundle, new: Bundle) -> list[str]:
    return [it.what for it in loosenings(old, new, DAY)]


def test_what_stays_as_it_was_needs_nobody() -> None:
    assert told(bundle(), bundle()) == []


@pytest.mark.parametrize(
    "instead",
    [
        [{"name": "pay.cards", "classes": ["odd"]}],
        [{"name": "pay.cards"}],
        [],
        [{"name": "pay.cards2", "classes": ["cardholder"]}],
        [{"prefix": "pay.cards.", "classes": ["cardholder"]}],
        [{"prefix": "pay.", "classes": ["odd"]}],
    ],
)
def test_a_stream_does_not_lose_its_class_first_and_gain_readers_next(
    instead: list[dict[str, Any]],
) -> None:
    """Declassified in one version, opened in the next: neither would be a widening."""
    new = bundle(streams=instead)

    assert told(bundle(), new) == ["`pay.cards` is no longer of class `cardholder`"]
    assert told(bundle(), bundle(approval(declassify=True), streams=instead)) == []
    for wrong in (
        approval(),
        approval(declassify=True, classes=["odd"]),
        approval(declassify=True, by="me"),
        approval(declassify=True, expires=DAY - datetime.timedelta(days=1)),
        approval(weaker_keys=True),
    ):
        assert told(bundle(), bundle(wrong, streams=instead)) != []
    # Nobody's approval is asked for where the bundle doesn't ask for any, or for a harmless class.
    assert told(bundle(rule=None), bundle(rule=None, streams=instead)) == []
    if "cardholder" not in str(instead):
        assert told(bundle(streams=instead), bundle()) == []


def test_the_rule_and_the_level_of_before_decide() -> None:
    mine = {"level": "restricted", "approvers": ["me"]}
    gone = bundle(approval(declassify=True, by="me"), rule=mine, streams=[])

    assert told(bundle(), gone) != []
    assert told(bundle(), bundle(rule=None, streams=[])) != []


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        (("restricted", "risk"), ("internal", "me"), ("internal", "risk")),
        (("internal", "risk"), ("restricted", "me"), ("internal", "risk")),
        (None, ("internal", "me"), ("internal", "me")),
        (("internal", "risk"), None, ("internal", "risk")),
        (None, None, None),
    ],
)
def test_the_stricter_level_of_both_holds_and_approvers_are_those_of_before(
    before: tuple[str, str] | None, after: tuple[str, str] | None, holds: tuple[str, str] | None
) -> None:
    def with_rule(it: tuple[str, str] | None) -> Bundle:
        return bundle(rule=None if it is None else {"level": it[0], "approvers": [it[1]]})

    rule = rule_between(with_rule(before), with_rule(after))

    assert (None if rule is None else (rule.level.value, *rule.approvers)) == holds


@pytest.mark.parametrize(
    "rule",
    [
        {"level": "restricted", "approvers": ["risk", "me"]},
        {"level": "restricted", "approvers": ["me"]},
        {"level": "confidential", "approvers": ["risk", "me"]},
        None,
    ],
)
def test_whoever_becomes_an_approver_does_not_approve_that(rule: dict[str, Any] | None) -> None:
    def told_of(by: str) -> tuple[str, ...]:
        return weaker(bundle(), bundle(approval(weaker_approval=True, by=by), rule=rule), DAY)

    assert told_of("me") != ()
    assert told_of("risk") == ()


def test_prefixes_are_streams_too() -> None:
    old = bundle(streams=[{"prefix": "pay.", "classes": ["cardholder"]}])

    narrower = bundle(streams=[{"prefix": "pay.c", "classes": ["cardholder"]}, CARDS])
    wider = bundle(streams=[{"prefix": "pa", "classes": ["cardholder", "odd"]}])

    assert told(old, narrower) == ["`pay.*` is no longer of class `cardholder`"]
    assert told(old, wider) == []
    assert told(bundle(), wider) == [], "a wider prefix carries it to the stream"


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"legal_hold": False}, "is no longer under legal hold"),
        ({"destruction": {"wait": "7d", "approvals": 1}}, "can be destroyed by one person"),
        ({"destruction": {"wait": "6d", "approvals": 2}}, "is destroyed after a shorter wait"),
        ({"data_class": "odd"}, "is of class `odd` now"),
        ({"name": "other"}, "is gone"),
    ],
)
def test_a_ring_is_not_made_easier_to_destroy(fields: dict[str, Any], what: str) -> None:
    weaker = [RING | fields]

    assert told(bundle(), bundle(rings=weaker))[0] == f"the ring `cards` {what}"
    assert told(bundle(), bundle(approval(weaker_keys=True), rings=weaker)) == []
    assert told(bundle(), bundle(approval(declassify=True), rings=weaker)) != []
    if "name" not in fields and "data_class" not in fields:
        assert told(bundle(rings=weaker), bundle()) == [], "to guard it better needs nobody"


def test_who_may_open_is_access() -> None:
    vendor = {"archive": {"roles": ["reader"]}, "vendor": {"roles": ["guest"]}}
    old = bundle(principals=vendor)
    by_class = {"readers": ("role:reader", "principal:vendor"), "principals": vendor}
    by_role = {"principals": vendor | {"vendor": {"roles": ["guest", "reader"]}}}

    for changed in (by_class, by_role):
        what = "what the ring `cards` seals opens for `vendor`"
        assert told(old, bundle(**changed)) == [what]
        assert told(old, bundle(approval(weaker_keys=True), **changed)) == []
        # Who was given the right to read with an approval was given it to see what is there.
        reads = {"to": ["principal:vendor"], "allow": ["read"]}
        assert told(old, bundle(approval(**reads), **changed)) == []
        for other in ({"to": ["role:other"]}, {"allow": ["write"]}):
            assert told(old, bundle(approval(**(reads | other)), **changed)) == [what]
        assert told(bundle(**changed), old) == []


def test_who_reads_by_a_role_in_a_role_or_by_a_token_is_told_too() -> None:
    """`settler` includes `clerk`, which includes `reader`; an issuer gives it to a group."""
    vendor = {"archive": {"roles": ["reader"]}, "vendor": {"roles": ["guest"]}}
    roles = [
        Role(name="settler", includes=("clerk",)),
        Role(name="clerk", includes=("reader",)),
        Role(name="reader"),
    ]
    what = ["what the ring `cards` seals opens for `vendor`"]
    old = bundle(*roles, principals=vendor)
    by_role = vendor | {"vendor": {"roles": ["guest", "settler"]}}
    assert told(old, bundle(*roles, principals=by_role)) == what

    token = {"id": "v", "type": "token", "issuer": "idp", "subject": "vendor"}
    by_token = vendor | {"vendor": {"roles": ["guest"], "credentials": [token]}}
    issuer = {
        "name": "idp",
        "issuer": "https://idp.example",
        "audiences": ["pay"],
        "role_claim": {"claim": "groups", "roles": {"staff": "settler"}},
    }
    idp = TokenIssuer.model_validate(issuer)
    assert (
        told(bundle(*roles, principals=by_token), bundle(*roles, idp, principals=by_token)) == what
    )


def test_each_ring_has_readers_of_its_own() -> None:
    """Who may open one ring of a class may not open another one for that."""
    vendor = {"archive": {"roles": ["reader"]}, "vendor": {}}
    vendors = AccessClass(name="vendors", readers=("principal:vendor",), owner="t")
    others = RING | {"name": "others", "key": "others", "access_class": "vendors"}

    def with_rings(*rings: dict[str, Any]) -> Bundle:
        return bundle(vendors, principals=vendor, rings=list(rings))

    two = with_rings(RING, others)
    what = "what the ring `cards` seals opens for `vendor`"
    assert told(two, with_rings(RING | {"access_class": "vendors"}, others)) == [what]
    assert told(two, with_rings(RING, others | {"name": "more"}))[1:] == []
    new = "what the ring `others` seals opens for `vendor`"
    assert told(with_rings(RING), two) == [new]
    assert told(with_rings(), two) == [], "nothing of the class was sealed"
    odd = RING | {"data_class": "odd", "access_class": "vendors"}
    assert told(with_rings(RING), with_rings(odd)) == [
        "the ring `cards` is of class `odd` now",
        what,
    ]


def test_what_nobody_agreed_to_keeps_a_version_out() -> None:
    loosened = loosenings(bundle(), bundle(streams=[]), DAY)
    fewer = weaker(bundle(), bundle(rule=None), DAY)
    difference = Difference("old", "new", (), (), fewer, loosened)
    assert [it.what for it in mistakes(bundle(), difference)] == [
        "the bundle asks for fewer approvals: the new bundle asks for no approvals at all",
        "`pay.cards` is no longer of class `cardholder`: nobody approved it",
    ]
    assert all(it.severity == "error" for it in mistakes(bundle(), difference))
