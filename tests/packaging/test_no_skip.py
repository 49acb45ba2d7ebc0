"""The plugin that makes a skip fail where nothing may be skipped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

IN_A_TEST = "import pytest\ndef test_it():\n    pytest.skip('no haproxy')\n"
BY_MARK = "import pytest\n@pytest.mark.skipif(True, reason='no haproxy')\ndef test_it(): pass\n"
WHOLE_MODULE = "import pytest\npytest.skip('no haproxy', allow_module_level=True)\n"
EXPECTED_TO_FAIL = "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n"


def run_pytest(folder: Path, source: str, no_skip: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(source, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.no_skip", "-rs", "--rootdir", str(folder)]
        + ["-c", str(folder / "pytest.ini"), str(folder)],
        cwd=ROOT,
        env={**os.environ, "STREAMWARD_NO_SKIP": no_skip},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("source", [IN_A_TEST, BY_MARK, WHOLE_MODULE])
def test_a_skip_fails_and_says_what_was_missing(tmp_path: Path, source: str) -> None:
    finished = run_pytest(tmp_path, source, no_skip="1")

    assert finished.returncode != 0
    assert "no haproxy" in finished.stdout


@pytest.mark.parametrize("source", [IN_A_TEST, BY_MARK])
def test_a_skip_stays_a_skip_where_it_is_allowed(tmp_path: Path, source: str) -> None:
    finished = run_pytest(tmp_path, source, no_skip="")

    assert finished.returncode == 0
    assert "1 skipped" in finished.stdout


def test_a_test_that_is_expected_to_fail_is_not_a_skip(tmp_path: Path) -> None:
    finished = run_pytest(tmp_path, EXPECTED_TO_FAIL, no_skip="1")

    assert finished.returncode == 0
    assert "1 xfailed" in finished.stdout
