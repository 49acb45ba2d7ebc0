"""What libyaml reads is what the reader that knows YAML 1.2 whole reads; all else is left to it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward.bundle import libyaml, plain
from streamward.bundle.yaml import PlainTree, Tree, parse

ROOT = Path(__file__).parents[3]
PARTS = (
    *("a", "b: ", "- ", "\n", "  ", '"x"', "'y'", "[", "]", "{", "}", ", ", ": ", ":", " #c", "|"),
    *(">", "\n  ", "&a ", "*a", "!t ", "? ", "1", "0o7", "true", "yes", "1:30", "~", "=", "<<"),
    *("-", "...", "\t", "%", "@", "é", "2026-01-01", "1e3", ".inf", "\r\n", "|-\n", ">+\n", "\\"),
)


def _slowly(text: str, patch: pytest.MonkeyPatch) -> list[Tree | PlainTree]:
    def refuse(_: str) -> None:
        raise libyaml.NotRead

    with patch.context() as patched:
        patched.setattr(libyaml, "compose", refuse)
        patched.setattr(plain, "read", lambda text, date: None)
        return list(parse("f", text))


def _told(trees: list[Tree | PlainTree]) -> list[Any]:
    """Values and places; of nothing, both say another column."""
    return [
        (
            each.value,
            {path: place for path, place in each.places.items() if _at(each.value, path)},
            {path: place for path, place in each.keys.items() if path[-1]},
        )
        for each in trees
    ]


def _at(value: Any, path: tuple[str | int, ...]) -> bool:
    for step in path:
        value = value[step]
    return value is not None


def test_every_bundle_here_is_read_alike() -> None:
    files = [*ROOT.glob("examples/**/*.yaml"), *ROOT.glob("tests/**/*.yaml")]
    assert len(files) > 20
    with pytest.MonkeyPatch.context() as patch:
        for file in files:
            text = file.read_text()
            assert _told(list(parse("f", text))) == _told(_slowly(text, patch)), file


@pytest.mark.filterwarnings("ignore")
@given(st.lists(st.sampled_from(PARTS), max_size=14))
def test_whatever_both_read_is_the_same(parts: list[str]) -> None:
    text = "k: v\nb: " + "".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        slowly = _slowly(text, patch)
    if any(each.mistakes or not isinstance(each.value, dict) for each in slowly):
        return  # libyaml takes a few things more
    assert repr(_told(list(parse("f", text)))) == repr(_told(slowly))


@pytest.mark.parametrize(
    "text",
    ["%YAML 1.1\n---\na: yes", "a: " + "[" * 5_000, "a:\n" + "- " * 5_000, "a: \x85b", "a: [1"],
)
def test_what_is_not_plain_is_left_to_the_other(text: str) -> None:
    with pytest.raises(libyaml.NotRead):
        libyaml.compose(text)
    assert list(parse("f", text))


def test_words_are_what_yaml_1_2_has_them_to_be() -> None:
    (tree,) = parse("f", "a: yes\nb: 1:30\nc: true\nd: 017\ne: on\nf: ~\n")
    assert tree.value == {"a": "yes", "b": "1:30", "c": True, "d": 17, "e": "on", "f": None}
