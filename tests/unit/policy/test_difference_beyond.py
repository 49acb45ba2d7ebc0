"""What changes beside the rules: by tokens, by what is declared of somebody, on days to come."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from streamward.app import valid_bundle
from streamward.model.action import Action
from streamward.model.document import Bundle
from streamward.policy import diff, parse_resource
from streamward.policy.difference import Difference, effects
from streamward.policy.questions import Certainty, access_matrix, what_can, who_can
from tests.support.small_bundles import small_bundle

pytest.importorskip("streamward._core")

TODAY = datetime.date(2026, 6, 1)
GUEST = """\
kind: TokenIssuer
name: idp
issuer: https://id.example.org
audiences: [kafka]
role_claim: {claim: groups, roles: {writers: writer, auditors: auditor}}
---
kind: Principal
name: guest
type: service
tenant: shop
credentials: [{id: guest-token, type: token, issuer: idp, subject: guest}]
"""


class Folder:
    """A bundle that asks for approvals, written anew with each change."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made = 0

    def __call__(self, more: str = "", *replaced: tuple[str, str]) -> Bundle:
        self._made += 1
        folder = self._directory / str(self._made)
        small_bundle(folder, more, check=False)
        rule = "approval: {level: restricted, approvers: [risk]}\nowner: Tests\n"
        files = sorted(folder.glob("*.yaml"))
        texts = {file: file.read_text() for file in files}
        head = folder / "streamward.yaml"
        texts[head] = texts[head].replace("owner: Tests\n", rule, 1)
        for old, new in replaced:
            assert any(old in text for text in texts.values()), old
            texts = {file: text.replace(old, new) for file, text in texts.items()}
        for file, text in texts.items():
            file.write_text(text)
        return valid_bundle(folder, materials=False)


@pytest.fixture
def made(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def compared(old: Bundle, new: Bundle) -> Difference:
    return diff(old, new, today=TODAY)


def unapproved(difference: Difference) -> set[tuple[str, str]]:
    return {(it.principal, it.action.word) for it in difference.unapproved}


def test_a_role_that_a_token_gives_is_a_right(made: Folder) -> None:
    bundle = made(GUEST)

    rights = who_can(bundle, [Action.WRITE], parse_resource(bundle, "pay.cards")).rights

    (right,) = [it for it in rights if it.principal == "guest"]
    assert right.ruling.certainty is Certainty.SOMETIMES
    assert right.ruling.allowed_with is not None
    assert right.ruling.allowed_with["roles"] == ["writer"]
    (permit,) = right.ruling.permits
    assert permit.told == ("when a token gives role writer: https://id.example.org groups=writers")
    assert permit.conditions[0].text == 'principal in Streamward::Role::"writer"'
    assert "guest" in access_matrix(bundle)
    reads = {it.on.text for it in what_can(bundle, "guest", [Action.READ]).rights}
    assert reads >= {"pay.*", "pay.shop.*"}


def test_a_condition_on_a_role_hangs_on_the_token_too(made: Folder) -> None:
    role = 'principal in Streamward::Role::"reader"'
    rules = (
        f'permit (principal == Streamward::Service::"guest", '
        f'action == Streamward::Action::"Read", resource == Streamward::Stream::"news")'
        f" when {{ !({role}) && !(principal is Streamward::Service in "
        f'Streamward::Role::"writer") }};'
    )
    bundle = small_bundle(Path(made().root).parent / "rules", GUEST, rules)

    rights = who_can(bundle, [Action.READ], parse_resource(bundle, "news")).rights

    (right,) = [it for it in rights if it.principal == "guest"]
    assert right.ruling.certainty is Certainty.SOMETIMES
    assert right.ruling.denied_with is not None
    assert right.ruling.denied_with["roles"] in (["auditor"], ["writer"])


FEWER = GUEST.replace("writers: writer, ", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GUEST, GUEST.replace("writers: writer", "staff: writer")),
        (FEWER, GUEST),
        (GUEST, GUEST.replace("claim: groups", "claim: department")),
        (GUEST, GUEST.replace("https://id.", "https://other.")),
    ],
)
def test_another_meaning_of_a_claim_is_a_gain(made: Folder, before: str, after: str) -> None:
    difference = compared(made(before), made(after))

    assert ("guest", "write") in unapproved(difference)
    gained = next(it.gained for it in difference.changes if it.action is Action.WRITE and it.gains)
    assert gained is not None
    assert gained.context["roles"] == ["writer"]
    assert len(gained.groups) == 1
    assert any("by a token of" in line for line in effects(difference))


def test_a_token_where_there_was_none_is_a_gain(made: Folder) -> None:
    password = ("type: token, issuer: idp, subject: guest", "type: certificate, subject: CN=g")

    difference = compared(made(GUEST, password), made(GUEST))

    assert ("guest", "write") in unapproved(difference)


MFA = """\
kind: Grant
id: people
to: ["principal:bob"]
allow: [read]
on: ["stream:hr"]
requires: {mfa: true, device_posture: [managed]}
---
kind: Stream
name: hr
classes: [secret]
---
kind: DataClass
name: secret
level: restricted
owner: Tests
---
kind: Principal
name: bob
type: user
tenant: bank
mfa: true
device_posture: managed
credentials: [{id: bob-1, type: certificate, subject: CN=bob}]
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mfa: false", "mfa: true\ndevice"),
        ("device_posture: lost\nc", "device_posture: managed\nc"),
    ],
)
def test_what_is_declared_of_a_principal_is_a_gain(made: Folder, old: str, new: str) -> None:
    before = (new, old + "\ndevice") if new.startswith("mfa") else (new, old)

    difference = compared(made(MFA, before), made(MFA))

    assert ("bob", "read") in unapproved(difference)
    assert all(it.gained is not None and it.gained.by_declaration for it in difference.changes)
    assert any("by what is declared of the principal" in it for it in effects(difference))
    back = compared(made(MFA), made(MFA, before))
    assert back.unapproved == ()
    assert all(it.lost is not None and it.gained is None for it in back.changes)
    assert back.changes


def test_what_a_token_says_is_not_as_declared(made: Folder) -> None:
    issuer = """\
---
kind: TokenIssuer
name: idp
issuer: https://id.example.org
audiences: [kafka]
mfa_claim: {amr: [otp]}
"""
    token = ("type: certificate, subject: CN=bob", "type: token, issuer: idp, subject: bob")
    without = ("mfa: true\ndevice", "mfa: false\ndevice")

    assert compared(made(MFA + issuer, token, without), made(MFA + issuer, token)).is_empty
    gains = compared(made(MFA + issuer, without), made(MFA + issuer, token, without))
    assert ("bob", "read") in unapproved(gains)


DENIED = """\
kind: Grant
id: readers-of-all
to: ["role:writer"]
allow: [read]
on: ["stream:pay.cards"]
---
kind: Grant
id: not-yet
to: ["role:writer"]
deny: [read]
on: ["stream:pay.*"]
expires: 2026-09-30
"""


def test_a_denial_that_begins_to_end_is_a_gain_from_that_day_on(made: Folder) -> None:
    for_ever = ("expires: 2026-09-30\n", "")

    difference = compared(made(DENIED, for_ever), made(DENIED))

    assert ("api", "read") in unapproved(difference)
    (gained,) = {
        it.gained.since for it in difference.changes if it.gained and it.action is Action.READ
    }
    assert gained == datetime.date(2026, 10, 1)
    assert any(line.endswith("from 2026-10-01 on") for line in effects(difference))
    change = next(it for it in difference.changes if it.action is Action.READ)
    assert change.old is None
    assert change.new is not None
    assert change.document()["gained"] == {
        "since": "2026-10-01",
        "groups": [],
        "by_declaration": False,
    }


@pytest.mark.parametrize(
    ("old", "new", "gains"),
    [("2026-07-01", "2026-09-01", True), ("2026-09-01", "2026-07-01", False)],
)
def test_a_right_that_ends_later_is_a_gain(made: Folder, old: str, new: str, gains: bool) -> None:
    granted = """\
kind: Grant
id: for-a-time
to: ["role:writer"]
allow: [read]
on: ["stream:pay.cards"]
expires: 2026-07-01
"""
    difference = compared(
        made(granted.replace("2026-07-01", old)), made(granted.replace("2026-07-01", new))
    )

    assert difference.changes
    assert all(it.gains is gains and it.loses is not gains for it in difference.changes)
    turns: list[Any] = [it.gained or it.lost for it in difference.changes]
    assert {it.since for it in turns} == {datetime.date(2026, 7, 2)}


def test_the_same_ends_are_no_difference(made: Folder) -> None:
    assert compared(made(DENIED), made(DENIED)).is_empty
