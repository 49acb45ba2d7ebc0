"""The checks that `make check` runs find what they are there to find."""

from pathlib import Path

import pytest

from tools.check_crates import problems as crate_problems
from tools.check_crates import satisfied
from tools.check_fragments import problems as fragment_problems

ALLOWED = frozenset({"MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"})
RULES = {
    "licenses": {"allow": ["MIT"]},
    "bans": {"deny": [{"crate": "openssl", "reason": "one TLS stack"}]},
    "sources": {"allow-registry": ["https://example.org/index"]},
}


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("MIT/Apache-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("ISC AND (GPL-3.0-only OR Apache-2.0)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("MIT WITH LLVM-exception", False),
        ("", False),
    ],
)
def test_a_licence_expression_is_read_as_spdx_means_it(expression: str, verdict: bool) -> None:
    assert satisfied(expression, ALLOWED) is verdict


def test_an_unreadable_licence_expression_is_refused() -> None:
    with pytest.raises(ValueError, match="can't read"):
        satisfied("(MIT", ALLOWED)


def test_a_licence_a_banned_crate_and_a_foreign_source_are_each_a_problem() -> None:
    lock = {"package": [{"name": "odd", "source": "git+https://example.org/odd"}, {"name": "own"}]}

    found = crate_problems(RULES, lock, {"openssl": "MIT", "copyleft": "GPL-3.0-only"})

    assert len(found) == 3
    assert "`copyleft`" in found[0]
    assert "one TLS stack" in found[1]
    assert "`odd`" in found[2]


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("12.feature.md", "One sentence.\n", 0),
        ("+quick.fix.md", "One sentence.\n", 0),
        ("12.new.md", "One sentence.\n", 1),
        ("notes.md", "One sentence.\n", 1),
        ("12.fix.md", "not ended\n", 1),
        ("12.fix.md", "", 1),
    ],
)
def test_a_fragment_that_would_be_lost_or_is_no_sentence_is_a_problem(
    tmp_path: Path, name: str, text: str, count: int
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    found = fragment_problems(tmp_path, frozenset({"feature", "fix"}))

    assert len(found) == count
