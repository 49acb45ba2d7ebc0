"""What `policy explain` says of an example's streams, as people and programs read it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.test_main import run

pytest.importorskip("streamward._core")

PAYMENTS = Path(__file__).resolve().parents[2] / "examples" / "payments"
NOON = ("--context", "minute=720", "--context", "hour=12", "--context", "weekday=1")
ASKED = (
    ("fraud-investigator", "consume", "payments.transactions", *NOON),
    ("payments-api", "produce", "payments.transactions", *NOON),
    ("fraud-scoring", "consume", "group:fraud.live", *NOON),
)


def test_explanations_are_the_golden_ones(
    golden: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    parts = ["# Rewritten by `make golden`.\n"]
    for principal, action, on, *context in ASKED:
        words = ("explain", str(PAYMENTS), "--as", principal, "--do", action, "--on", on, *context)
        capsys.readouterr()
        assert run("policy", *words) == 0
        told = capsys.readouterr().out.splitlines()
        assert told[-1].startswith("policy sha256:")
        assert run("policy", *words, "--json") == 0
        document = json.loads(capsys.readouterr().out)
        records = json.dumps(document["records"], indent=2)
        asked = " ".join(words[2:8])
        parts.append("\n".join((f"## {asked}\n", *told[:-1], "\n### records in JSON\n", records)))

    golden("explanations.txt", "\n".join(parts) + "\n")
