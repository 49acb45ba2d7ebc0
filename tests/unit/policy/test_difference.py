"""What changes between two bundles, and what of it waits for an approval."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from streamward.app import bundle_at, valid_bundle
from streamward.bundle.revisions import revision_texts
from streamward.cli.policy_tables import console, show_difference
from streamward.errors import InvalidArgument, NotFound
from streamward.model.document import Bundle
from streamward.policy import diff
from streamward.policy.difference import effects, noted_effects, unapproved_widenings

pytest.importorskip("streamward._core")

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "payments"
GRANT = """
---
kind: Grant
id: more
to: [role:payment-writer]
allow: [read]
on: ["stream:payments.transactions"]
"""
APPROVAL = """
---
kind: Approval
id: ok
by: risk
reason: reconciliation
classes: [cardholder]
to: [role:payment-writer]
allow: [read]
expires: 2099-01-01
"""
RULE = "approval: {level: restricted, approvers: [risk]}"

Made = Callable[..., Bundle]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """The example with an approval rule, more grants, and texts replaced in any file."""

    def make(
        more: str = "", rule: str = RULE, replaced: tuple[str, str, str] | None = None
    ) -> Bundle:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(EXAMPLE, folder)
        head = folder / "streamward.yaml"
        head.write_text(head.read_text().replace("owner: Pay", f"{rule}\nowner: Pay", 1))
        (folder / "more.yaml").write_text(more or "# nothing\n")
        if replaced is not None:
            name, old, new = replaced
            text = (folder / name).read_text()
            assert old in text
            (folder / name).write_text(text.replace(old, new))
        return valid_bundle(folder, materials=False)

    return make


def test_the_same_rules_in_other_words_are_no_difference(made: Made) -> None:
    other = made(
        replaced=(
            "grants.yaml",
            'on: ["stream:payments.transactions", "stream:payments.refunds"]',
            'on: ["stream:payments.refunds", "stream:payments.transactions"]',
        )
    )

    assert diff(made(), other).is_empty


def test_who_gains_and_who_loses_is_told(made: Made) -> None:
    before, after = made(), made(GRANT)

    assert effects(diff(before, after)) == (
        "+ payments-api  payments.transactions  read",
        "+ payments-settlement  payments.transactions  read",
    )
    assert effects(diff(after, before)) == (
        "- payments-api  payments.transactions  read",
        "- payments-settlement  payments.transactions  read",
    )


def test_a_line_is_noted_with_classes_rules_and_conditions(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = made(), made(GRANT)

    gained = dict(noted_effects(diff(before, after)))["+ payments-api  payments.transactions  read"]
    lost = dict(noted_effects(diff(after, before)))["- payments-api  payments.transactions  read"]

    assert gained is not None
    assert lost is not None
    assert gained.classes == lost.classes == ("cardholder", "personal")
    assert (
        [it.rule for it in gained.permits] == [it.rule for it in lost.permits] == ["grant:more#1"]
    )
    told = {it.rule: it.told for it in gained.forbids}
    assert told["class:cardholder#tls"] == "unless context.tls"
    assert (gained.is_past, lost.is_past) == (False, True)

    show_difference(console(), diff(after, before))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "- payments-api  payments.transactions  read  [1]"
    assert "[1]  of class cardholder, personal" in lines
    assert "     was allowed by grant:more#1 (more.yaml:3)" in lines


def test_a_condition_that_falls_is_a_gain_in_more_cases(made: Made) -> None:
    after = made(replaced=("conditions/passwords.cedar", '"PLAIN"', '"nothing"'))

    difference = diff(made(), after)

    assert {change.principal for change in difference.changes} == {
        "audit-archive",
        "audit-reporting",
        "fraud-investigator",
        "fraud-scoring",
    }
    assert all(change.gained_with is not None for change in difference.changes)
    assert all(change.gained_with["mechanism"] == "PLAIN" for change in difference.changes)  # type: ignore[index]
    assert all(line.endswith("in more cases") for line in effects(difference))


def test_more_access_to_a_class_waits_for_an_approval(made: Made) -> None:
    before = made()

    found = list(unapproved_widenings(made(GRANT), before))

    assert [mistake.place.file for mistake in found] == ["more.yaml", "more.yaml"]
    assert "`payments-api` may read more of class `cardholder`" in found[0].what
    assert list(unapproved_widenings(made(GRANT + APPROVAL), before)) == []
    assert list(unapproved_widenings(made(), before)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("by: risk", "by: me"),
        ("cardholder", "personal"),
        ("role:payment-writer", "principal:payments-api"),
        ("allow: [read]", "allow: [write]"),
        ("2099-01-01", "2020-01-01"),
    ],
)
def test_an_approval_counts_for_what_it_says_only(made: Made, old: str, new: str) -> None:
    after = made(GRANT + APPROVAL.replace(old, new))

    assert list(unapproved_widenings(after, made())) != []


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "approval: {level: restricted, approvers: [risk, me]}",
    ],
)
def test_nobody_approves_themselves_by_changing_the_rule(made: Made, rule: str) -> None:
    mine = APPROVAL.replace("by: risk", "by: me")

    difference = diff(made(), made(GRANT + mine, rule))

    assert difference.weaker != ()
    assert difference.unapproved != ()


def test_a_class_that_falls_is_told_and_does_not_open_its_streams(made: Made) -> None:
    lowered = ("classes.yaml", "level: restricted", "level: confidential")

    difference = diff(made(), made(GRANT, replaced=lowered))

    assert "class `cardholder` falls to `confidential`" in difference.weaker
    assert {it.principal for it in difference.unapproved} >= {"payments-api"}


def test_an_approver_of_before_may_weaken_the_rule(made: Made) -> None:
    weaker = APPROVAL + "weaker_approval: true\n"

    assert diff(made(), made(weaker, rule="")).is_approved


def test_a_first_version_is_approved_as_a_whole(made: Made) -> None:
    """What it permits was permitted by nobody before: there is nothing to compare it with."""
    first = APPROVAL + "first_version: true\n"

    [found] = unapproved_widenings(made(), None)

    assert (found.place.file, found.place.line) == ("streamward.yaml", 5)
    assert "permits access to `cardholder`: nobody approved it" in found.what
    assert list(unapproved_widenings(made(first), None)) == []
    assert list(unapproved_widenings(made(first.replace("by: risk", "by: me")), None)) != []
    assert list(unapproved_widenings(made(first.replace("2099", "2020")), None)) != []
    assert list(unapproved_widenings(made(rule=""), None)) == []


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository"
    shutil.copytree(EXAMPLE, folder / "bundles" / "payments")
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (folder / "bundles" / "payments" / "more.yaml").write_text(GRANT.replace("---", "", 1))
    monkeypatch.chdir(folder)
    return folder


def test_a_revision_of_git_is_compared_with_the_folder(repository: Path) -> None:
    before = bundle_at("HEAD:bundles/payments", repository)
    after = bundle_at("bundles/payments", repository)

    assert len(diff(before, after).changes) == 2
    assert diff(before, bundle_at("HEAD:./bundles/payments", repository)).is_empty


def test_what_git_does_not_have_is_told(repository: Path) -> None:
    with pytest.raises(NotFound, match="revision"):
        bundle_at("nowhere:bundles/payments", repository)
    with pytest.raises(NotFound):
        bundle_at("HEAD:elsewhere", repository)
    with pytest.raises(NotFound):
        bundle_at("--output=x:bundles", repository)
    with pytest.raises(InvalidArgument):
        revision_texts(repository, "HEAD", "../..")
