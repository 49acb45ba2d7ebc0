"""A history keeps what was signed, and says which part of it is not that."""

import errno
import json
import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from streamward.errors import BundleInvalid, InvalidArgument, NotFound, Unavailable
from streamward.model.document import Bundle, Document
from streamward.model.entries import Caller
from streamward.model.manifest import Manifest
from streamward.versions import Content, Proposal, VersionService, VersionStore, VersionTampered
from streamward.versions.content import OtherBundle, digest_of_files
from streamward.versions.keys import existing_history, has_history, open_history
from streamward.versions.newest import NewestUnknown, NewestVersion
from streamward.versions.record import Signer, seal
from streamward.versions.source import BundleSource, Folder

AUTHOR = Caller(principal="oncall", credential="oncall-console")


def bundle_of(content: Content, environment: str = "development", name: str = "shop") -> Bundle:
    """A bundle of which its head is all that matters."""
    fields = {"name": name, "environment": environment, "owner": "tests"}
    document = Document("Bundle", "shop", Manifest.model_validate(fields), "streamward.yaml", {})
    if "spoiled.yaml" in content.texts:
        raise BundleInvalid("the bundle has mistakes")
    return Bundle(Path("."), (document,))


def content(text: str, **more: str) -> Content:
    return Content({"grants.yaml": text, **{f"{name}.yaml": one for name, one in more.items()}})


class House:
    """A service over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = Ed25519PrivateKey.generate()
        self.refuse = False
        self.judged: Content | None = None
        self.after: Callable[[], VersionStore] = self.store
        self.head: dict[str, str] = {}
        self.now = 1_000
        self.newest = NewestVersion(folder.parent / "state" / "newest-version", folder)
        self.service = VersionService(
            lambda bundle: self.store() if bundle.version is None else self.after(),
            lambda _: self.folder,
            lambda content: bundle_of(content, **self.head),
            self._judge,
            lambda _: "sha256:" + "9" * 64,
            self.newest,
            self._clock,
        )

    def _clock(self) -> int:
        self.now += 1
        return self.now

    def _judge(self, proposed: Content, before: Content | None) -> None:
        self.judged = before
        if self.refuse:
            raise BundleInvalid("an invariant fails")

    def store(self) -> VersionStore:
        return VersionStore(self.folder, Signer(self.key), "shop")

    def apply(self, what: Content | None, base: int, **more: int) -> None:
        proposal = Proposal("because", base, what, **more)
        with self.service.staged(bundle_of(Content({})), proposal, AUTHOR) as staged:
            assert staged.bundle.version is not None
            assert staged.bundle.version.number == base + 1

    def record(self, number: int) -> Path:
        return self.folder / "records" / f"{number:08d}.json"


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path / "versions")
    made.apply(content("one"), 0)
    made.apply(content("two", more="x"), 1)
    return made


def test_what_was_applied_comes_back_whole(house: House) -> None:
    store = house.store()
    first, second = store.records()

    assert store.content(first).texts == {"grants.yaml": "one"}
    assert store.content(second).texts == {"grants.yaml": "two", "more.yaml": "x"}
    assert (first.author.principal, first.reason, first.time) == ("oncall", "because", 1_001)
    assert second.previous == store.history()[0].digest
    assert store.newest() == second


def test_a_version_is_found_by_number_and_by_digests(house: House) -> None:
    store = house.store()
    first, second = store.records()

    assert store.find("1") == store.find("v1") == store.find(first.content[:20]) == first
    assert store.find("99999999") == second, "the policy's digest"
    for unknown in ("3", "0", "abc", "sha256:", "ffffffffffff"):
        with pytest.raises(NotFound, match="there is no version"):
            store.find(unknown)


def test_to_go_back_is_another_version_with_the_same_content(house: House) -> None:
    house.apply(None, 2, rollback_of=1)
    assert house.judged is not None
    assert house.judged.texts["grants.yaml"] == "two", "it is judged beside what is in force"

    first, _, third = house.store().records()
    assert (third.number, third.rollback_of, third.content) == (3, 1, first.content)


def changed(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


TAMPERING: list[tuple[str, Callable[[House], object], str]] = [
    (
        "content",
        lambda it: (
            next((it.folder / "objects").rglob("*")).is_dir()
            and [
                one.write_bytes(b"three")
                for one in (it.folder / "objects").rglob("*")
                if one.is_file()
            ]
        ),
        "is not what was signed",
    ),
    (
        "content gone",
        lambda it: [one.unlink() for one in (it.folder / "objects").rglob("*") if one.is_file()],
        "of the history is gone",
    ),
    (
        "payload",
        lambda it: changed(it.record(2), '"payload": "ey', '"payload": "eX'),
        "signed by no key",
    ),
    ("type", lambda it: changed(it.record(2), "bundle-version", "other"), "signed by no key"),
    (
        "signature",
        lambda it: it.record(2).write_text(
            json.dumps(json.loads(it.record(2).read_text()) | {"signatures": []})
        ),
        "signed by no key",
    ),
    ("no envelope", lambda it: it.record(1).write_text("[]"), "is not a signed version"),
    ("gap", lambda it: it.record(1).unlink(), "version 1 of the history is missing"),
    (
        "order",
        lambda it: (
            it.record(1).rename(it.folder / "x"),
            it.record(2).rename(it.record(1)),
            (it.folder / "x").rename(it.record(2)),
        ),
        "version 1 of the history is missing",
    ),
    ("another's", lambda it: setattr(it, "key", Ed25519PrivateKey.generate()), "signed by no key"),
]


@pytest.mark.parametrize(
    ("tamper", "told"), [case[1:] for case in TAMPERING], ids=[c[0] for c in TAMPERING]
)
def test_what_somebody_changed_is_named_and_not_used(
    house: House, tamper: Callable[[House], object], told: str
) -> None:
    tamper(house)

    with pytest.raises(VersionTampered, match=told):
        [house.store().content(record) for record in house.store().records()]


def test_a_version_of_another_branch_of_the_history_does_not_fit(
    house: House, tmp_path: Path
) -> None:
    other = House(tmp_path / "other" / "versions")
    other.key = house.key
    other.apply(content("three"), 0)
    other.apply(content("four"), 1)
    other.record(2).rename(house.record(2))

    with pytest.raises(VersionTampered, match="does not follow on the version before it"):
        house.store().records()


SIGNED: list[tuple[str, dict[str, Any], str]] = [
    ("another format", {"format": 2}, "is of format 2, not 1"),
    ("another content", {"content": "sha256:" + "0" * 64}, "does not list its own files"),
    (
        "a file elsewhere",
        {"files": {"../x": "sha256:" + "0" * 64}},
        "names a file outside of the bundle",
    ),
    ("no digest", {"files": {"x": "sha256:../../key.pem"}}, "names a file by no digest"),
]


@pytest.mark.parametrize(
    ("fields", "told"), [case[1:] for case in SIGNED], ids=[c[0] for c in SIGNED]
)
def test_what_is_signed_and_makes_no_sense_is_not_used(
    house: House, fields: dict[str, Any], told: str
) -> None:
    """The key may be that of another bundle's history, too, or of a newer release."""
    if "files" in fields:
        fields = fields | {"content": digest_of_files(fields["files"])}
    record = msgspec.structs.replace(house.store().records()[1], **fields)
    house.record(2).write_bytes(seal(record, Signer(house.key)))

    with pytest.raises(VersionTampered, match=told):
        [house.store().content(record) for record in house.store().records()]


def test_the_history_of_another_bundle_is_told_as_that(house: House) -> None:
    record = msgspec.structs.replace(house.store().records()[1], bundle="till")
    house.record(2).write_bytes(seal(record, Signer(house.key)))

    with pytest.raises(OtherBundle, match="is of the bundle `till`, and this is `shop`"):
        house.store().records()


def test_no_more_is_read_than_a_version_may_have(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, record = house.store(), house.store().records()[1]
    monkeypatch.setattr("streamward.versions.store.CONTENT_BYTES_MAX", len("two" + "x"))
    assert store.content(record).texts["more.yaml"] == "x"
    monkeypatch.setattr("streamward.versions.store.CONTENT_BYTES_MAX", len("two" + "x") - 1)
    with pytest.raises(VersionTampered, match="has more than 0 bytes"):
        store.content(record)


def test_a_version_that_is_there_is_never_replaced(house: House) -> None:
    """A lock of the folder need not hold between two machines."""
    of_another = b"of another machine"
    with (
        pytest.raises(Unavailable, match="version 3 can't be kept"),
        house.service.staged(bundle_of(Content({})), Proposal("x", 2, content("three")), AUTHOR),
    ):
        house.record(3).write_bytes(of_another)

    assert house.record(3).read_bytes() == of_another


def test_the_next_start_can_read_what_is_applied_now(house: House) -> None:
    later = Ed25519PrivateKey.generate()
    unreadable = {
        "this is the bundle `till`": Signer(house.key),
        "must be among `previous_keys`": Signer(later),
    }
    for told, signer in unreadable.items():
        name = "till" if "till" in told else "shop"
        house.after = lambda name=name, signer=signer: VersionStore(house.folder, signer, name)
        with pytest.raises(InvalidArgument, match=told):
            house.apply(content("three"), 2)
    assert len(house.store().records()) == 2

    signer = Signer(later, (house.key.public_key(),))
    house.after = lambda: VersionStore(house.folder, signer, "shop")
    house.apply(content("three"), 2)
    assert len(house.after().records()) == 3


@pytest.mark.parametrize(
    ("head", "meant", "told"),
    [
        ({"environment": "staging"}, False, "`shop` (staging), and `shop` (development) is in"),
        ({"environment": "staging"}, True, ""),
        ({"name": "till"}, False, "`till` (development), and `shop` (development) is in force"),
        ({"name": "till"}, True, "`till` (development), and `shop` (development) is in force"),
    ],
)
def test_another_bundle_is_not_a_version_of_this_one(
    house: House, head: dict[str, str], meant: bool, told: str
) -> None:
    house.head = head
    house.judged = None
    with ExitStack() as block:
        if told:
            block.enter_context(pytest.raises(OtherBundle, match=re.escape(told)))
        house.apply(content("three"), 2, other_bundle=meant)

    assert len(house.store().records()) == (2 if told else 3)
    assert (house.judged is None) is bool(told), "what is refused is not compared for long"


def test_what_may_not_come_into_force_is_not_kept(house: House) -> None:
    house.refuse = True
    with pytest.raises(BundleInvalid):
        house.apply(content("three"), 2)
    house.refuse = False
    with pytest.raises(InvalidArgument, match="version 2 is in force, not 1"):
        house.apply(content("three"), 1)
    for path in ("../grants.yaml", "/grants.yaml", "a//b", "a\\b", "a\0", "./a", "a" * 1_001):
        with pytest.raises(InvalidArgument, match="not a path inside a bundle"):
            house.apply(Content({path: "x"}), 2)
    with (
        pytest.raises(BundleInvalid),
        house.service.staged(bundle_of(Content({})), Proposal("x", 2, content("three")), AUTHOR),
    ):
        raise BundleInvalid("the data plane refuses it")

    assert len(house.store().records()) == 2
    assert not (house.folder / "pending.json").exists()


def test_two_can_not_apply_at_once(house: House) -> None:
    with (
        house.store().locked(),
        pytest.raises(Unavailable, match="another version is being applied"),
    ):
        house.apply(content("three"), 2)


def test_a_key_is_made_where_nobody_declares_one_but_not_in_production(tmp_path: Path) -> None:
    def never(reference: str) -> bytes:
        raise AssertionError(reference)

    bundle, folder = bundle_of(Content({})), tmp_path / "versions"
    with pytest.raises(NotFound):
        existing_history(bundle, folder, never)
    assert not has_history(folder)

    made, again = open_history(bundle, folder, never), open_history(bundle, folder, never)
    assert made.believes == again.believes
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidArgument, match="in production versions need a declared key"):
        open_history(bundle_of(Content({}), "production"), folder, never)


def source_of(house: House, folder: Content, *, from_folder: bool = False) -> BundleSource:
    def read() -> Folder:
        return Folder(bundle_of(Content({})), folder, lambda: bundle_of(folder))

    source = BundleSource(house.folder, read, bundle_of, from_folder=from_folder)
    source.keep_history(
        lambda _: house.store() if list((house.folder / "records").iterdir()) else None,
        house.newest,
    )
    return source


def test_the_newest_version_runs_and_the_folder_drifts(house: House) -> None:
    source = source_of(house, content("edited"))

    version = source.read().version

    assert version is not None
    assert version.number == 2
    assert source.standing()["folder"]["drift"] is True
    assert source_of(house, content("x"), from_folder=True).read().version is None


def test_a_version_stays_in_force_where_it_is_applied(house: House, tmp_path: Path) -> None:
    """Where the folder runs anyway, the next look at it would replace what was applied."""
    with pytest.raises(InvalidArgument, match="start it without that"):
        source_of(house, content("x"), from_folder=True).fits(content("x"), other_folder=True)
    source = source_of(house, content("x"))
    source.read()
    source.fits(content("y"))

    empty = House(tmp_path / "empty" / "versions")
    (empty.folder / "records").mkdir(parents=True)
    first = source_of(empty, content("x"))
    first.read()
    assert first.standing()["history"] is None
    first.fits(content("x"))
    first.fits(content("y"), other_folder=True)
    with pytest.raises(OtherBundle, match="of which no version was applied yet"):
        first.fits(content("y"))
    empty.apply(content("x"), 0)
    first.applied(empty.store().records()[0])
    first.fits(content("y"))
    assert first.standing()["history"] == empty.store().history()[0].digest
    assert source.standing()["history"] == house.store().history()[0].digest


def test_a_folder_with_mistakes_is_no_trouble_once_a_version_was_applied(house: House) -> None:
    source = source_of(house, content("x", spoiled="x"))
    version = source.read().version
    assert version is not None
    assert version.number == 2


def cut_off(house: House, *numbers: int) -> None:
    for number in numbers:
        house.record(number).unlink()


def another_history(house: House) -> None:
    """Of the same length, signed by the same key, and never in force here."""
    shutil.rmtree(house.folder)
    kept, house.newest.path = house.newest.path, house.folder.parent / "elsewhere"
    house.apply(content("three"), 0)
    house.apply(content("four"), 1)
    house.newest.path = kept


LOST: list[tuple[str, Callable[[House], object], str]] = [
    ("newest", lambda it: cut_off(it, 2), "version 2 was in force here, and the history ends at 1"),
    ("all", lambda it: cut_off(it, 1, 2), "version 2 was in force here, and the history ends at 0"),
    ("another", another_history, "is not the one that was in force here"),
]


@pytest.mark.parametrize(("lose", "told"), [case[1:] for case in LOST], ids=[c[0] for c in LOST])
def test_a_history_that_is_not_whole_is_neither_run_nor_built_on(
    house: House, lose: Callable[[House], object], told: str
) -> None:
    lose(house)
    left = len(house.store().records())

    with pytest.raises(VersionTampered, match=told):
        source_of(house, content("two")).read()
    with pytest.raises(VersionTampered, match=told):
        house.apply(content("three"), left)

    assert len(house.store().records()) == left
    # The folder runs where somebody says so, for when the history is lost.
    assert source_of(house, content("x"), from_folder=True).read().version is None


@pytest.mark.parametrize(
    "text",
    [
        "2\n",
        "",
        "{}",
        '{"format":9,"number":2,"record":"","folder":null}',
        '{"format":1,"number":0,"record":"","folder":null}',
        None,
    ],
)
def test_where_it_can_not_be_told_what_was_in_force_nothing_is(
    house: House, text: str | None
) -> None:
    kept = house.newest.path
    if text is None:
        house.newest.path = house.folder  # no file that can be read
    else:
        house.newest.path.write_text(text)

    with pytest.raises(NewestUnknown):
        source_of(house, content("two")).read()
    with pytest.raises(NewestUnknown) as unknown:
        house.apply(content("three"), 2)

    assert "remove this file" in unknown.value.help
    house.newest.path = kept
    house.newest.path.unlink()
    house.apply(content("three"), 2)


def test_what_was_in_force_is_remembered_at_the_next_start_and_survives_a_full_disk(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr("streamward.versions.newest.replace_file", full)
        house.apply(content("three"), 2)
    remembered = house.newest.read()
    assert remembered is not None
    assert remembered.number == 2

    source_of(house, content("three")).read()

    cut_off(house, 3)
    with pytest.raises(VersionTampered, match="version 3 was in force here"):
        source_of(house, content("three")).read()


def test_a_history_may_move_with_the_state_beside_it_and_not_without(
    house: House, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(house.folder.parent, moved, ignore=shutil.ignore_patterns("moved"))
    history = house.store().history()

    NewestVersion(moved / "state" / "newest-version", moved / "versions").check(
        history, moved / "versions"
    )
    with pytest.raises(VersionTampered, match=r"is in .* not in"):
        house.newest.check(history, moved / "versions")
