"""Another way to be taken for somebody is access to what it may read, and needs an approval."""

import datetime
from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.model.document import Bundle
from streamward.policy import diff
from streamward.policy.difference import Difference, effects, mistakes
from streamward.policy.difference.gate import unapproved_widenings
from tests.support.small_bundles import small_bundle

pytest.importorskip("streamward._core")

TODAY = datetime.date(2026, 6, 1)
WAYS = """\
kind: CertificateAuthority
name: partners
ca: file:partners.pem
---
kind: TokenIssuer
name: idp
issuer: https://id.example.org
jwks_url: https://id.example.org/jwks
audiences: [kafka]
---
kind: Principal
name: settlement
type: service
tenant: bank
roles: [writer]
credentials:
  - {id: settlement-token, type: token, issuer: idp, subject: settlement}
---
kind: Principal
name: visitor
type: service
tenant: shop
credentials:
  - {id: visitor-token, type: token, issuer: idp, subject: visitor}
---
kind: Principal
name: later
type: service
tenant: shop
credentials:
  - {id: later-1, type: certificate, issuer: partners, subject: CN=later}
---
kind: Grant
id: later-read
to: ["principal:later"]
allow: [read]
on: ["stream:pay.cards"]
---
kind: Grant
id: not-yet
to: ["principal:later"]
deny: [read, describe]
on: ["stream:pay.cards"]
expires: 2026-07-01
"""
APPROVAL = """\
---
kind: Approval
id: other-keys
by: risk
reason: the identity provider moved
classes: [card]
to: ["principal:settlement"]
weaker_authentication: true
expires: 2026-06-30
"""
KEYS = ("org/jwks", "net/jwks")


def made(folder: Path, *replaced: tuple[str, str], more: str = "", rule: bool = True) -> Bundle:
    text = WAYS + more
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    bundle = small_bundle(folder, text, check=False)
    if not rule:
        return bundle
    head = folder / "streamward.yaml"
    asks = "approval: {level: restricted, approvers: [risk]}\nowner: Tests\n"
    head.write_text(head.read_text().replace("owner: Tests\n", asks, 1))
    return read_bundle(folder, materials=False).bundle


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return made(tmp_path_factory.mktemp("before"))


def compared(before: Bundle, after: Bundle) -> Difference:
    return diff(before, after, today=TODAY)


def lacking(difference: Difference) -> set[tuple[str, str]]:
    return {
        (name, it.data_class)
        for it in difference.unapproved_authentication
        for name in it.principals
    }


@pytest.mark.parametrize(
    ("replaced", "lacks"),
    [
        # Who writes cards by a token of this issuer; not who has no right at all.
        (KEYS, {("settlement", "card")}),
        (("[kafka]", "[kafka, web]"), {("settlement", "card")}),
        # An authority that is added for somebody, as `CN=settlement`.
        (
            ("subject: settlement}", "subject: settlement}\n  - {id: settlement-2, "
             "type: certificate, issuer: partners, subject: CN=settlement}"),
            {("settlement", "card")},
        ),
        # It is denied until July, and gets at it then.
        (("partners.pem", "others.pem"), {("later", "card")}),
    ],
)  # fmt: skip
def test_another_way_to_be_somebody_with_access_needs_an_approval(
    before: Bundle, tmp_path: Path, replaced: tuple[str, str], lacks: set[tuple[str, str]]
) -> None:
    difference = compared(before, made(tmp_path, replaced))

    assert difference.is_empty, "no right is another one"
    assert lacking(difference) == lacks
    assert not difference.is_approved


@pytest.mark.parametrize(
    "replaced",
    [
        ("[kafka]", "[web]\nrequire_bound: true"),
        ("audiences: [kafka]", "audiences: [kafka]\nclock_skew: 5s"),
        ("  - {id: settlement-token, type: token, issuer: idp, subject: settlement}\n", "  []\n"),
        ("id: settlement-token", "id: settlement-jwt"),
        # Nothing that it may read or write is of a class that is guarded.
        ("subject: visitor}", "subject: somebody}"),
    ],
)
def test_a_way_less_or_for_nobody_with_access_needs_none(
    before: Bundle, tmp_path: Path, replaced: tuple[str, str]
) -> None:
    wider = made(tmp_path / "wider", ("[kafka]", "[kafka, web]"))
    old = wider if replaced[0] == "[kafka]" else before

    difference = compared(old, made(tmp_path / "new", replaced))

    assert lacking(difference) == set()
    assert difference.is_approved


def test_where_no_approvals_are_asked_for_none_is_missing(tmp_path: Path) -> None:
    old, new = made(tmp_path / "old", rule=False), made(tmp_path / "new", KEYS, rule=False)

    difference = compared(old, new)

    assert difference.identities
    assert difference.weaker_authentication == ()
    assert difference.missing == ""


def test_whoever_is_new_needs_an_approval_of_the_rights(before: Bundle, tmp_path: Path) -> None:
    newcomer = """\
---
kind: Principal
name: newcomer
type: service
tenant: bank
roles: [writer]
credentials: [{id: newcomer-1, type: token, issuer: idp, subject: newcomer}]
"""
    difference = compared(before, made(tmp_path, KEYS, more=newcomer))

    assert lacking(difference) == {("settlement", "card")}
    assert {it.principal for it in difference.unapproved} == {"newcomer"}


@pytest.mark.parametrize(
    ("replaced", "counts"),
    [
        (("reason: the", "reason: the"), True),
        (('"principal:settlement"', "role:writer"), True),
        (('"principal:settlement"', "everyone"), True),
        (('"principal:settlement"', '"principal:visitor"'), False),
        (("[card]", "[open]"), False),
        (("by: risk", "by: me"), False),
        (("2026-06-30", "2026-05-31"), False),
        (("weaker_authentication: true", "weaker_keys: true"), False),
        # To give a right is not to say who may come to be taken for whom.
        (("weaker_authentication: true", "allow: [write, describe]"), False),
    ],
)
def test_an_approval_counts_for_its_class_and_whom_it_names(
    before: Bundle, tmp_path: Path, replaced: tuple[str, str], counts: bool
) -> None:
    new = made(tmp_path, KEYS, more=APPROVAL.replace(*replaced))

    difference = compared(before, new)

    assert difference.is_approved is counts
    (found,) = difference.weaker_authentication
    expected = ("other-keys", "risk") if counts else (None, None)
    assert (found.approval, found.by) == expected
    assert found.document()["principals"] == ["settlement"]


def test_the_mistake_names_the_line_and_what_to_paste(before: Bundle, tmp_path: Path) -> None:
    new = made(tmp_path / "new", KEYS)
    difference = compared(before, new)

    (told,) = mistakes(new, difference)

    assert (told.place.file, told.place.line) == ("more.yaml", 8)
    assert told.what == (
        "everybody from issuer `idp` (settlement) may get at class `card` (restricted), and its "
        "keys come from elsewhere now: https://id.example.net/jwks, before "
        "https://id.example.org/jwks: nobody approved it"
    )
    assert "`weaker_authentication: true`, by one of: risk" in told.suggestion
    assert told.remedy == difference.missing == difference.document()["missing_approvals"]
    assert told.remedy == (
        "---\nkind: Approval\nid: approval-2026-06-01-1\nby: risk\nreason: say why\n"
        "classes: [card]\nto: [principal:settlement]\nweaker_authentication: true\n"
        "expires: 2026-07-01\n"
    )
    pasted = made(tmp_path / "pasted", KEYS, more=told.remedy)
    assert compared(before, pasted).is_approved
    assert list(mistakes(pasted, compared(before, pasted))) == []


def test_what_is_pasted_allows_all_that_was_missing_and_no_more(
    before: Bundle, tmp_path: Path
) -> None:
    """A right, a way to be proved, a class that is taken away, and fewer approvals, at once."""
    wider = (
        "---\nkind: Grant\nid: more\nto: [role:reader, role:auditor]\nallow: [write, delete]\n"
        'on: ["stream:pay.cards"]\n'
    )
    new = made(tmp_path / "new", KEYS, more=wider)
    head = tmp_path / "new" / "streamward.yaml"
    head.write_text(
        head.read_text()
        .replace("prefix: pay.\nclasses: [card]", "prefix: pay.\nclasses: [open]")
        .replace("approvers: [risk]", "approvers: [risk, me]")
    )
    new = read_bundle(tmp_path / "new", materials=False).bundle
    difference = compared(before, new)
    assert difference.weaker
    assert difference.loosened
    assert difference.unapproved
    assert difference.unapproved_authentication
    more = tmp_path / "new" / "approvals.yaml"

    more.write_text(difference.missing)
    after = compared(before, read_bundle(tmp_path / "new", materials=False).valid())

    assert after.is_approved
    assert after.missing == ""
    documents = difference.missing.split("---\n")[1:]
    for number in range(len(documents)):
        more.write_text(
            "".join(f"---\n{it}" for it in [*documents[:number], *documents[number + 1 :]])
        )
        assert not compared(
            before, read_bundle(tmp_path / "new", materials=False).bundle
        ).is_approved


def test_the_first_version_says_what_to_paste(tmp_path: Path) -> None:
    bundle = made(tmp_path / "first")
    (told,) = unapproved_widenings(bundle, None)
    assert "first_version: true" in told.remedy
    assert list(unapproved_widenings(made(tmp_path / "pasted", more=told.remedy), None)) == []


PLACES = """\
---
kind: Principal
name: batch
type: service
tenant: bank
roles: [writer]
credentials:
  - {id: batch-1, type: certificate, subject: CN=batch}
---
kind: Listener
name: front
cluster: main
advertise: 127.0.0.1
ports: {bootstrap: 9192, nodes: {first_id: 0, count: 1, first_port: 9193}}
tls: {certificate: file:g.pem, key: file:g.key, client_ca: file:clients.pem}
---
kind: Listener
name: measured
cluster: main
advertise: 127.0.0.1
ports: {bootstrap: 9292, nodes: {first_id: 0, count: 1, first_port: 9293}}
plaintext_principal: settlement
"""
DOOR = """\
---
kind: ControlDoor
name: keys
cluster: main
tls: {certificate: file:g.pem, key: file:g.key, client_ca: file:somebody-elses.pem}
"""
FRONT = PLACES[
    PLACES.index("---\nkind: Listener\nname: front") : PLACES.index(
        "---\nkind: Listener\nname: measured"
    )
]
MEASURED = PLACES[PLACES.index("---\nkind: Listener\nname: measured") :]


@pytest.mark.parametrize(
    ("replaced", "more", "who"),
    [
        ((), FRONT.replace("front", "side").replace("clients", "somebody-elses"), "batch"),
        (
            (("name: front", "name: renamed"), ("clients.pem", "somebody-elses.pem")),
            "",
            "batch",
        ),
        ((), DOOR, "batch"),
        ((), MEASURED.replace("name: measured", "name: again"), "settlement"),
        ((("plaintext_principal: settlement", "plaintext_principal: batch"),), "", "batch"),
    ],
    ids=["new-listener", "renamed", "new-door", "second-plaintext", "other-plaintext"],
)
def test_a_place_more_where_somebody_can_be_proved_needs_an_approval(
    tmp_path: Path, replaced: tuple[tuple[str, str], ...], more: str, who: str
) -> None:
    """Also where no document of the same name is there to be compared with."""
    before = made(tmp_path / "before", more=PLACES)
    text = PLACES
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    after = made(tmp_path / "after", more=text + more)

    difference = compared(before, after)

    assert who in {name for name, _ in lacking(difference)}
    assert not difference.is_approved
    assert effects(difference) != ()
    agreed = made(
        tmp_path / "agreed", more=text + more + difference.missing.replace("say why", "x")
    )
    assert compared(before, agreed).is_approved


@pytest.mark.parametrize(
    ("old", "new"), [("name: front", "name: renamed"), ("name: measured", "name: renamed")]
)
def test_a_place_that_is_called_otherwise_proves_nobody_else(
    tmp_path: Path, old: str, new: str
) -> None:
    before = made(tmp_path / "before", more=PLACES)
    after = made(tmp_path / "after", more=PLACES.replace(old, new))

    assert compared(before, after).identities == ()
