"""What is installed is what was locked: every package with its hashes, from no named host."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK_FILES = ("runtime", "dev")


def entries(lock_file: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock_file}.txt").read_text(encoding="utf-8")
    joined = text.replace("\\\n", " ")
    return {line.split("==")[0]: line for line in joined.splitlines() if line.strip()}


def declared(lock_file: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"]
    if lock_file == "dev":
        wanted = [*wanted, *project["dependency-groups"]["dev"]]
    names = (re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in wanted)
    return {name.lower().replace(".", "-").replace("_", "-") for name in names}


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_every_declared_dependency_is_locked(lock_file: str) -> None:
    assert declared(lock_file) - entries(lock_file).keys() == set()


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_every_locked_package_has_one_version_and_a_hash(lock_file: str) -> None:
    entry = re.compile(r"[a-z0-9-]+==[^\s;]+( ; [^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")

    wrong = [name for name, line in entries(lock_file).items() if not entry.fullmatch(line)]

    assert wrong == []


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_a_lock_file_names_no_host_and_no_option_of_the_installer(lock_file: str) -> None:
    text = (ROOT / "requirements" / f"{lock_file}.txt").read_text(encoding="utf-8")

    assert "://" not in text
    assert re.findall(r"^-.*", text, re.MULTILINE) == []


def test_what_users_get_is_what_is_tested() -> None:
    runtime, development = entries("runtime"), entries("dev")

    different = [name for name, line in runtime.items() if development.get(name) != line]

    assert different == []
