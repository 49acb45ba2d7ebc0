"""What programs are told of a policy: each question's JSON, held to what the bundle declares."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from streamward.audit.journal import JournalWriter
from streamward.clock import now_milliseconds
from tests.support.leaves import Access
from tests.unit.cli.test_main import run

PAYMENTS = Path(__file__).parents[3] / "examples" / "payments"
HOSPITAL = PAYMENTS.with_name("hospital")
DAY_MILLISECONDS = 86_400_000
TRANSACTIONS = "payments.transactions"


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    """The one JSON document that a command prints, and nothing else on its output."""
    capsys.readouterr()
    assert run("policy", *words, "--json") == code
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_who_can(capsys: pytest.CaptureFixture[str]) -> None:
    answer = told(capsys, "who-can", str(PAYMENTS), "--do", "read", "--on", TRANSACTIONS)

    rights = {each["principal"]: each for each in answer["rights"]}
    archive = rights["audit-archive"]
    assert archive["resource"] == {"type": "Stream", "name": TRANSACTIONS, "pattern": False}
    assert [each["rule"] for each in archive["permits"]] == ["grant:payments-read#1"]
    assert {each["certainty"] for each in rights.values()} <= {"always", "sometimes", "unknown"}
    assert "analytics-batch" not in rights
    assert answer["policy_version"].startswith("sha256:")


def test_what_can_is_the_other_side_of_who_can(capsys: pytest.CaptureFixture[str]) -> None:
    rights = told(capsys, "what-can", str(PAYMENTS), "--as", "audit-archive")["rights"]

    assert {each["principal"] for each in rights} == {"audit-archive"}
    assert ("read", TRANSACTIONS) in {
        (each["action"].lower(), each["resource"]["name"]) for each in rights
    }


def test_roles(capsys: pytest.CaptureFixture[str]) -> None:
    roles = {each["role"]: each for each in told(capsys, "roles", str(PAYMENTS))["roles"]}

    writer = roles["payment-writer"]
    assert "payments-api" in writer["holders"]
    assert {right["grant"] for right in writer["rights"]} >= {"payments-write"}
    assert all(right["source"] for right in writer["rights"])


@pytest.mark.parametrize(
    ("principal", "effect"), [("audit-archive", "allow"), ("analytics-batch", "deny")]
)
def test_explain(capsys: pytest.CaptureFixture[str], principal: str, effect: str) -> None:
    words = ("explain", str(PAYMENTS), "--as", principal, "--do", "read", "--on", TRANSACTIONS)
    answer = told(capsys, *words, "--context", "tls=true")

    assert (answer["effect"], answer["principal"]) == (effect, principal)
    decisive = {"allow": ["grant:payments-read#1"], "deny": ["grant:analytics-never-cards#1"]}
    assert answer["rules"] == decisive[effect]
    assert answer["context"]["tls"] is True


def test_diff(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    new = tmp_path / "new"
    shutil.copytree(PAYMENTS, new)
    grants = new / "grants.yaml"
    text = grants.read_text()
    assert "id: payments-read" in text
    grants.write_text(
        text + "---\nkind: Grant\nid: more\nto: [principal:analytics-batch]\n"
        "allow: [read]\non: [stream:fraud.alerts]\n"
    )

    answer = told(capsys, "diff", str(PAYMENTS), str(new))
    changes = {
        (each["principal"], each["action"], each["resource"]["name"]): each
        for each in answer["changes"]
    }

    gained = changes["analytics-batch", "read", "fraud.alerts"]
    assert gained["lost"] is None
    assert gained["classes"] == ["personal"]
    assert [each["rule"] for each in gained["new"]["permits"]] == ["grant:more#1"]
    assert {principal for principal, *_ in changes} == {"analytics-batch"}
    assert answer["old_version"] != answer["new_version"]
    assert told(capsys, "diff", str(PAYMENTS), str(PAYMENTS))["changes"] == []


def test_cases(capsys: pytest.CaptureFixture[str]) -> None:
    answer = told(capsys, "test", str(PAYMENTS))

    assert answer["failed"] == 0
    assert answer["cases"] == len(answer["results"]) > 30
    assert answer["coverage_percent"] == 100.0
    assert {each["passed"] for each in answer["results"]} == {True}


def test_proofs(capsys: pytest.CaptureFixture[str]) -> None:
    proofs = told(capsys, "prove", str(HOSPITAL))["proofs"]

    assert proofs
    assert {each["verdict"] for each in proofs} == {"holds"}
    assert {each["counter_example"] for each in proofs} == {None}


def test_unused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ("unused", str(PAYMENTS), "--audit-dir", str(tmp_path), "--days", "30")
    writer = JournalWriter(tmp_path)
    now = now_milliseconds()
    used = Access(0, "audit-archive", TRANSACTIONS, rules=("grant:payments-read#1",))
    old = Access(1, "payments-api", TRANSACTIONS, "Write", rules=("grant:payments-write#1",))
    writer.record(old.opened(now - 40 * DAY_MILLISECONDS))
    writer.record(used.opened(now - DAY_MILLISECONDS))
    writer.close()

    answer = told(capsys, *words)
    found = {each["rule"]: each for each in answer["unused"]}

    assert found["grant:payments-read"]["partly"]
    assert "grant:payments-read#1" not in found["grant:payments-read"]["parts"]
    assert found["grant:payments-write"]["parts"], "it was used before these thirty days"
    assert all(each["source"] for each in found.values())
    assert answer["entries"] == 1
    assert answer["whole"] is True
