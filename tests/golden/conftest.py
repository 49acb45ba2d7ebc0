"""Golden files: compared as they are, rewritten by `make golden` or with STREAMWARD_GOLDEN=1."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden-update", action="store_true", help="rewrite the golden files")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name."""
    update = request.config.getoption("--golden-update", default=False)
    update = update or os.environ.get("STREAMWARD_GOLDEN", "") == "1"

    def compare(name: str, text: str) -> None:
        path = FOLDER / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{name} is missing: run `make golden` and review it"
        assert path.read_text(encoding="utf-8") == text, f"{name}: run `make golden` and review it"

    return compare
