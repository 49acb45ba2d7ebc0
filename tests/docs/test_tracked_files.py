"""What is in the repository makes sense on any machine, and says nothing about one."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Written in pieces, so that this file does not contain what it looks for.
MACHINE_PATHS = [rf"(?<![\w.}}])/{folder}/" for folder in ("work", "root", r"home/(?!USER\b)\w+")]
REGISTRY_HOSTS = [
    re.escape(".".join(parts))
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("static", "crates", "io"),
        ("index", "crates", "io"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
    )
]
FORBIDDEN = re.compile("|".join(MACHINE_PATHS + REGISTRY_HOSTS))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if listed.returncode != 0:
        pytest.skip("git: this tree is not a git repository")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_tracked_file_names_a_machine_s_path_or_a_package_registry() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")

    assert found == []


@pytest.mark.parametrize("line", ["see /wor" + "k/main/x", "from https://py" + "pi.org/simple"])
def test_what_is_looked_for_would_be_found(line: str) -> None:
    assert FORBIDDEN.search(line)


def test_no_tracked_file_is_built_or_larger_than_a_megabyte() -> None:
    names = (".so", ".pyc", ".jar", ".whl")

    found = [p.name for p in tracked() if p.suffix in names or p.stat().st_size > 1_000_000]

    assert found == []
