"""Every mistake of the catalogue is found, and the message names the line to change."""

import datetime
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from streamward import clock
from streamward.app import bundle_checks, document_kinds, file_kinds, read_bundle
from streamward.bundle.load import Loaded, load_texts
from streamward.bundle.yaml import Tree, parse
from streamward.policy import WARNINGS, diff
from streamward.policy.cases import failed_cases
from streamward.policy.proof.gate import broken_invariants
from streamward.policy.questions import access_matrix
from streamward.policy.validate import rules_compile
from tests.mistakes.catalogue import CHECKED, DIFFED, PROVED, TESTED, Mistake

load_module = sys.modules[load_texts.__module__]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOW = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    with clock.as_of(int(NOW.timestamp() * 1000)):
        yield


@cache
def texts_of(example: str) -> dict[str, str]:
    return dict(read_bundle(EXAMPLES / example, materials=False).texts)


@cache
def parsed(file: str, text: str) -> tuple[Tree, ...]:
    """The files without the mistake are read once."""
    return tuple(parse(file, text))


@pytest.fixture(autouse=True)
def _parse_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "parse", parsed)


def spoiled(mistake: Mistake) -> Loaded:
    """The example with the mistake in it; nothing is written.

    Rules are compiled, which takes longest, only where nothing else finds it.
    """
    texts = dict(texts_of(mistake.example))
    text = texts[mistake.file]
    assert text.count(mistake.old) >= 1, f"`{mistake.old}` is not in {mistake.file}"
    new = text.replace(mistake.old, mistake.new, 1) if mistake.old else text + mistake.new
    texts[mistake.file] = new
    quick = [check for check in bundle_checks() if check is not rules_compile]
    for checks in (quick, bundle_checks()):
        root = EXAMPLES / mistake.example
        loaded = load_texts(root, texts, document_kinds(), file_kinds(), checks)
        if any(mistake.what in it.what for it in loaded.mistakes):
            break
    return loaded


def line_of(loaded: Loaded, mistake: Mistake) -> tuple[str, int]:
    """The file and line that must be named: where the first line of `at` stands, or stood where it
    was taken away.
    """
    file = mistake.told_in or mistake.file
    text = loaded.texts[file]
    if mistake.at not in text:
        text = texts_of(mistake.example)[file]
    assert text.count(mistake.at) == 1, f"`{mistake.at}` stands {text.count(mistake.at)} times"
    return file, text.count("\n", 0, text.index(mistake.at)) + 1


@pytest.mark.parametrize("example", ["payments", "hospital"])
def test_the_examples_have_no_mistakes(example: str) -> None:
    assert read_bundle(EXAMPLES / example, materials=False).mistakes == ()


@pytest.mark.parametrize("mistake", CHECKED, ids=lambda it: it.id)
def test_check_finds_it_and_names_the_line(mistake: Mistake) -> None:
    loaded = spoiled(mistake)

    told = [it for it in loaded.mistakes if mistake.what in it.what]
    assert told, [str(it) for it in loaded.mistakes]
    places = {(it.place.file, it.place.line) for it in told}
    assert line_of(loaded, mistake) in places, [str(it) for it in told]
    assert told[0].suggestion or "write" in told[0].what, "it doesn't say what to do"
    # Who only asks leaves these out, and must not miss an error.
    found = [it for check in WARNINGS for it in check(loaded.bundle)]
    assert [it for it in found if it.is_error] == []


def only(invariant: str, text: str) -> str:
    """The documents of this invariant: a proof of the others would only take time."""
    parts = text.split("---\n")
    return "---\n".join(part for part in parts if f"id: {invariant}\n" in part)


@pytest.mark.parametrize("mistake", PROVED, ids=lambda it: it.id)
def test_a_proof_finds_it_and_names_the_rule(mistake: Mistake) -> None:
    loaded = spoiled(mistake)
    assert not loaded.errors, "a check finds it already"
    texts = dict(loaded.texts)
    texts["invariants.yaml"] = only(mistake.invariant, texts["invariants.yaml"])
    bundle = load_texts(EXAMPLES / mistake.example, texts, document_kinds(), file_kinds()).bundle

    (told,) = broken_invariants(bundle, None)

    assert mistake.what in told.what
    assert f"invariant `{mistake.invariant}` fails" in told.what
    assert (told.place.file, told.place.line) == line_of(loaded, mistake)


@pytest.mark.parametrize("mistake", DIFFED, ids=lambda it: it.id)
def test_a_difference_finds_it_and_names_the_rule(mistake: Mistake) -> None:
    loaded = spoiled(mistake)
    assert not loaded.mistakes, "a check finds it already"
    before = read_bundle(EXAMPLES / mistake.example, materials=False).valid()

    gained = {
        f"{change.principal} {change.action.word} {change.on.text}": change.new
        for change in diff(before, loaded.bundle).changes
        if change.gains and change.new is not None
    }

    assert mistake.what in gained, sorted(gained)
    sources = {rule.source for rule in gained[mistake.what].permits}
    file, line = line_of(loaded, mistake)
    assert f"{file}:{line}" in sources


@pytest.mark.parametrize("mistake", TESTED, ids=lambda it: it.id)
def test_a_case_finds_it_and_names_the_rule(mistake: Mistake) -> None:
    loaded = spoiled(mistake)
    assert not loaded.mistakes, "a check finds it already"
    before = read_bundle(EXAMPLES / mistake.example, materials=False).valid()

    told = [it for it in failed_cases(loaded.bundle, before) if mistake.what in it.what]

    assert [(it.place.file, it.place.line) for it in told] == [line_of(loaded, mistake)]


def test_the_hospital_decides_its_cases() -> None:
    bundle = read_bundle(EXAMPLES / "hospital", materials=False).valid()
    assert list(failed_cases(bundle, None)) == []
    reviewed = (EXAMPLES / "hospital" / "access-matrix.txt").read_text(encoding="utf-8")
    assert access_matrix(bundle) == reviewed, "see `streamward policy matrix --help`"
    assert list(broken_invariants(bundle, None)) == []


def test_there_are_enough_of_them_and_each_is_another_one() -> None:
    everyone = [*CHECKED, *PROVED, *DIFFED, *TESTED]
    assert len({it.id for it in everyone}) == len(everyone) >= 30
