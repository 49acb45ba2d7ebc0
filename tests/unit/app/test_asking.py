"""What is kept between questions changes how long they take, and nothing else."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamward import clock
from streamward.app import asked_bundle, asking, bundle_checks, kept, read_bundle, valid_bundle
from streamward.app.bundles import error_checks
from streamward.app.sights import records_of, sees
from streamward.errors import BundleInvalid, NotFound
from streamward.model.action import Action
from streamward.model.document import Bundle
from streamward.model.network import Network
from streamward.policy import explain, parse_resource
from streamward.policy.questions import access_matrix, effective_roles, unused, what_can, who_can

pytest.importorskip("streamward._core")
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
DAY = 24 * 3600 * 1000
NOON = 1_796_126_400_000
"""The first of December 2026, at noon."""


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("STREAMWARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(asking, "DOCUMENTS_MIN", 1)
    with clock.as_of(NOON):
        yield


@pytest.fixture
def entries(tmp_path: Path) -> Callable[[], list[Path]]:
    return lambda: sorted((tmp_path / "cache" / "questions").glob("*"))


BUNDLE = """
kind: Bundle
name: small
environment: development
owner: nobody
---
kind: Tenant
name: shop
---
kind: Principal
name: alice
type: user
tenant: shop
credentials:
  - {id: alice-cert, type: certificate, subject: CN=alice}
---
kind: Stream
name: orders
---
kind: Grant
id: alice-reads
to: ["principal:alice"]
allow: [read]
on: ["stream:orders"]
expires: 2027-01-31
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "all.yaml").write_text(BUNDLE)
    return folder


def rights(bundle: Bundle) -> object:
    return who_can(bundle, [Action.READ], parse_resource(bundle, "orders")).document()


def is_restored(bundle: Bundle) -> bool:
    return type(bundle) is not Bundle


def answers(bundle: Bundle) -> list[object]:
    """One of each question, with everything that it tells."""
    stream = parse_resource(bundle, "payments.transactions")
    context = {"now": NOON, "source": "10.20.0.7"}
    explained = explain(bundle, "fraud-investigator", Action.READ, stream, context)
    reads = who_can(bundle, [Action.READ], None, "cardholder")
    return [
        reads.document(),
        who_can(bundle, [Action.WRITE], parse_resource(bundle, "payments.*")).document(),
        what_can(bundle, "fraud-investigator").document(),
        [role.document() for role in effective_roles(bundle)],
        [rule.document() for rule in unused(bundle, {})],
        access_matrix(bundle),
        explained.document(),
        records_of(bundle, explained.decision),
        [sees(bundle, right) for right in reads.rights],
    ]


def test_every_answer_is_the_same_read_restored_and_checked() -> None:
    folder = EXAMPLES / "payments"
    checked = valid_bundle(folder, materials=False)
    first, second = asked_bundle(folder), asked_bundle(folder)

    assert [is_restored(it) for it in (checked, first, second)] == [False, False, True]
    assert answers(checked) == answers(first) == answers(second)


@pytest.mark.parametrize("text", ["\nkind: Grant\nid: twice\n", "a:\n\tb: 1\n", "kind: Nothing\n"])
def test_errors_are_told_as_by_check_each_time(
    folder: Path, entries: Callable[[], list[Path]], text: str
) -> None:
    (folder / "more.yaml").write_text(text)
    told = read_bundle(folder, materials=False).errors

    for _ in range(2):
        with pytest.raises(BundleInvalid) as refused:
            asked_bundle(folder)
        assert refused.value.mistakes == told
    assert entries() == []


def test_a_rule_that_does_not_compile_is_told_as_by_check(folder: Path) -> None:
    (folder / "wrong.cedar").write_text('@id("wrong")\npermit (principal, action, nonsense);\n')
    told = read_bundle(folder, materials=False).errors
    assert told

    with pytest.raises(BundleInvalid) as refused:
        asked_bundle(folder)
    assert refused.value.mistakes == told


def test_no_folder_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        asked_bundle(tmp_path / "nowhere")


def test_whatever_changes_is_read_anew(folder: Path) -> None:
    asked_bundle(folder)
    assert is_restored(asked_bundle(folder))

    file = folder / "all.yaml"
    facts = file.stat()
    file.write_text(BUNDLE.replace("principal:alice", "principal:alicE"))
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    with pytest.raises(BundleInvalid):
        asked_bundle(folder)
    file.write_text(BUNDLE)
    assert is_restored(asked_bundle(folder))

    with clock.as_of(NOON + DAY):
        assert not is_restored(asked_bundle(folder)), "a grant may have ended"
    moved = Path(shutil.copytree(folder, folder.with_name("elsewhere")))
    assert not is_restored(asked_bundle(moved))


def test_names_and_texts_do_not_run_into_each_other() -> None:
    one = kept.name_of({"a": "bc", "d": "e"}, ())
    assert len({one, kept.name_of({"ab": "c", "d": "e"}, ()), kept.name_of({"a": "bcde"}, ())}) == 3


def test_without_the_cache_nothing_is_read_or_kept(
    folder: Path, entries: Callable[[], list[Path]]
) -> None:
    assert not is_restored(asked_bundle(folder, cache=False))
    assert entries() == []
    asked_bundle(folder)
    assert not is_restored(asked_bundle(folder, cache=False))


def test_a_small_bundle_is_not_kept(
    folder: Path, entries: Callable[[], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "DOCUMENTS_MIN", 500)
    asked_bundle(folder)
    assert entries() == []


def _cut(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[:-1])


def _flip(entry: Path) -> None:
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 1
    entry.write_bytes(data)


def _another_form(entry: Path) -> None:
    import hashlib

    content = b'["neither", "ours"]'
    entry.write_bytes(hashlib.sha256(content).digest() + content)


def _link(entry: Path) -> None:
    entry.rename(entry.parent.parent / "other")
    entry.symlink_to(entry.parent.parent / "other")


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        _flip,
        _another_form,
        _link,
        lambda entry: entry.write_bytes(b""),
        lambda entry: entry.chmod(0o640),
        lambda entry: entry.parent.chmod(0o755),
        lambda entry: (entry.unlink(), entry.mkdir()),
    ],
)
def test_an_entry_that_is_damaged_or_not_ours_alone_is_ignored(
    folder: Path, entries: Callable[[], list[Path]], spoil: Callable[[Path], None]
) -> None:
    asked_bundle(folder)
    (entry,) = entries()
    assert (entry.stat().st_mode & 0o777, entry.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    spoil(entry)

    assert not is_restored(asked_bundle(folder))


def test_somebody_elses_entry_is_ignored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_bundle(folder)
    someone = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: someone)
    assert not is_restored(asked_bundle(folder))


def test_a_cache_that_cannot_be_written_keeps_nobody_from_an_answer(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("not a folder")
    assert rights(asked_bundle(folder)) == rights(valid_bundle(folder, materials=False))


def test_a_user_without_a_home_gets_an_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError("could not determine home directory")

    monkeypatch.delenv("STREAMWARD_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert rights(asked_bundle(folder)) == rights(valid_bundle(folder, materials=False))


def test_a_folder_whose_name_is_no_text_gets_an_answer(tmp_path: Path, folder: Path) -> None:
    """Names of files are bytes: `caf\xe9` in Latin-1 is no UTF-8."""
    odd = Path(shutil.copytree(folder, tmp_path / os.fsdecode(b"caf\xe9")))
    assert rights(asked_bundle(odd)) == rights(valid_bundle(folder, materials=False))
    assert is_restored(asked_bundle(odd))
    # Each name has an entry of its own.
    assert kept.name_of({}, ("\udcc3\udca9",)) != kept.name_of({}, ("\u00e9",))


def test_those_used_last_stay(
    entries: Callable[[], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "ENTRIES_MAX", 2)
    a, b, c, d, e, f = ("0123456789abcdef" * 3 + it * 16 for it in "abcdef")
    for number, name in enumerate((a, b, c)):
        kept.write_entry(name, b"content")
        os.utime(entries()[0].with_name(name), (number, number))
    assert [it.name for it in entries()] == [b, c]
    assert kept.read_entry(b) == b"content"
    # What isn't ours is neither counted nor deleted.
    others = [entries()[0].with_name(name) for name in ("notes.txt", ".hidden", b[:63], b + "0")]
    for other in others:
        other.write_bytes(b"not ours")
        os.utime(other, (0, 0))
    left = entries()[0].with_name(f".{a}.{'0' * 16}")
    left.write_bytes(b"of a writer that was killed")
    os.utime(left, (0, 0))
    kept.write_entry(d, b"content")
    assert [it.name for it in entries() if it not in others] == [b, d]
    assert all(it.exists() for it in others)
    for other in others:
        other.unlink()

    monkeypatch.setattr(kept, "BYTES_MAX", 60)
    kept.write_entry(e, b"more content")
    assert [it.name for it in entries()] == [e]
    monkeypatch.setattr(kept, "ENTRY_BYTES_MAX", 40)
    kept.write_entry(f, b"more content")
    assert kept.read_entry(e) is None
    assert [it.name for it in entries()] == [e]


def test_asking_a_restored_bundle_for_more_than_was_kept_is_a_mistake(folder: Path) -> None:
    asked_bundle(folder)
    restored = asked_bundle(folder)
    for ask in (
        lambda: restored.of(Network),
        lambda: restored.documents_of(Network),
        lambda: restored.find(Network, "office"),
        lambda: restored.names("Network"),
        lambda: restored.files_of("cedar"),
    ):
        with pytest.raises(AssertionError):
            ask()


def test_checks_are_those_that_find_errors_and_those_that_only_warn() -> None:
    assert set(error_checks()) < set(bundle_checks())
