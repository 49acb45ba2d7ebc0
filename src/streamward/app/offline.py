"""The verbs of the control door where no gateway runs: under the lock of its log."""

from dataclasses import dataclass

from streamward import policy
from streamward.app.identities import Enforcer, identities_of, keys_of
from streamward.app.places import Paths
from streamward.app.running import response_of
from streamward.app.stores import keeper_of, secrets_of
from streamward.app.versions import OfflineApplier, version_service
from streamward.audit.erasing import Erasing
from streamward.audit.journal import JournalWriter, journal_readers
from streamward.audit.openings import Openings
from streamward.gateway.key_rings import key_settings
from streamward.gateway.supply import AccessLog
from streamward.identity.service import IdentityService
from streamward.keys.holder import KeyHolder
from streamward.model.document import Bundle
from streamward.policy.days import utc_today
from streamward.policy.evaluator import evaluator, policy_schema
from streamward.server.credentials import CredentialDoor
from streamward.server.door import ControlDoor
from streamward.server.erasing import EraseDoor
from streamward.server.keys import KeyDoor
from streamward.server.versions import VersionDoor


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
        containments = response_of(bundle, where, writer, _NobodyListens())
        containments.restore()
        enforcer = Enforcer(containments, lambda: None)
        accesses = AccessLog(writer)
        keeper = keeper_of(bundle, accesses)
        read = secrets_of(bundle, keeper)
        identities = identities_of(bundle, where, writer, enforcer, read)
        key_holder = KeyHolder(key_settings(bundle, where.state, read))
        accesses.flush()
    except BaseException:
        writer.close()
        raise
    door = ControlDoor(bundle, decider, writer, containments, knows_credential=identities.knows)
    service = version_service(bundle.root, where, lambda one: secrets_of(one, keeper))
    applied = VersionDoor(door, OfflineApplier(bundle, service), writer)
    erasing = Erasing(Openings(where.audit), journal_readers(where.audit), writer)
    of_keys = keys_of(key_holder, writer, lambda _: None, where, lambda: bundle)
    return OfflineDoor(
        door,
        CredentialDoor(door, identities),
        applied,
        EraseDoor(door, erasing),
        KeyDoor(door, *of_keys),
        writer,
        identities,
        key_holder,
    )
