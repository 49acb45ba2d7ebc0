"""The reference of the bundle says what the models say."""

import os
from pathlib import Path

import pytest

from streamward.app import document_kinds
from streamward.bundle.fields import field_names
from streamward.bundle.reference import reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "bundle.md"
BEGIN, END = "<!-- generated: begin -->\n", "<!-- generated: end -->\n"


def test_the_page_has_the_reference_of_every_kind(request: pytest.FixtureRequest) -> None:
    before, rest = PAGE.read_text().split(BEGIN)
    shown, after = rest.split(END)
    expected = reference(document_kinds())

    update = request.config.getoption("--golden-update", default=False)
    if update or os.environ.get("STREAMWARD_GOLDEN", "") == "1":
        PAGE.write_text(before + BEGIN + expected + END + after)
        shown = expected

    assert shown == expected, "docs/reference/bundle.md: run `make golden` and review it"


def test_every_field_of_every_kind_is_on_the_page() -> None:
    text = PAGE.read_text()

    for kind in document_kinds():
        assert f"### {kind.name}\n" in text
        assert all(f"| `{name}` |" in text for name in field_names(kind.model))
