"""Versions of a bundle: where they are kept, what judges them, how one comes into force."""

import asyncio
import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from streamward import policy
from streamward.app.bundles import (
    as_it_was,
    bundle_checks,
    bundle_name,
    content_of,
    document_kinds,
    file_kinds,
    read_bundle,
    read_content,
    valid_bundle,
)
from streamward.app.places import Paths, paths_of
from streamward.app.protection import difference, unapproved_changes
from streamward.app.stores import private_reader
from streamward.bundle.load import invalid, load_texts
from streamward.bundle.revisions import revision_texts
from streamward.errors import BundleInvalid, InvalidArgument, NotFound, PolicyInvalid
from streamward.gateway.service import GatewayService
from streamward.model.document import AppliedVersion, Bundle, Mistake
from streamward.model.entries import Caller
from streamward.policy.cases import failed_cases
from streamward.policy.days import utc_today
from streamward.policy.difference import effects
from streamward.policy.evaluator import policy_schema
from streamward.policy.proof.gate import broken_invariants
from streamward.versions import Content, Proposal, VersionRecord, VersionService, VersionStore
from streamward.versions.apart import apart
from streamward.versions.change import VersionChange
from streamward.versions.keys import (
    declared_folder,
    existing_history,
    has_history,
    open_history,
)
from streamward.versions.newest import NewestVersion
from streamward.versions.service import Judge
from streamward.versions.source import BundleSource, Folder


def version_source(directory: Path, *, from_folder: bool = False) -> BundleSource:
    """What a gateway of this folder runs."""

    def folder() -> Folder:
        loaded = read_bundle(directory)
        return Folder(loaded.bundle, content_of(loaded), loaded.valid)

    def content(found: Content) -> Bundle:
        return read_content(directory, found)

    return BundleSource(directory, folder, content, from_folder=from_folder)


Gate = Callable[[Bundle, Bundle | None], Iterable[Mistake]]
"""Why a bundle may not come into force in the place of another, or where there was none."""


def change_gates() -> tuple[Gate, ...]:
    """What must hold before a bundle comes into force, beside that it has no errors."""
    return (failed_cases, broken_invariants, unapproved_changes)


def judge_of(root: Path) -> Judge:
    """Holds a proposed version to every gate."""

    def judge(proposed: Content, in_force: Content | None) -> None:
        bundle = read_content(root, proposed, materials=False)
        before = None if in_force is None else as_it_was(root, in_force)
        found = [each for gate in change_gates() for each in gate(bundle, before)]
        errors = tuple(mistake for mistake in found if mistake.is_error)
        if errors:
            raise invalid(root, errors)

    return judge


def judge_apart(root: Path) -> Judge:
    """As `judge_of`, in a process of its own: a solver takes memory, and may take for ever."""

    def judge(proposed: Content, in_force: Content | None) -> None:
        texts = None if in_force is None else dict(in_force.texts)
        apart(_judge, root, dict(proposed.texts), texts)

    return judge


def _judge(root: Path, proposed: dict[str, str], in_force: dict[str, str] | None) -> None:
    judge_of(root)(Content(proposed), None if in_force is None else Content(in_force))


def version_service(
    root: Path, where: Paths, read: Callable[[Bundle], Callable[[str], bytes]]
) -> VersionService:
    """Applies versions of a bundle whose references are answered in `root`."""

    def open_store(bundle: Bundle) -> VersionStore:
        # What is in force says where its history is; what is proposed must say the same.
        return open_history(bundle, folder_of(bundle), read(bundle))

    def folder_of(bundle: Bundle) -> Path:
        return declared_folder(bundle, where.versions)

    def policy_version(bundle: Bundle) -> str:
        return policy.compile_policy(bundle, policy_schema(), utc_today()).version

    def content(found: Content) -> Bundle:
        return read_content(root, found)

    return VersionService(
        open_store, folder_of, content, judge_apart(root), policy_version, newest_version(where)
    )


@dataclass(frozen=True, slots=True)
class InForce:
    """The newest version of a history."""

    record: VersionRecord
    content: Content

    def bundle_in(self, root: Path) -> Bundle:
        """The bundle, with references answered in `root`. Raises BundleInvalid."""
        return read_content(root, self.content, materials=False)

    def as_applied(self, root: Path) -> Bundle:
        """The bundle as it was applied, whatever is wrong with it by now."""
        return as_it_was(root, self.content)


def newest_version(where: Paths) -> NewestVersion:
    """What remembers which version was in force here."""
    return NewestVersion(where.newest_version, where.versions)


def history_folder(bundle: Bundle, where: Paths) -> Path:
    """Where the history is that a bundle is measured against.

    SECURITY: a bundle that is only proposed, or a folder that was edited, names a history, and
    could name one of its own. So what was in force here says where it is; a bundle says so only
    where nothing ever was. Raises NewestUnknown, and InvalidArgument where two could be meant.
    """
    seen = newest_version(where).read()
    if seen is not None:
        return seen.folder
    declared = declared_folder(bundle, where.versions)
    if declared == where.versions or not has_history(where.versions):
        return declared
    if has_history(declared):
        what = f"there is a history in `{declared}` and one in `{where.versions}`"
        raise InvalidArgument(f"{what}: move away the one that is not in force")
    return where.versions


def in_force(bundle: Bundle, where: Paths) -> InForce | None:
    """What was applied last, for commands beside a gateway; None where nothing was.

    Raises VersionTampered where the history is not that of what was in force here.
    """
    folder, newest = history_folder(bundle, where), newest_version(where)
    if not has_history(folder):
        newest.check((), None)
        return None
    store = open_history(bundle, folder, private_reader(bundle))
    history = store.history()
    newest.check(history, folder)
    return InForce(history[-1].record, store.content(history[-1].record)) if history else None


def version_change(root: Path, proposed: Content, before: InForce | None) -> VersionChange:
    """What another content would change, and why it may not come into force."""
    old = None if before is None else before.content
    refused: tuple[Mistake, ...] = ()
    try:
        judge_of(root)(proposed, old)
    except BundleInvalid as error:
        refused = error.mistakes
    return VersionChange(
        proposed=proposed,
        in_force=old,
        base=0 if before is None else before.record.number,
        effects=_effects(root, proposed, old),
        refused=refused,
    )


def _effects(root: Path, proposed: Content, old: Content | None) -> tuple[str, ...]:
    if old is None:
        return ()
    try:
        return effects(difference(as_it_was(root, old), as_it_was(root, proposed)))
    except PolicyInvalid as error:
        return (f"what it changes can't be told: {error}",)


def find_history(directory: Path, state_dir: Path | None, audit_dir: Path | None) -> VersionStore:
    """The history of a folder's bundle. Raises NotFound where nothing was ever applied."""
    bundle = read_bundle(directory, materials=False).bundle
    where = paths_of(bundle_name(bundle), state_dir, audit_dir)
    return existing_history(bundle, history_folder(bundle, where), private_reader(bundle))


def version_at(
    directory: Path, text: str, state_dir: Path | None, audit_dir: Path | None
) -> tuple[Bundle, datetime.date]:
    """The bundle of a version, and a day on which it decided as the text says.

    The text is that of `VersionStore.find`; a policy's digest also finds the days after a grant
    ended, on which decisions name another one. Raises NotFound.
    """
    store = find_history(directory, state_dir, audit_dir)
    try:
        record = store.find(text)
    except NotFound:
        for record in reversed(store.records()):
            bundle = as_it_was(directory, store.content(record))
            for day in policy.days_of_change(bundle, _day(record.time)):
                version = policy.compile_policy(bundle, policy_schema(), day).version
                wanted = text.removeprefix("sha256:")
                if len(wanted) >= 8 and version.removeprefix("sha256:").startswith(wanted):
                    return bundle, day
        raise
    bundle = as_it_was(directory, store.content(record))
    return replace(bundle, version=AppliedVersion(record.number, record.content)), _day(record.time)


def bundle_at(
    reference: str, directory: Path, state_dir: Path | None = None, audit_dir: Path | None = None
) -> Bundle:
    """The bundle that a text means: a folder, `REVISION:FOLDER` of git, or an applied version.

    A version is looked for in the history of `directory`. Raises NotFound or BundleInvalid.
    """
    folder = Path(reference)
    if folder.is_dir():
        return valid_bundle(folder, materials=False)
    revision, colon, path = reference.partition(":")
    if colon and revision and not reference.startswith("sha256:"):
        texts = revision_texts(Path.cwd(), revision, path)
        if not texts:
            raise NotFound(f"no bundle stands at `{path}` in revision `{revision}`")
        root = Path(path)
        return load_texts(root, texts, document_kinds(), file_kinds(), bundle_checks()).valid()
    if "/" in reference:
        raise NotFound(f"there is no folder `{reference}`")
    try:
        return version_at(directory, reference, state_dir, audit_dir)[0]
    except NotFound as error:
        what = f"`{reference}` is no folder and no applied version of the bundle in `{directory}`"
        raise NotFound(f"{what}; write a revision of git as `REVISION:FOLDER`") from error


def _day(milliseconds: int) -> datetime.date:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, tz=datetime.UTC).date()


class GatewayApplier:
    """Puts versions in force in the gateway of this process."""

    def __init__(
        self, service: GatewayService, versions: VersionService, source: BundleSource
    ) -> None:
        self._service = service
        self._versions = versions
        self._source = source

    async def apply(self, proposal: Proposal, author: Caller) -> VersionRecord:
        """Staged, in force, kept; or as before."""
        await asyncio.to_thread(
            self._source.fits, proposal.content, other_folder=proposal.other_bundle
        )
        staged = await self._service.apply(
            lambda in_force: self._versions.staged(in_force, proposal, author)
        )
        self._source.applied(staged.record)
        return staged.record


class OfflineApplier:
    """Keeps versions for the next gateway to start."""

    def __init__(self, bundle: Bundle, versions: VersionService) -> None:
        self._bundle = bundle
        self._versions = versions

    async def apply(self, proposal: Proposal, author: Caller) -> VersionRecord:
        """Staged and kept."""
        with self._versions.staged(self._bundle, proposal, author) as staged:
            return staged.record
