"""A bundle that is only proposed does not choose the history that it is measured against."""

from pathlib import Path

import pytest

from streamward.app import in_force
from streamward.app.places import Paths
from streamward.app.versions import history_folder, newest_version
from streamward.errors import InvalidArgument
from streamward.model.document import Bundle, Document
from streamward.model.entries import Caller
from streamward.model.manifest import Manifest
from streamward.model.version_history import VersionHistory
from streamward.versions import Content, Proposal, VersionService, VersionStore, VersionTampered
from streamward.versions.keys import declared_folder, open_history

MINE = Content({"streamward.yaml": "mine"})


def never(reference: str) -> bytes:
    raise AssertionError(reference)


def bundle(folder: Path | None = None) -> Bundle:
    head = Manifest.model_validate({"name": "shop", "environment": "development", "owner": "t"})
    documents = [Document("Bundle", "shop", head, "streamward.yaml", {})]
    if folder is not None:
        history = VersionHistory(name="versions", folder=str(folder))
        documents.append(Document("VersionHistory", "versions", history, "versions.yaml", {}))
    return Bundle(Path("."), tuple(documents))


def apply(declared: Bundle, where: Paths, proposed: Bundle | None = None) -> None:
    """What an applier does, with a bundle that needs no evaluator."""

    def open_store(one: Bundle) -> VersionStore:
        return open_history(one, declared_folder(one, where.versions), never)

    service = VersionService(
        open_store,
        lambda one: declared_folder(one, where.versions),
        lambda _: proposed or declared,
        lambda _, __: None,
        lambda _: "sha256:" + "9" * 64,
        newest_version(where),
    )
    found = in_force(proposed or declared, where)
    base = 0 if found is None else found.record.number
    with service.staged(declared, Proposal("because", base, MINE), Caller(principal="oncall")):
        pass


@pytest.fixture
def where(tmp_path: Path) -> Paths:
    return Paths(state=tmp_path / "state", audit=tmp_path / "state" / "audit")


@pytest.mark.parametrize(
    ("declares", "remembers"), [("nothing", True), ("nothing", False), ("a folder", True)]
)
def test_another_folder_is_no_way_around_what_is_in_force(
    where: Paths, tmp_path: Path, declares: str, remembers: bool
) -> None:
    declared = bundle(tmp_path / "there" if declares == "a folder" else None)
    proposed = bundle(tmp_path / "empty")
    apply(declared, where)
    if not remembers:
        where.newest_version.unlink()

    found = in_force(proposed, where)
    assert found is not None
    assert (found.record.number, found.content) == (1, MINE)
    assert in_force(bundle(), where) == found
    with pytest.raises(InvalidArgument, match="a version can't move its own history"):
        apply(declared, where, proposed)
    assert not (tmp_path / "empty").exists(), "nothing is made where a proposal says"


def test_a_history_of_ones_own_is_not_taken_for_that_of_what_is_in_force(
    where: Paths, tmp_path: Path
) -> None:
    apply(bundle(), where)
    other = Paths(state=tmp_path / "other", audit=tmp_path / "other" / "audit")
    apply(bundle(tmp_path / "own"), other)

    assert history_folder(bundle(tmp_path / "own"), where) == where.versions
    where.newest_version.unlink()
    with pytest.raises(InvalidArgument, match="move away the one that is not in force"):
        in_force(bundle(tmp_path / "own"), where)


def test_a_history_that_is_gone_is_not_a_beginning(where: Paths) -> None:
    apply(bundle(), where)
    (where.versions / "records" / "00000001.json").unlink()

    with pytest.raises(VersionTampered, match="the history ends at 0"):
        in_force(bundle(), where)
