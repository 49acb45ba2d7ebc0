"""The composition root: the only place that knows every room."""

from streamward.app.bundles import (
    bundle_checks,
    bundle_name,
    content_of,
    document_kinds,
    engine_of,
    file_kinds,
    read_bundle,
    valid_bundle,
)
from streamward.app.live import check_live
from streamward.app.offline import OfflineDoor, offline_door
from streamward.app.places import Paths, find_audit_dir, find_socket, paths_of
from streamward.app.replaying import replayed
from streamward.app.running import Started, run_gateway
from streamward.app.sealing import open_sealer
from streamward.app.signing import VerificationKey, open_signer, verification_keys
from streamward.app.versions import bundle_at, find_history, in_force, version_at, version_change

__all__ = [
    "OfflineDoor",
    "Paths",
    "Started",
    "VerificationKey",
    "bundle_at",
    "bundle_checks",
    "bundle_name",
    "check_live",
    "content_of",
    "document_kinds",
    "engine_of",
    "file_kinds",
    "find_audit_dir",
    "find_history",
    "find_socket",
    "in_force",
    "offline_door",
    "open_sealer",
    "open_signer",
    "paths_of",
    "read_bundle",
    "replayed",
    "run_gateway",
    "valid_bundle",
    "verification_keys",
    "version_at",
    "version_change",
]
