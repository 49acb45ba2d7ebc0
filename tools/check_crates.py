"""Hold the Rust dependencies to the licences, bans and sources of deny.toml, without a download.

`cargo deny` does this too and looks up advisories, but takes minutes to install; this is quick.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def satisfied(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression can be met with allowed licences only.

    `A/B` is the old way to write `A OR B`. `WITH` binds a licence to its exception.
    """
    text = expression.replace("/", " OR ")
    tokens = re.findall(r"\(|\)|[^\s()]+(?: WITH [^\s()]+)?", text)
    verdict, rest = _alternatives(tokens, allowed)
    if rest:
        raise ValueError(f"can't read the licence expression `{expression}`")
    return verdict


def _alternatives(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    verdict, tokens = _conjunction(tokens, allowed)
    while tokens and tokens[0] == "OR":
        other, tokens = _conjunction(tokens[1:], allowed)
        verdict = verdict or other
    return verdict, tokens


def _conjunction(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    verdict, tokens = _atom(tokens, allowed)
    while tokens and tokens[0] == "AND":
        other, tokens = _atom(tokens[1:], allowed)
        verdict = verdict and other
    return verdict, tokens


def _atom(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    if not tokens:
        return False, tokens
    if tokens[0] != "(":
        return tokens[0] in allowed, tokens[1:]
    verdict, rest = _alternatives(tokens[1:], allowed)
    if rest[:1] != [")"]:
        return False, ["unbalanced"]
    return verdict, rest[1:]


def linked_crates() -> dict[str, str]:
    """Every crate that is compiled on any target, with its licence expression."""
    scope = ["--workspace", "--locked", "--target", "all", "--edges", "all"]
    output = subprocess.run(
        ["cargo", "tree", *scope, "--prefix", "none", "--format", "{p}|{l}"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    pairs = (line.removesuffix(" (*)").split("|", 1) for line in output.splitlines() if "|" in line)
    return {package.split(" ")[0]: licence for package, licence in pairs}


def problems(rules: dict[str, Any], lock: dict[str, Any], crates: dict[str, str]) -> list[str]:
    """Everything that deny.toml does not allow, one line each."""
    allowed = frozenset(rules["licenses"]["allow"])
    banned = {entry["crate"]: entry["reason"] for entry in rules["bans"]["deny"]}
    registries = {f"registry+{address}" for address in rules["sources"]["allow-registry"]}
    found = [
        f"`{name}` is licensed `{licence}`, which deny.toml does not allow"
        for name, licence in sorted(crates.items())
        if not satisfied(licence, allowed)
    ]
    found += [
        f"`{name}` is banned: {banned[name]}" for name in sorted(crates.keys() & banned.keys())
    ]
    found += [
        f"`{package['name']}` comes from `{package['source']}`, which deny.toml does not allow"
        for package in lock["package"]
        if package.get("source") is not None and package["source"] not in registries
    ]
    return found


def main() -> int:
    """Print every problem; 1 if there is one."""
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    crates = linked_crates()
    found = problems(rules, lock, crates)
    for problem in found:
        print(f"error: {problem}", file=sys.stderr)
    if not found:
        print(f"{len(crates)} crates: licences, bans and sources as deny.toml has them")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
