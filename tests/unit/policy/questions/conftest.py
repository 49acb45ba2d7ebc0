"""A copy of the payments example that a test may change."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from streamward.app import valid_bundle
from streamward.model.document import Bundle

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "payments"

Changed = Callable[..., Bundle]


@pytest.fixture(scope="session")
def payments() -> Bundle:
    pytest.importorskip("streamward._core")
    return valid_bundle(EXAMPLE, materials=False)


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """The example with texts replaced: `changed(("grants.yaml", old, new), …)`."""

    def change(*replacements: tuple[str, str, str]) -> Bundle:
        folder = tmp_path / f"bundle{len(list(tmp_path.iterdir()))}"
        shutil.copytree(EXAMPLE, folder)
        for name, old, new in replacements:
            text = (folder / name).read_text()
            assert old in text or old == ""
            (folder / name).write_text(text.replace(old, new, 1) if old else text + new)
        return valid_bundle(folder, materials=False)

    return change
