"""A name can't become policy, whatever stands in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward.model.action import Action
from streamward.model.grant import Grant
from streamward.policy.cedar_file import read_cedar
from streamward.policy.cedar_text import entity, pattern, quoted
from streamward.policy.compile import _grant_text
from streamward.policy.target import Target

HOSTILE = [
    'a"); permit (principal, action, resource);//',
    'a" || true || "',
    "a\npermit (principal, action, resource);",
    "a\\",
    'a\\"',
    "a\\*b",
    "a*b",
    "\u202e\u2028\x00\x1b[0m",
    "};",
    "//",
    "\U0001f511",
]


def unquoted(text: str) -> str:
    """What a Cedar reader makes of a string: the escapes of the Cedar grammar, and nothing else."""
    assert text.startswith('"')
    assert text.endswith('"')
    inner = text[1:-1]
    assert re.fullmatch(r'(?:[^"\\\n\r]|\\[nrt0"\\*]|\\u\{[0-9a-f]{1,6}\})*', inner)

    def plain(match: re.Match[str]) -> str:
        escape = match[1]
        if escape.startswith("u"):
            return chr(int(escape[2:-1], 16))
        return {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}.get(escape, escape)

    return re.sub(r"\\(u\{[0-9a-f]+\}|.)", plain, inner)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(name: str) -> None:
    assert unquoted(quoted(name)) == name
    assert entity("Group", name) == f"Streamward::Group::{quoted(name)}"


@given(st.text())
def test_every_name_stays_a_name(name: str) -> None:
    assert unquoted(quoted(name)) == name


@given(st.text())
def test_only_the_last_star_of_a_pattern_is_one(prefix: str) -> None:
    text = pattern(prefix)

    assert text.endswith('*"')
    assert re.search(r"(?<!\\)(?:\\\\)*\*", text[1:-2]) is None
    assert unquoted(text) == prefix + "*"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("word", ["group", "transaction", "class", "stream"])
@pytest.mark.parametrize("star", ["", "*"])
def test_a_grant_with_a_hostile_name_is_one_policy(name: str, word: str, star: str) -> None:
    grant = Grant.model_construct(
        id="x", to=(f"role:{name}",), allow=("read",), deny=None, on=(), expires=None
    )
    target = Target(word, name + star)

    actions = target.covered((Action.READ, Action.WRITE), with_implied=True)
    text = _grant_text(grant, f"role:{name}", target, actions, {})
    policies, mistakes = read_cedar("x.cedar", text)

    assert len(policies) == 1
    assert list(mistakes) == []
    assert text.startswith("permit (\n  principal in Streamward::Role::")


@pytest.mark.parametrize(
    ("annotations", "name"),
    [
        ('@id("permit-audit")', "permit-audit"),
        ('@note("what forbid and permit mean") @id("b")', "b"),
        ('@note("x") // forbid by @id("old")\n@id("c")', "c"),
        ('@note("says \\"permit\\"")', "policy0"),
    ],
)
def test_an_id_and_its_words_are_told_from_the_policy(annotations: str, name: str) -> None:
    policies, mistakes = read_cedar(
        "a.cedar", f"{annotations}\npermit (principal, action, resource);"
    )

    assert [it.id for it in policies] == [name]
    assert not list(mistakes)
