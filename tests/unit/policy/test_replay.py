"""What the log holds is decided again: who gains, who loses, and what can't be told."""

import shutil
from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.model.action import Action, ResourceType
from streamward.model.document import Bundle
from streamward.model.resource import Resource
from streamward.policy import compile_policy
from streamward.policy.days import utc_today
from streamward.policy.evaluator import policy_schema
from streamward.policy.replay import Outcome, Recorded, Replay

PAYMENTS = Path(__file__).resolve().parents[3] / "examples" / "payments"
TOTALS = "payments.daily-totals"
NOON = 1_796_126_400_000  # a Tuesday


def bundle(folder: Path, old: str = "", new: str = "") -> Bundle:
    shutil.copytree(PAYMENTS, folder)
    grants = folder / "grants.yaml"
    text = grants.read_text()
    assert old in text
    grants.write_text(text.replace(old, new, 1))
    return read_bundle(folder, materials=False).valid()


def recorded(
    principal: str, *, allowed: bool, source: str | None = "10.40.0.7", version: str = ""
) -> Recorded:
    return Recorded(
        entry=7,
        time=NOON,
        principal=principal,
        action=Action.READ,
        resource=Resource(ResourceType.STREAM, TOTALS),
        source=source,
        mechanism="certificate",
        allowed=allowed,
        policy_version=version,
    )


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Bundle, str]:
    """Analytics loses the totals, the fraud engine gains them; and the version in force."""
    folder = tmp_path_factory.mktemp("replay")
    old = bundle(folder / "old")
    new = bundle(
        folder / "new",
        "to: [role:analyst]\nallow: [read]",
        "to: [role:fraud-engine]\nallow: [read]",
    )
    return old, new, compile_policy(old, policy_schema(), utc_today()).version


@pytest.mark.parametrize(
    ("access", "outcome"),
    [
        (recorded("analytics-batch", allowed=True), Outcome.DENIED_NOW),
        (recorded("fraud-scoring", allowed=False), Outcome.ALLOWED_NOW),
        (recorded("audit-archive", allowed=False), Outcome.SAME),
        (recorded("gone", allowed=True), Outcome.UNKNOWN_PRINCIPAL),
        (recorded("gone", allowed=False), Outcome.SAME),
        (recorded("analytics-batch", allowed=True, source=None), Outcome.UNCLEAR),
        (recorded("analytics-batch", allowed=True, source="[erased]"), Outcome.UNCLEAR),
    ],
)  # fmt: skip
def test_what_another_policy_decides_of_what_happened(
    policies: tuple[Bundle, Bundle, str], access: Recorded, outcome: Outcome
) -> None:
    old, new, _ = policies
    (told,) = Replay(new, old).of([access])
    assert told.outcome is outcome
    assert told.document()["outcome"] == outcome.value


def test_what_was_recorded_must_explain_what_was_decided(
    policies: tuple[Bundle, Bundle, str],
) -> None:
    old, new, version = policies
    # The policy in force allows this: something that no entry says made it a denial.
    odd = recorded("audit-archive", allowed=True, version=version)
    (told,) = Replay(new, old).of([odd])
    assert told.outcome is Outcome.UNCLEAR


def test_the_same_policy_decides_everything_as_it_was(policies: tuple[Bundle, Bundle, str]) -> None:
    old, _, version = policies
    accesses = [
        recorded("analytics-batch", allowed=True, version=version),
        recorded("fraud-scoring", allowed=False, version=version),
    ]
    assert {one.outcome for one in Replay(old, old).of(accesses)} == {Outcome.SAME}
