"""Compare with a reviewed file in tests/golden; `make golden` rewrites it instead.

assert_golden("authorization.txt", text)
"""

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "golden"
ENVIRONMENT_VARIABLE = "STREAMWARD_GOLDEN"


def assert_golden(name: str, text: str, folder: Path = FOLDER) -> None:
    """Fail where `text` is not what the file holds, or where there is no such file."""
    path = folder / name
    if os.environ.get(ENVIRONMENT_VARIABLE) == "rewrite":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.is_file(), f"no golden file `{path.name}`: run `make golden` and review it"
    expected = path.read_text(encoding="utf-8")
    assert text == expected, f"differs from `{path.name}`: run `make golden` and review the change"
