"""A history keeps what was signed, and says which part of it is not that."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from streamward.errors import BundleInvalid, InvalidArgument, NotFound, Unavailable
from streamward.model.document import Bundle, Document
from streamward.model.entries import Caller
from streamward.model.manifest import Manifest
from streamward.versions import Content, Proposal, VersionService, VersionStore, VersionTampered
from streamward.versions.keys import existing_history, has_history, open_history
from streamward.versions.record import Signer
from streamward.versions.source import BundleSource, Folder

AUTHOR = Caller(principal="oncall", credential="oncall-console")


def bundle_of(content: Content, environment: str = "development") -> Bundle:
    """A bundle whose name is all that matters."""
    fields = {"name": "shop", "environment": environment, "owner": "tests"}
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
        self.now = 1_000
        self.service = VersionService(
            lambda _: self.store(),
            bundle_of,
            self._judge,
            lambda _: "sha256:" + "9" * 64,
            self._clock,
        )

    def _clock(self) -> int:
        self.now += 1
        return self.now

    def _judge(self, proposed: Content, before: Content | None) -> None:
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
    other = House(tmp_path / "other")
    other.key = house.key
    other.apply(content("three"), 0)
    other.apply(content("four"), 1)
    other.record(2).rename(house.record(2))

    with pytest.raises(VersionTampered, match="does not follow on the version before it"):
        house.store().records()


def test_what_may_not_come_into_force_is_not_kept(house: House) -> None:
    house.refuse = True
    with pytest.raises(BundleInvalid):
        house.apply(content("three"), 2)
    house.refuse = False
    with pytest.raises(InvalidArgument, match="version 2 is in force, not 1"):
        house.apply(content("three"), 1)
    with pytest.raises(InvalidArgument, match="not a path inside a bundle"):
        house.apply(Content({"../grants.yaml": "x"}), 2)
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
    assert not has_history(bundle, folder)

    made, again = open_history(bundle, folder, never), open_history(bundle, folder, never)
    assert made.believes == again.believes
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidArgument, match="in production versions need a declared key"):
        open_history(bundle_of(Content({}), "production"), folder, never)


def source_of(
    house: House, seen: Path, folder: Content, *, from_folder: bool = False
) -> BundleSource:
    def read() -> Folder:
        return Folder(bundle_of(Content({})), folder, lambda: bundle_of(folder))

    source = BundleSource(house.folder, read, bundle_of, from_folder=from_folder)
    source.keep_history(lambda _: house.store() if house.record(1).exists() else None, seen)
    return source


def test_the_newest_version_runs_and_the_folder_drifts(house: House, tmp_path: Path) -> None:
    source = source_of(house, tmp_path / "seen", content("edited"))

    version = source.read().version

    assert version is not None
    assert version.number == 2
    assert source.standing()["folder"]["drift"] is True
    assert (
        source_of(house, tmp_path / "seen", content("x"), from_folder=True).read().version is None
    )


def test_a_folder_with_mistakes_is_no_trouble_once_a_version_was_applied(
    house: House, tmp_path: Path
) -> None:
    source = source_of(house, tmp_path / "seen", content("x", spoiled="x"))
    version = source.read().version
    assert version is not None
    assert version.number == 2


@pytest.mark.parametrize("taken_away", [(2,), (1, 2)])
def test_a_history_that_was_cut_off_is_noticed(
    house: House, tmp_path: Path, taken_away: tuple[int, ...]
) -> None:
    source = source_of(house, tmp_path / "seen", content("two"))
    source.read()
    for number in taken_away:
        house.record(number).unlink()

    with pytest.raises(
        VersionTampered, match="version 2 was in force here, and the history ends at"
    ):
        source.read()
