"""Wires a gateway together and runs it: data plane, log, detection, containment, door."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamward.app.bundles import engine_of
from streamward.app.following import SignatureFollowing
from streamward.app.identities import Enforcer, identities_of, identity_settings, keys_of
from streamward.app.places import Paths
from streamward.app.stores import keeper_of, secrets_of
from streamward.app.versions import (
    GatewayApplier,
    history_folder,
    newest_version,
    version_service,
    version_source,
)
from streamward.audit import SavedState
from streamward.audit.erasing import Erasing
from streamward.audit.index import IndexKeeper
from streamward.audit.journal import journal_readers
from streamward.audit.openings import Openings
from streamward.audit.places import index_path, log_origin
from streamward.audit.witnessing import Witnessing
from streamward.contracts.registries import RegistryAnswers, registry_settings
from streamward.detection.service import DetectionService
from streamward.gateway.credentials import CredentialKeeper, CredentialUse
from streamward.gateway.data_plane import CoreDataPlane
from streamward.gateway.figures import Figures, FiguresPublisher
from streamward.gateway.key_rings import KeyWatch, key_settings
from streamward.gateway.memory import MemoryKeeper
from streamward.gateway.questions import QuestionService
from streamward.gateway.renewal import MaterialsWatcher
from streamward.gateway.service import DRAIN_SECONDS, Follow, GatewayService
from streamward.gateway.supply import AccessLog, SecretSupply
from streamward.identity.devices import DeviceInventoryService
from streamward.identity.token_issuers import TokenIssuerService
from streamward.keys.answers import KeyAnswers
from streamward.keys.holder import KeyHolder
from streamward.model.audit_log import AuditLog
from streamward.model.document import Bundle
from streamward.model.manifest import Manifest
from streamward.response import ContainmentRule
from streamward.response.service import ResponseService
from streamward.server.api import control_api
from streamward.server.credentials import CredentialDoor
from streamward.server.door import ControlDoor
from streamward.server.erasing import EraseDoor
from streamward.server.keys import KeyDoor
from streamward.server.service import DoorServer
from streamward.server.versions import VersionDoor
from streamward.versions import VersionStore
from streamward.versions.keys import has_history, open_history


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
    keeper = keeper_of(folder.bundle, accesses)

    def history(declared: Bundle) -> VersionStore | None:
        folder = history_folder(declared, where)
        if not has_history(folder):
            return None
        return open_history(declared, folder, secrets_of(declared, keeper))

    source.keep_history(history, newest_version(where))
    bundle = source.read()
    where.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    where.audit.mkdir(parents=True, exist_ok=True, mode=0o700)
    containments = response_of(bundle, where, data_plane, data_plane)
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
    enforcer = Enforcer(containments, data_plane.forget_passwords)
    identities = identities_of(bundle, where, data_plane, enforcer, secrets_of(bundle, keeper))
    key_holder = KeyHolder(key_settings(bundle, where.state, secrets_of(bundle, keeper)))
    registries = RegistryAnswers(registry_settings(bundle, secrets_of(bundle, keeper)))
    questions = QuestionService(
        data_plane,
        {
            "passwords": lambda it: identities.passwords(it["principal"]),
            **KeyAnswers(key_holder, recorder=data_plane).answerers(),
        },
        slow=registries.answerers(),
    )
    tokens = TokenIssuerService(questions, data_plane, secrets_of(bundle, keeper))
    tokens.replace(bundle)
    devices = DeviceInventoryService(data_plane, secrets_of(bundle, keeper))
    devices.replace(bundle)
    running = bundle

    witnessing = Witnessing(where.audit, next(iter(bundle.of(AuditLog)), None))

    def runs(changed: Bundle) -> None:
        nonlocal running
        running = changed

    def prepare(changed: Bundle) -> Follow:
        read = secrets_of(changed, keeper)
        of_identities = identity_settings(changed, where, read)
        of_keys = key_settings(changed, where.state, read)
        of_registries = registry_settings(changed, read)
        engine = engine_of(changed)
        return (
            lambda: runs(changed),
            lambda: door.replace_bundle(changed),
            lambda: containments.replace_rules(changed.of(ContainmentRule)),
            lambda: detections.replace(engine),
            lambda: key_holder.configure(of_keys),
            lambda: registries.configure(of_registries),
            lambda: identities.configure(of_identities),
            lambda: tokens.replace(changed, read),
            lambda: devices.replace(changed, read),
            lambda: witnessing.replace(next(iter(changed.of(AuditLog)), None)),
        )

    service = GatewayService(data_plane, source, containments, prepare, supply.materials)
    supply.on_change(service.supply)
    door = ControlDoor(
        bundle, data_plane, data_plane, containments, service, knows_credential=identities.knows
    )
    kept = version_service(directory, where, lambda one: secrets_of(one, keeper))
    applier = GatewayApplier(service, kept, source)
    erasing = Erasing(Openings(where.audit), journal_readers(where.audit), data_plane)
    key_service, destruction = keys_of(
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
    watcher = MaterialsWatcher(service.supply, lambda: running)
    following = SignatureFollowing(
        lambda: running,
        lambda one, private: keeper.resolve(one, running.root, private=private),
        data_plane,
        where.state,
    )
    workers_beside = (
        MemoryKeeper(),
        following,
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


def response_of(bundle: Bundle, where: Paths, recorder: Any, sink: Any) -> ResponseService:
    """Containments, from the log and by the rules of the bundle."""
    return ResponseService(
        journal_readers(where.audit),
        recorder,
        sink,
        SavedState(where.state / "overlay.json"),
        bundle.of(ContainmentRule),
    )
