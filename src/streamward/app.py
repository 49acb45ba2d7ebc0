"""The composition root: the only place that knows every room."""

import asyncio
import datetime
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from streamward import contracts, detection, identity, keys, policy, response, versions
from streamward.audit import SavedState
from streamward.audit.erasing import Erasing
from streamward.audit.follower import Follower
from streamward.audit.index import IndexKeeper
from streamward.audit.journal import JournalWriter, core, core_errors, journal_readers
from streamward.audit.openings import Openings
from streamward.audit.places import index_path, log_origin
from streamward.audit.witnessing import Witnessing
from streamward.bundle import kinds as bundle_kinds
from streamward.bundle.load import Loaded, invalid, load, load_texts
from streamward.bundle.revisions import revision_texts
from streamward.clock import now_milliseconds
from streamward.contracts.sealing import sealed_streams, tenant_of, text_of
from streamward.detection import Engine
from streamward.detection.document import context_of, detections_of, entity_types
from streamward.detection.service import DetectionService, log_failure
from streamward.errors import BundleInvalid, InvalidArgument, NotFound, PolicyInvalid
from streamward.gateway import checks as gateway_checks
from streamward.gateway import kinds as gateway_kinds
from streamward.gateway.credentials import CredentialKeeper, CredentialUse
from streamward.gateway.data_plane import CoreDataPlane
from streamward.gateway.figures import Figures, FiguresPublisher
from streamward.gateway.key_preview import written_under
from streamward.gateway.key_rings import KeyWatch, key_settings
from streamward.gateway.materials import material_mistakes, references
from streamward.gateway.questions import QuestionService
from streamward.gateway.renewal import MaterialsWatcher
from streamward.gateway.secret_stores import store_settings
from streamward.gateway.service import DRAIN_SECONDS, GatewayService
from streamward.gateway.supply import AccessLog, SecretSupply
from streamward.identity.cipher import ColumnCipher, read_key
from streamward.identity.devices import DeviceInventoryService
from streamward.identity.ports import ReadSecret
from streamward.identity.service import IdentityService
from streamward.identity.service import Settings as IdentitySettings
from streamward.identity.token_issuers import TokenIssuerService
from streamward.keys.answers import KeyAnswers
from streamward.keys.destruction import Destruction
from streamward.keys.holder import KeyHolder
from streamward.keys.service import KeyService
from streamward.model.action import Action, ResourceType
from streamward.model.audit_log import AuditLog
from streamward.model.credentials import CredentialClass, IdentityStore
from streamward.model.document import AppliedVersion, Bundle, Check, DocumentKind, FileKind, Mistake
from streamward.model.entries import Caller
from streamward.model.event import Entry, Kind
from streamward.model.keys import KeyRing
from streamward.model.manifest import Manifest
from streamward.model.principal import Principal
from streamward.model.resource import Resource
from streamward.model.topology import Cluster
from streamward.policy.cases import failed_cases
from streamward.policy.days import utc_today
from streamward.policy.difference import effects, unapproved_widenings
from streamward.policy.evaluator import evaluator, policy_schema
from streamward.policy.proof.gate import broken_invariants
from streamward.policy.replay import Recorded, Replay, Replayed
from streamward.posture import Checked, check_cluster, gateway_access, known_access
from streamward.response import ContainmentRule
from streamward.response.containment import Containment, TargetType, Verb
from streamward.response.service import ResponseService
from streamward.secrets import Secret, SecretKeeper, resolve
from streamward.secrets.stores import open_store
from streamward.server.api import control_api
from streamward.server.credentials import CredentialDoor
from streamward.server.door import ControlDoor
from streamward.server.erasing import EraseDoor
from streamward.server.keys import KeyDoor
from streamward.server.service import DoorServer
from streamward.server.versions import VersionDoor
from streamward.versions import (
    Content,
    Proposal,
    VersionRecord,
    VersionService,
    VersionStore,
)
from streamward.versions.apart import apart
from streamward.versions.change import VersionChange
from streamward.versions.keys import existing_history, has_history, open_history
from streamward.versions.service import Judge
from streamward.versions.source import BundleSource, Folder

if TYPE_CHECKING:
    # It loads the data plane, whose logging then begins: whoever starts one says first how much.
    from streamward.sdk import SealedStreams, Sealer

ENDED_MILLISECONDS: Final = 1_200_000
"""How long the overlay refuses a stored credential that has ended: longer than anybody looks."""


def document_kinds() -> tuple[DocumentKind, ...]:
    """Every kind of YAML document that a bundle may hold."""
    return (
        *bundle_kinds.DOCUMENT_KINDS,
        *gateway_kinds.DOCUMENT_KINDS,
        *identity.DOCUMENT_KINDS,
        *contracts.DOCUMENT_KINDS,
        *keys.DOCUMENT_KINDS,
        *policy.DOCUMENT_KINDS,
        *detection.DOCUMENT_KINDS,
        *response.DOCUMENT_KINDS,
        *versions.DOCUMENT_KINDS,
    )


def file_kinds() -> tuple[FileKind, ...]:
    """Every other kind of file that a bundle may hold."""
    return (*contracts.FILE_KINDS, *policy.FILE_KINDS, *detection.FILE_KINDS)


def bundle_checks() -> tuple[Check, ...]:
    """Every check across documents, those of materials excepted."""
    return (
        *bundle_kinds.CHECKS,
        *gateway_checks.CHECKS,
        *identity.CHECKS,
        *contracts.CHECKS,
        *keys.CHECKS,
        *policy.CHECKS,
        *detection.CHECKS,
        *response.CHECKS,
        *versions.CHECKS,
        _containments_fit,
    )


def _containments_fit(bundle: Bundle) -> Iterator[Mistake]:
    """A containment rule must be about what the alerts of its detections are about."""
    for document in bundle.documents_of(ContainmentRule):
        rule = document.value
        if not isinstance(rule, ContainmentRule):
            continue
        for identifier in rule.on:
            about = entity_types(bundle, identifier)
            if about is not None and rule.target not in about:
                what = f"alerts of `{identifier}` are about a {' or '.join(sorted(about))}"
                hint = f"there will never be one about a {rule.target}"
                yield document.mistake(what, "target", suggestion=hint)


def read_bundle(directory: Path, *, materials: bool = True) -> Loaded:
    """Read a bundle with every mistake in it; keys and such only with `materials`."""
    checks = bundle_checks() + ((material_mistakes,) if materials else ())
    return load(directory, document_kinds(), file_kinds(), checks)


def valid_bundle(directory: Path, *, materials: bool = True) -> Bundle:
    """A bundle without errors. Raises BundleInvalid with every mistake, or NotFound."""
    return read_bundle(directory, materials=materials).valid()


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a gateway keeps what it knows: state that can be rebuilt, and the log that can't."""

    state: Path
    audit: Path

    @property
    def versions(self) -> Path:
        """Applied versions, unless the bundle declares another folder."""
        return self.audit.parent / "versions"

    @property
    def socket(self) -> Path:
        """The control door."""
        return self.state / "run" / "control.sock"


def state_home() -> Path:
    """Where the state of all bundles lies unless somebody says otherwise."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "streamward"


def paths_of(name: str, state_dir: Path | None = None, audit_dir: Path | None = None) -> Paths:
    """The paths for the bundle of this name."""
    state = (state_dir or state_home() / name).absolute()
    return Paths(state=state, audit=(audit_dir or state / "audit").absolute())


def bundle_name(bundle: Bundle) -> str:
    """The name in the bundle's head. Raises InvalidArgument where it has none."""
    heads = bundle.of(Manifest)
    if not heads:
        raise InvalidArgument(f"the bundle `{bundle.root}` has no document of kind Bundle")
    return heads[0].name


def engine_of(bundle: Bundle) -> Engine:
    """The detections of a bundle, with new state."""
    return Engine(detections_of(bundle), context_of(bundle), log_failure)


def content_of(loaded: Loaded) -> Content:
    """The files that declare something, as they were read; what a reference names is left out."""
    bundle = loaded.bundle
    declaring = {d.file for d in bundle.documents} | {file.path for file in bundle.files}
    named = {reference.removeprefix("file:") for *_, reference in references(bundle)}
    return Content({path: loaded.texts[path] for path in sorted(declaring - named)})


def read_content(root: Path, content: Content, *, materials: bool = True) -> Bundle:
    """The bundle in a version; references are answered in `root`. Raises BundleInvalid."""
    checks = bundle_checks() + ((material_mistakes,) if materials else ())
    return load_texts(root, content.texts, document_kinds(), file_kinds(), checks).valid()


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
    return (failed_cases, broken_invariants, unapproved_widenings)


def judge_of(root: Path) -> Judge:
    """Holds a proposed version to every gate."""

    def judge(proposed: Content, in_force: Content | None) -> None:
        bundle = read_content(root, proposed, materials=False)
        before = None if in_force is None else _as_it_was(root, in_force)
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


def _as_it_was(root: Path, content: Content) -> Bundle:
    """A version of before: what is wrong with it by now is no reason to refuse another one."""
    return load_texts(root, content.texts, document_kinds(), file_kinds()).bundle


def version_service(
    root: Path, where: Paths, read: Callable[[Bundle], Callable[[str], bytes]]
) -> VersionService:
    """Applies versions of a bundle whose references are answered in `root`."""

    def open_store(bundle: Bundle) -> VersionStore:
        return open_history(bundle, where.versions, read(bundle))

    def policy_version(bundle: Bundle) -> str:
        return policy.compile_policy(bundle, policy_schema(), utc_today()).version

    def content(found: Content) -> Bundle:
        return read_content(root, found)

    return VersionService(open_store, content, judge_apart(root), policy_version)


def private_reader(bundle: Bundle) -> Callable[[str], bytes]:
    """Reads references to private files and variables, for commands beside a gateway."""
    return lambda reference: resolve(reference, bundle.root, private=True).value


@dataclass(frozen=True, slots=True)
class InForce:
    """The newest version of a history."""

    record: VersionRecord
    content: Content

    def bundle_in(self, root: Path) -> Bundle:
        """The bundle, with references answered in `root`. Raises BundleInvalid."""
        return read_content(root, self.content, materials=False)


def in_force(bundle: Bundle, where: Paths) -> InForce | None:
    """What was applied last, for commands beside a gateway; None where nothing was."""
    if not has_history(bundle, where.versions):
        return None
    store = open_history(bundle, where.versions, private_reader(bundle))
    record = store.newest()
    return None if record is None else InForce(record, store.content(record))


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


REPLAYED_KINDS: Final = (Kind.ACCESS_OPENED, Kind.ACCESS_ROLLUP, Kind.DENIED)
REPLAYED_MAX: Final = 1_000_000
"""Different accesses that one replay holds in memory."""


def recorded_accesses(audit_dir: Path, since: int) -> tuple[Recorded, ...]:
    """What was opened or denied since then (ms since 1970), each kind of access once, the newest.

    What a containment decided is left out: it is no rule of the policy. Raises Unavailable where
    the log can't be read, InvalidArgument where it holds too many different ones.
    """
    found: dict[tuple[Any, ...], Recorded] = {}
    for batch in Follower(journal_readers(audit_dir)).drain():
        for entry in batch.entries:
            if not any(map(entry.may_be, REPLAYED_KINDS)):
                continue
            recorded = _recorded(entry, since)
            if recorded is not None:
                kept = (recorded.principal, recorded.action, recorded.resource, recorded.source)
                found[(*kept, recorded.mechanism, recorded.allowed)] = recorded
        if len(found) > REPLAYED_MAX:
            raise InvalidArgument(
                f"more than {REPLAYED_MAX} different accesses; look less far back"
            )
    return tuple(found.values())


def _recorded(entry: Entry, since: int) -> Recorded | None:
    event = entry.event
    told = event.streaming
    if event.time < since or event.kind not in REPLAYED_KINDS:
        return None
    if told.principal is None or told.action is None or told.resource is None:
        return None
    if any(rule.startswith("containment:") for rule in told.rules) or told.resource.name == "*":
        return None
    try:
        action, kind = Action(told.action), ResourceType(told.resource.type)
    except ValueError:
        return None
    return Recorded(
        entry=entry.index,
        time=event.time,
        principal=told.principal,
        action=action,
        resource=Resource(kind, told.resource.name),
        source=event.source,
        mechanism=told.mechanism,
        allowed=told.decision != "deny" and event.kind != Kind.DENIED,
        policy_version=told.policy_version or "",
    )


def replayed(
    root: Path, proposed: Content, before: InForce | None, audit_dir: Path, since: int
) -> tuple[Replayed, ...]:
    """What the log holds since then, decided by a proposed content."""
    old = None if before is None else _as_it_was(root, before.content)
    replay = Replay(read_content(root, proposed, materials=False), old)
    return tuple(replay.of(recorded_accesses(audit_dir, since)))


def _effects(root: Path, proposed: Content, old: Content | None) -> tuple[str, ...]:
    if old is None:
        return ()
    try:
        return effects(policy.diff(_as_it_was(root, old), _as_it_was(root, proposed)))
    except PolicyInvalid as error:
        return (f"what it changes can't be told: {error}",)


def find_history(directory: Path, state_dir: Path | None, audit_dir: Path | None) -> VersionStore:
    """The history of a folder's bundle. Raises NotFound where nothing was ever applied."""
    bundle = read_bundle(directory, materials=False).bundle
    where = paths_of(bundle_name(bundle), state_dir, audit_dir)
    return existing_history(bundle, where.versions, private_reader(bundle))


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
            bundle = _as_it_was(directory, store.content(record))
            for day in policy.days_of_change(bundle, _day(record.time)):
                version = policy.compile_policy(bundle, policy_schema(), day).version
                wanted = text.removeprefix("sha256:")
                if len(wanted) >= 8 and version.removeprefix("sha256:").startswith(wanted):
                    return bundle, day
        raise
    bundle = _as_it_was(directory, store.content(record))
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
    return version_at(directory, reference, state_dir, audit_dir)[0]


def _day(milliseconds: int) -> datetime.date:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, tz=datetime.UTC).date()


class _GatewayApplier:
    """Puts versions in force in the gateway of this process."""

    def __init__(
        self, service: GatewayService, versions: VersionService, source: BundleSource
    ) -> None:
        self._service = service
        self._versions = versions
        self._source = source

    async def apply(self, proposal: Proposal, author: Caller) -> VersionRecord:
        """Staged, in force, kept; or as before."""
        staged = await self._service.apply(
            lambda in_force: self._versions.staged(in_force, proposal, author)
        )
        self._source.applied(staged.record)
        return staged.record


class _OfflineApplier:
    """Keeps versions for the next gateway to start."""

    def __init__(self, bundle: Bundle, versions: VersionService) -> None:
        self._bundle = bundle
        self._versions = versions

    async def apply(self, proposal: Proposal, author: Caller) -> VersionRecord:
        """Staged and kept."""
        with self._versions.staged(self._bundle, proposal, author) as staged:
            return staged.record


@dataclass(frozen=True, slots=True)
class Started:
    """What a gateway that has just started is."""

    bundle: Bundle
    paths: Paths
    policy_version: str
    status: dict[str, Any]
    stop: Callable[[], None]
    """Drains it and lets `run_gateway` return; for the thread of its event loop."""


async def run_gateway(
    directory: Path,
    paths: Callable[[Bundle], Paths],
    workers: int,
    on_started: Callable[[Started], None],
    *,
    signals: bool = True,
    drain_seconds: float = DRAIN_SECONDS,
    from_folder: bool = False,
) -> None:
    """Run a gateway for a bundle until a signal or `Started.stop` ends it. Raises StreamwardError.

    It runs the newest version that was applied; before there is one, or with `from_folder`, the
    folder.
    `signals` needs the main thread. Connections that are still open when it ends have
    `drain_seconds` to finish.
    """
    source = version_source(directory, from_folder=from_folder)
    folder = source.folder()
    where = paths(folder.bundle if folder.bundle.of(Manifest) else folder.valid())
    data_plane = CoreDataPlane(where.audit, workers)
    accesses = AccessLog(data_plane)
    keeper = _keeper(folder.bundle, accesses)

    def history(declared: Bundle) -> VersionStore | None:
        if not has_history(declared, where.versions):
            return None
        return open_history(declared, where.versions, secrets_of(declared, keeper))

    source.keep_history(history, where.state / "newest-version")
    bundle = source.read()
    where.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    where.audit.mkdir(parents=True, exist_ok=True, mode=0o700)
    containments = _response(bundle, where, data_plane, data_plane)
    containments.restore()
    detections = DetectionService(
        journal_readers(where.audit),
        data_plane,
        SavedState(where.state / "detection.json"),
        engine_of(bundle),
    )
    detections.on_recorded = containments.wake

    index = IndexKeeper(
        journal_readers(where.audit), index_path(where.audit), lambda: log_origin(where.audit)
    )
    supply = SecretSupply(keeper, accesses)
    enforcer = _Enforcer(containments, data_plane.forget_passwords)
    identities = _identities(bundle, where, data_plane, enforcer, secrets_of(bundle, keeper))
    key_holder = KeyHolder(key_settings(bundle, where.state, secrets_of(bundle, keeper)))
    questions = QuestionService(
        data_plane,
        {
            "passwords": lambda it: identities.passwords(it["principal"]),
            **KeyAnswers(key_holder).answerers(),
        },
    )
    tokens = TokenIssuerService(questions, data_plane, secrets_of(bundle, keeper))
    tokens.replace(bundle)
    devices = DeviceInventoryService(data_plane, secrets_of(bundle, keeper))
    devices.replace(bundle)
    running = bundle

    witnessing = Witnessing(where.audit, next(iter(bundle.of(AuditLog)), None))

    def on_bundle(changed: Bundle) -> None:
        nonlocal running
        running = changed
        read = secrets_of(changed, keeper)
        tokens.replace(changed, read)
        identities.configure(identity_settings(changed, where, read))
        key_holder.configure(key_settings(changed, where.state, read))
        witnessing.replace(next(iter(changed.of(AuditLog)), None))
        devices.replace(changed, secrets_of(changed, keeper))
        door.replace_bundle(changed)
        containments.replace_rules(changed.of(ContainmentRule))
        detections.replace(engine_of(changed))

    service = GatewayService(data_plane, source, containments, on_bundle, supply.materials)
    supply.on_change(service.supply)
    door = ControlDoor(
        bundle, data_plane, data_plane, containments, service, knows_credential=identities.knows
    )
    kept = version_service(directory, where, lambda one: secrets_of(one, keeper))
    applier = _GatewayApplier(service, kept, source)
    erasing = Erasing(Openings(where.audit), journal_readers(where.audit), data_plane)
    key_service, destruction = _keys(
        key_holder, data_plane, data_plane.forget_keys, where, lambda: running
    )
    api = control_api(
        door,
        CredentialDoor(door, identities),
        VersionDoor(door, applier, data_plane),
        EraseDoor(door, erasing),
        KeyDoor(door, key_service, destruction),
    )
    server = DoorServer(api, where.socket)
    server.bind()
    await service.start(bundle)
    version, status = service.policy_version, service.status()
    on_started(Started(bundle, where, version, status, service.stop))

    def figures() -> Figures:
        followers = {
            "detection": detections.handled_entries,
            "response": containments.handled_entries,
            "index": index.handled_entries,
        }
        return {
            "followers": {name: at for name, at in followers.items() if at is not None},
            "alerts": detections.alerts,
            "reloads": service.reloads,
        }

    publisher = FiguresPublisher(data_plane, figures)
    watcher = MaterialsWatcher(data_plane, lambda: running)
    workers_beside = (
        server,
        containments,
        detections,
        publisher,
        questions,
        tokens,
        index,
        devices,
        supply,
        witnessing,
        CredentialKeeper(identities, enforcer),
        KeyWatch(key_service, destruction),
        CredentialUse(
            journal_readers(where.audit),
            SavedState(where.state / "credential-use.json"),
            identities,
        ),
        watcher,
    )
    try:
        await service.run(workers_beside, signals=signals, drain_seconds=drain_seconds)
    finally:
        identities.close()
        key_holder.close()


def _keeper(bundle: Bundle, accesses: AccessLog) -> SecretKeeper:
    """Knows the stores of secrets that the bundle declares."""
    keeper = SecretKeeper(open_store, accesses.add)

    def answer(reference: str, private: bool) -> Secret:
        return keeper.resolve(reference, bundle.root, private=private)

    keeper.configure(store_settings(bundle, answer))
    return keeper


def check_live(bundle: Bundle) -> tuple[Checked, ...]:
    """Connect to the brokers of every cluster, as the gateway and as everyone else.

    Raises MaterialMissing, MaterialRefused or SecretUnavailable for a secret that can't be had.
    """
    keeper = SecretKeeper(open_store)

    def answer(reference: str, private: bool) -> Secret:
        return keeper.resolve(reference, bundle.root, private=private)

    try:
        keeper.configure(store_settings(bundle, answer))
        return tuple(
            check_cluster(
                cluster.name,
                cluster.bootstrap,
                gateway_access(cluster, answer),
                known_access(cluster, answer),
            )
            for cluster in bundle.of(Cluster)
        )
    finally:
        keeper.close()


def secrets_of(bundle: Bundle, keeper: SecretKeeper) -> ReadSecret:
    """Reads what the references of a bundle name; raises StreamwardError.

    That files are private was looked at, and their reading entered, with the bundle's materials.
    """
    return lambda reference: keeper.resolve(reference, bundle.root).value


def _response(bundle: Bundle, where: Paths, recorder: Any, sink: Any) -> ResponseService:
    return ResponseService(
        journal_readers(where.audit),
        recorder,
        sink,
        SavedState(where.state / "overlay.json"),
        bundle.of(ContainmentRule),
    )


class _Enforcer:
    """Has connections feel what happens to stored credentials: by the overlay, and a fresh look."""

    def __init__(self, containments: ResponseService, forget: Callable[[], None]) -> None:
        self._containments = containments
        self._forget = forget

    async def end(self, credential: str, owner: str, reason: str) -> None:
        """A containment closes the connections; the store itself refuses it for ever after."""
        if not self._of(credential):
            containment = Containment(
                id="c-" + secrets.token_hex(12),
                verb=Verb.REVOKE,
                target_type=TargetType.CREDENTIAL,
                name=credential,
                owner=owner,
                reason=reason,
                expires_milliseconds=now_milliseconds() + ENDED_MILLISECONDS,
            )
            await self._containments.open(containment)

    async def restore(self, credential: str, owner: str, reason: str) -> None:
        """Lift every containment of it."""
        for containment in self._of(credential):
            await self._containments.lift(containment.id, owner, reason)

    def _of(self, credential: str) -> list[Containment]:
        active = self._containments.overlay.active.values()
        about = (TargetType.CREDENTIAL, credential)
        return [one for one in active if (one.target_type, one.name) == about]

    async def forget(self) -> None:
        """What was looked up is asked anew."""
        await asyncio.to_thread(self._forget)


def identity_settings(bundle: Bundle, where: Paths, read: ReadSecret) -> IdentitySettings | None:
    """The identity store of a bundle; None where it declares none. Raises StreamwardError."""
    stores = bundle.of(IdentityStore)
    if not stores:
        return None
    declared = stores[0]
    # With its libraries it takes 30 MB, which a gateway without an identity store does not need.
    from streamward.identity.store import open_store

    def key(reference: str) -> Secret:
        return read_key(Secret(read(reference)))

    cipher = ColumnCipher(key(declared.key), [key(one) for one in declared.previous_keys])
    url = None
    if declared.url is not None:
        url = read(declared.url).decode()
    file = where.state / "identity.db"
    digest = hashlib.sha256(f"{cipher.key_ids}\0{url}".encode()).hexdigest()
    return IdentitySettings(
        open_store=lambda: open_store(url, file, cipher),
        identity=(digest,),
        iterations=declared.iterations,
        classes={one.name: one for one in bundle.of(CredentialClass)},
        principals=frozenset(one.name for one in bundle.of(Principal)),
    )


def _identities(
    bundle: Bundle, where: Paths, recorder: Any, enforcer: _Enforcer, read: ReadSecret
) -> IdentityService:
    def make(password: bytes, iterations: int, mechanism: str, salt: bytes) -> str:
        with core_errors():
            return str(core().password_verifier(password, iterations, mechanism, salt))

    settings = identity_settings(bundle, where, read)
    return IdentityService(recorder, enforcer, make, settings)


def _keys(
    holder: KeyHolder,
    recorder: Any,
    forget: Callable[[str], None],
    where: Paths,
    bundle: Callable[[], Bundle],
) -> tuple[KeyService, Destruction]:
    service = KeyService(holder, recorder, forget)
    return service, Destruction(service, lambda ring: written_under(bundle(), where.audit, ring))


class _NobodyListens:
    """An overlay without a gateway: the next one to start folds it from the log."""

    def overlay(self, overlay: bytes) -> bytes:
        """Nothing to put in force."""
        return b"{}"


@dataclass(frozen=True, slots=True)
class OfflineDoor:
    """The control door of a bundle whose gateway does not run; holds the log's lock."""

    door: ControlDoor
    credentials: CredentialDoor
    versions: VersionDoor
    erasing: EraseDoor
    keys: KeyDoor
    writer: JournalWriter
    identities: IdentityService
    key_holder: KeyHolder

    def close(self) -> None:
        """Let go of the log, of the identity store and of the key store."""
        self.identities.close()
        self.key_holder.close()
        self.writer.close()


def offline_door(bundle: Bundle, where: Paths) -> OfflineDoor:
    """The same verbs, authorised by the same policy and recorded in the same log.

    Raises Unavailable where a gateway holds the log.
    """
    section = policy.compile_policy(bundle, policy_schema(), utc_today())
    decider = evaluator(section, bundle)
    where.audit.mkdir(parents=True, exist_ok=True, mode=0o700)
    writer = JournalWriter(where.audit)
    try:
        containments = _response(bundle, where, writer, _NobodyListens())
        containments.restore()
        enforcer = _Enforcer(containments, lambda: None)
        accesses = AccessLog(writer)
        keeper = _keeper(bundle, accesses)
        read = secrets_of(bundle, keeper)
        identities = _identities(bundle, where, writer, enforcer, read)
        key_holder = KeyHolder(key_settings(bundle, where.state, read))
        accesses.flush()
    except BaseException:
        writer.close()
        raise
    door = ControlDoor(bundle, decider, writer, containments, knows_credential=identities.knows)
    service = version_service(bundle.root, where, lambda one: secrets_of(one, keeper))
    applied = VersionDoor(door, _OfflineApplier(bundle, service), writer)
    erasing = Erasing(Openings(where.audit), journal_readers(where.audit), writer)
    keys_of = _keys(key_holder, writer, lambda _: None, where, lambda: bundle)
    return OfflineDoor(
        door,
        CredentialDoor(door, identities),
        applied,
        EraseDoor(door, erasing),
        KeyDoor(door, *keys_of),
        writer,
        identities,
        key_holder,
    )


def find_socket(state_dir: Path | None, socket: Path | None, directory: Path | None) -> Path:
    """The control socket that the options mean; without any, the only one that there is.

    Raises InvalidArgument where that is not clear.
    """
    if socket is not None:
        return socket
    if state_dir is not None:
        return paths_of("", state_dir).socket
    if directory is not None:
        return paths_of(bundle_name(read_bundle(directory, materials=False).bundle)).socket
    found = sorted(state_home().glob("*/run/control.sock"))
    if len(found) != 1:
        raise InvalidArgument(f"{len(found)} gateways run here; name one with `--state-dir`")
    return found[0]


def find_audit_dir(audit_dir: Path | None, state_dir: Path | None, directory: Path | None) -> Path:
    """The log that the options mean; without any, the only one that there is.

    Raises NotFound where it isn't there, InvalidArgument where it is not clear which.
    """
    if audit_dir is None and state_dir is None and directory is None:
        found = sorted(state_home().glob("*/audit"))
        if len(found) != 1:
            raise InvalidArgument(f"there are {len(found)} logs here; name one with `--audit-dir`")
        return found[0]
    name = ""
    if directory is not None:
        name = bundle_name(read_bundle(directory, materials=False).bundle)
    where = paths_of(name, state_dir, audit_dir).audit
    if not where.is_dir():
        raise NotFound(f"there is no log at `{where}`")
    return where


@contextmanager
def open_sealer(
    directory: Path, cluster: str | None = None, state_dir: Path | None = None
) -> Iterator["Sealer"]:
    """Seals and opens what a bundle declares, in this process, with keys straight from providers.

    `cluster` says through which of the bundle's clusters records go; it may be left out where there
    is one. Without a `KeyStore` that has a URL, wrapped keys lie in `state_dir` (by default where a
    gateway of this bundle, run by the same user, keeps its own). Raises StreamwardError.
    """
    bundle = valid_bundle(directory)
    name = _only_cluster(bundle) if cluster is None else cluster
    where = paths_of(bundle_name(bundle), state_dir)
    where.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    # There is no log to enter reads of secrets in: a provider keeps its own.
    keeper = SecretKeeper(open_store, lambda _: None)
    keeper.configure(
        store_settings(
            bundle, lambda one, private: keeper.resolve(one, bundle.root, private=private)
        )
    )
    keys = KeyHolder(key_settings(bundle, where.state, secrets_of(bundle, keeper)))
    try:
        from streamward.sdk import Sealer

        yield Sealer(sdk_streams(bundle, name), KeyAnswers(keys))
    finally:
        keys.close()
        keeper.close()


def sdk_streams(bundle: Bundle, cluster: str) -> "SealedStreams":
    """The sealed streams of a bundle. Raises NotFound for a cluster that it does not declare."""
    if bundle.find(Cluster, cluster) is None:
        raise NotFound(f"the bundle declares no Cluster `{cluster}`")
    from streamward.sdk import SealedStream, SealedStreams

    rings = {ring.name: ring for ring in bundle.of(KeyRing)}
    return SealedStreams(
        SealedStream(
            name=text_of(declared),
            is_prefix=declared.name is None,
            tenant=tenant_of(bundle, text_of(declared)),
            cluster=seal.home or cluster,
            data_class=rings[seal.ring].data_class,
            seal=seal,
        )
        for declared, seal in sealed_streams(bundle)
    )


def _only_cluster(bundle: Bundle) -> str:
    declared = [each.name for each in bundle.of(Cluster)]
    if len(declared) != 1:
        raise InvalidArgument(f"name one of the clusters: {', '.join(declared) or 'there is none'}")
    return declared[0]
