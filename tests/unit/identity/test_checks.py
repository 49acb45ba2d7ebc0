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


LISTENER = """\
kind: Bundle
name: b
environment: {environment}
owner: o
---
kind: Cluster
name: main
bootstrap: ["a:1"]
identity: {identity}
---
kind: Listener
name: clients
cluster: main
advertise: localhost
ports: {{bootstrap: 19092, nodes: {{first_id: 0, count: 1, first_port: 19093}}}}
tls: {{certificate: file:c, key: file:k, client_certificate: none}}
sasl: [OAUTHBEARER]
"""
ISSUER = "---\nkind: TokenIssuer\nname: login\nissuer: {url}\naudiences: [kafka]\n"


@pytest.mark.parametrize(
    ("environment", "identity", "url", "what"),
    [
        ("production", "gateway", "https://login.example.com", None),
        ("development", "gateway", "http://127.0.0.1:8080", None),
        ("development", "gateway", "http://localhost:8080/realm", None),
        ("development", "gateway", "http://[::1]:8080", None),
        ("development", "gateway", "http://login.example.com", "is not over TLS"),
        ("development", "gateway", "http://127.0.0.1.example.com", "is not over TLS"),
        ("staging", "gateway", "http://127.0.0.1:8080", "is not over TLS"),
        ("production", "gateway", "", "no token issuer is declared"),
        ("production", "client", "https://login.example.com", "tokens aren't passed on"),
    ],
)
def test_tokens_are_taken_of_issuers_over_tls(
    tmp_path: Path, environment: str, identity: str, url: str, what: str | None
) -> None:
    text = LISTENER.format(environment=environment, identity=identity)

    whats = told(tmp_path, text + (ISSUER.format(url=url) if url else ""))

    if what is None:
        assert whats == []
    else:
        assert any(what in each for each in whats), whats
