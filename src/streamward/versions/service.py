"""Put another version of a bundle in force: judged, kept, and only then the newest."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from streamward import __version__
from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument, StreamwardError, Unavailable
from streamward.log import Logger
from streamward.model.document import AppliedVersion, Bundle
from streamward.model.entries import Caller
from streamward.model.manifest import Manifest
from streamward.versions.content import Content, OtherBundle, digest
from streamward.versions.newest import NewestVersion
from streamward.versions.record import FORMAT, Author, Verified, VersionRecord
from streamward.versions.store import VersionStore

log = Logger(__name__)

REASON_CHARACTERS_MAX: Final = 1_024


class VersionChanged(InvalidArgument):
    """Somebody applied another version since this one was compared with what was in force."""

    code = "versions.changed"
    help = "Look at `streamward policy history`, then apply again: the difference is another one."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to be in force. Without `content`, that of version `rollback_of`."""

    reason: str
    base: int
    """The newest version that they compared it with; 0 where there was none."""
    content: Content | None = None
    rollback_of: int | None = None
    other_bundle: bool = False
    """Whether it is meant that another environment of the bundle, or before the first version
    another folder, is in force.
    """


def told_bundle(name: str, environment: str) -> str:
    """A bundle for people."""
    return f"`{name}` ({environment})"


def same_bundle(in_force: Bundle, proposed: Bundle, *, other_environment: bool = False) -> None:
    """Raises OtherBundle where one is not a version of the other.

    SECURITY: bundles of several environments often have one name, and one of them says who may do
    what in development. Of two names one is never a version of the other.
    """
    heads = [it.of(Manifest)[0] for it in (in_force, proposed) if it.of(Manifest)]
    if len(heads) == 2:
        compare_bundles(
            (heads[0].name, heads[0].environment.value),
            (heads[1].name, heads[1].environment.value),
            other_environment=other_environment,
        )


def compare_bundles(
    runs: tuple[str, str], proposed: tuple[str, str], *, other_environment: bool = False
) -> None:
    """As `same_bundle`, of name and environment."""
    if runs == proposed or (other_environment and runs[0] == proposed[0]):
        return
    what = f"this is the bundle {told_bundle(*proposed)}, and {told_bundle(*runs)} is in force"
    raise OtherBundle(what)


class Judge(Protocol):
    """Whether a bundle may come into force in the place of another."""

    def __call__(self, proposed: Content, in_force: Content | None, /) -> None:
        """Raises BundleInvalid with every reason why it may not."""
        ...


@dataclass(frozen=True, slots=True)
class Staged:
    """A version that is written down and not in force yet."""

    bundle: Bundle
    record: VersionRecord


class VersionService:
    """Stages versions; the caller puts them in force and commits them, or discards them."""

    def __init__(
        self,
        open_store: Callable[[Bundle], VersionStore],
        declared_folder: Callable[[Bundle], Path],
        read: Callable[[Content], Bundle],
        judge: Judge,
        policy_version: Callable[[Bundle], str],
        newest: NewestVersion,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self._open_store = open_store
        self._declared_folder = declared_folder
        self._read = read
        self._judge = judge
        self._policy_version = policy_version
        self._newest = newest
        self._clock = clock

    @contextmanager
    def staged(self, in_force: Bundle, proposal: Proposal, author: Caller) -> Iterator[Staged]:
        """Judge and write down a version; it is the newest when the block ends without an error.

        Raises BundleInvalid where it may not come into force, VersionChanged where another one was
        applied meanwhile, OtherBundle where it is not the bundle that is in force, NotFound for a
        version to go back to that isn't there, VersionTampered where the history is not that of
        what was in force here, Unavailable where it can't be kept.
        After an error the history is as before.
        """
        if not proposal.reason.strip():
            raise InvalidArgument("to apply a version needs a reason")
        store = self._open_store(in_force)
        with store.locked():
            newest = store.history()
            self._newest.check(newest, store.folder)
            number = len(newest) + 1
            if proposal.base != number - 1:
                what = f"version {number - 1} is in force, not {proposal.base}"
                raise VersionChanged(what)
            content = self._content(store, proposal)
            content.check_bounds()
            read = self._read(content)
            same_bundle(in_force, read, other_environment=proposal.other_bundle)
            before = store.content(newest[-1].record) if newest else None
            self._judge(content, before)
            bundle = replace(read, version=AppliedVersion(number, content.digest))
            self._keeps_history(store, bundle)
            record = VersionRecord(
                format=FORMAT,
                number=number,
                bundle=store.bundle,
                content=content.digest,
                files=dict(content.files),
                previous=newest[-1].digest if newest else None,
                author=Author(
                    principal=author.principal,
                    mechanism=author.mechanism,
                    credential=author.credential,
                ),
                time=self._clock(),
                reason=proposal.reason.strip()[:REASON_CHARACTERS_MAX],
                policy_version=self._policy_version(bundle),
                rollback_of=proposal.rollback_of,
                streamward=__version__,
            )
            try:
                store.stage(record, content)
                yield Staged(bundle, record)
                store.commit(number)
            except BaseException:
                store.discard()
                raise
            self._remember(record, store)

    def _remember(self, record: VersionRecord, store: VersionStore) -> None:
        """The version is in force and kept: whatever happens here, it is no failure to apply it."""
        try:
            self._newest.remember(Verified(record, digest(record.payload())), store.folder)
        except Unavailable as error:
            log.error("the newest version can't be remembered", cause=error)

    def _content(self, store: VersionStore, proposal: Proposal) -> Content:
        if (proposal.content is None) == (proposal.rollback_of is None):
            raise InvalidArgument("give either the files of a bundle or a version to go back to")
        if proposal.content is not None:
            return proposal.content
        return store.content(store.find(str(proposal.rollback_of)))

    def _keeps_history(self, store: VersionStore, bundle: Bundle) -> None:
        """What the next start will read must be able to read what is written now."""
        named = self._declared_folder(bundle)
        if named != store.folder:
            # SECURITY: before anything is looked for, or made, where a proposal says.
            what = f"the history is in `{store.folder}`, and this version names `{named}`"
            raise InvalidArgument(f"{what}: a version can't move its own history")
        try:
            after = self._open_store(bundle)
        except StreamwardError as error:
            raise InvalidArgument("the history could not be read after this version") from error
        if after.bundle != store.bundle:
            what = f"this is the bundle `{after.bundle}`, and the history is of `{store.bundle}`"
            raise OtherBundle(what)
        if not store.signed_by_one_of(after.believes):
            what = "the key that signs this version must be among `previous_keys` of the next"
            raise InvalidArgument(what)
