"""Cycles of roles and spellings of subjects, beyond the table of mistakes."""

from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.identity.checks import CHECKS, role_cycles


def told(folder: Path, text: str) -> list[str]:
    (folder / "a.yaml").write_text(text)
    bundle = read_bundle(folder, materials=False).bundle
    return [m.what for check in CHECKS for m in check(bundle)]


def roles(**includes: str) -> str:
    return "---\n".join(
        f"kind: Role\nname: {name}\nincludes: [{included}]\n" for name, included in includes.items()
    )


@pytest.mark.parametrize(
    ("declared", "cycles"),
    [
        ({"a": "", "b": "a", "c": "a, b"}, 0),
        ({"a": "a"}, 1),
        ({"a": "b", "b": "c", "c": "a"}, 1),
        ({"a": "b", "b": "a", "c": "a"}, 1),
        ({"a": "b", "b": "a", "x": "y", "y": "x"}, 2),
        ({"a": "nowhere"}, 0),
    ],
)
def test_each_cycle_is_told_once(tmp_path: Path, declared: dict[str, str], cycles: int) -> None:
    (tmp_path / "a.yaml").write_text(roles(**declared))

    found = list(role_cycles(read_bundle(tmp_path, materials=False).bundle))

    assert len(found) == cycles


def test_a_cycle_is_spelled_out(tmp_path: Path) -> None:
    assert told(tmp_path, roles(a="b", b="c", c="a")) == [
        "role `a` includes itself: `a` → `b` → `c` → `a`"
    ]


def test_a_long_chain_of_roles_is_no_problem(tmp_path: Path) -> None:
    chain = {f"r{n}": f"r{n + 1}" for n in range(1500)} | {"r1500": ""}

    assert told(tmp_path, roles(**chain)) == []


def test_the_same_verifier_for_two_principals(tmp_path: Path) -> None:
    principal = (
        "kind: Principal\nname: {0}\ntype: user\ntenant: t\n"
        "credentials: [{{id: {0}-p, type: password, verifier: 'file:v'}}]\n"
    )

    whats = told(tmp_path, principal.format("a") + "---\n" + principal.format("b"))

    assert whats == ["the verifier of credential `b-p` is also that of `a`"]
