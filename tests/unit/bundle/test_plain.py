"""What the compiled module reads of a bundle is what the reader that knows YAML 1.2 whole reads."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamward.app.bundles import document_kinds
from streamward.bundle import libyaml, plain, yaml
from streamward.bundle.load import load
from streamward.bundle.yaml import PlainTree, Tree, parse
from streamward.model.grant import Grant
from tests.support.large_bundles import large_bundle, write_bundle

ROOT = Path(__file__).parents[3]
WORDS = (
    *("a", "orders.eu", "role:x", "stream:a*", "15m", "10.0.0.0/8", "/var/x", "a b", "é", "x#y"),
    *("7", "0", "017", "1e3", "1.5", "0x1f", "1_0", "2027-01-31", "2027-02-31", "12:30", "9" * 19),
    *("true", "True", "null", "~", "yes", "off", ".inf", "-1", "+1", "<<", "=", "*", "&a", "!t"),
    *('"x"', "'y'", '"it\'s"', "'a''b'", '"a\\n"', "'#'", '"', "'", "a: b", "a:", "a #c", "#c"),
    *("[]", "{}", "[a, 'b']", "[ a , 7 ]", "[a, [b]]", "{k: v}", "{k: [a], l: 1}", "{k: 1, k: 2}"),
    *("[a,]", "[a b, -c]", "[a: b]", "{a}", "[a", "[a] b", "[a] #c", "|", ">", "- a", "-", "%x"),
)
LINES = st.tuples(
    st.sampled_from(["", "  ", "  ", "    ", "   "]),
    st.sampled_from(["", "", "- ", "-", "- - ", "-  "]),
    st.sampled_from(["k:", "l:", "m.n:", "k: ", "l: ", '"q": ', "? ", "#", "---", "..."]),
    st.sampled_from(["", *WORDS]),
    st.sampled_from(["", "", " ", " # c", "\t", "\r"]),
).map("".join)
ITEMS = st.tuples(st.sampled_from(["", "  ", "    "]), st.just("- "), st.sampled_from(WORDS)).map(
    "".join
)


def _whole(text: str) -> Tree | None:
    """As it is read without the compiled module, and without libyaml."""

    def refuse(_: str) -> None:
        raise libyaml.NotRead

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(libyaml, "compose", refuse)
        return yaml._parse_one("f", text, 1)


def _hold_alike(text: str) -> None:
    """Where it is plain, both say the same, and begin at the same place."""
    read = plain.read(text, yaml._date)
    if read is None:
        return
    whole = _whole(text)
    assert whole is not None
    assert not whole.mistakes
    assert repr(whole.value) == repr(read[0])
    start = whole.places[()]
    assert (start.line, start.column) == (1 + read[1], 1)


@pytest.mark.filterwarnings("ignore")
@given(st.lists(LINES | ITEMS, max_size=7))
@example(["k:", "- a", "l: 1"])
@example(["k:", "- k: a", "  l:", "  - b", "- k: c"])
@example(["k: a", "  b"])
@example(["k:", "", "  # c", "  l: 1", "m.n:"])
def test_whatever_is_plain_is_read_alike(lines: list[str]) -> None:
    _hold_alike("\n".join(lines))
    _hold_alike("---\nkind: Grant\n" + "\n".join(lines))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("word", WORDS)
def test_each_word_is_read_alike_wherever_it_stands(word: str) -> None:
    for text in ("k: @", "k:\n  - @", "k: [@]", "k: {l: @}", "k:\n  l: @ # c", "k:\n- l: @\n"):
        _hold_alike(text.replace("@", word))


@pytest.mark.filterwarnings("ignore")
@given(st.text(st.characters(codec="utf-8"), max_size=8))
def test_each_character_is_read_alike(text: str) -> None:
    _hold_alike(f"k: a{text}")
    _hold_alike(f"k: '{text}'")
    _hold_alike(f'k: ["{text}"]')


def test_the_bundles_here_are_mostly_plain() -> None:
    texts = [file.read_text() for file in ROOT.glob("examples/**/*.yaml")]
    kinds = [type(tree) for text in texts for tree in parse("f", text)]
    assert kinds.count(PlainTree) > len(kinds) / 2
    for text in texts:
        for _, part in yaml._parts(text):
            _hold_alike(part)


def test_beyond_a_bound_somebody_else_reads() -> None:
    deep = "".join(f"{'  ' * level}k:\n" for level in range(40))
    many = "".join(f"k{number}: a\n" for number in range(300))
    for text in ("k: " + "a" * 70_000, deep, "k: " + "[" * 20 + "]" * 20, "a" * 200 + ": b", many):
        assert plain.read(text, str) is None


def test_a_day_is_one_for_every_reader() -> None:
    assert plain.read("k: 2027-01-31", yaml._date) == ({"k": datetime.date(2027, 1, 31)}, 0)
    assert plain.read("k: 2027-02-31", yaml._date) == ({"k": "2027-02-31"}, 0)


GRANT = "kind: Grant\nid: g{0}\nto: [everyone]\nallow: [read]\non:\n- 'stream:s{0}'\n"


def test_a_place_is_looked_for_only_in_a_document_that_has_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [GRANT.format(number) for number in range(20)]
    documents[7] = documents[7].replace("on:\n-", "# here\nonn:\n-")
    documents[9] = documents[9].replace("read", "reed")
    (tmp_path / "grants.yaml").write_text("---\n".join(documents))
    composed: list[str] = []

    def counted(text: str, compose: Any = yaml._compose) -> Any:
        composed.append(text)
        return compose(text)

    monkeypatch.setattr(yaml, "_compose", counted)
    fast = load(tmp_path, document_kinds())
    assert len(composed) == 2
    monkeypatch.setattr(plain, "read", lambda text, date: None)
    slow = load(tmp_path, document_kinds())
    assert fast.mistakes == slow.mistakes
    assert len(fast.mistakes) == 2
    for one, other in zip(fast.bundle.documents, slow.bundle.documents, strict=True):
        assert (one.name, one.value, one.place()) == (other.name, other.value, other.place())
        assert dict(one.places) == dict(other.places)


def test_of_a_large_bundle_hardly_a_document_is_read_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = large_bundle(30, 60, 40)
    write_bundle(declared, tmp_path / "bundle")
    composed: list[str] = []

    def counted(text: str, compose: Any = yaml._compose) -> Any:
        composed.append(text)
        return compose(text)

    monkeypatch.setattr(yaml, "_compose", counted)
    found = load(tmp_path / "bundle", document_kinds()).bundle
    assert ['requires: {"tls": true}' in text for text in composed] == [True]
    assert {it.name for it in found.documents} == {it.name for it in declared.documents}
    assert set(found.of(Grant)) == set(declared.of(Grant))
