"""The composition root: the only place that knows every room.

What a name stands for is imported when it is first asked for: a question to a policy needs
neither a server nor a gateway.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from streamward.app.asking import asked_bundle
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
    from streamward.app.protection import difference, unapproved_changes
    from streamward.app.replaying import replayed
    from streamward.app.running import Started, run_gateway
    from streamward.app.sealing import open_sealer
    from streamward.app.signing import VerificationKey, open_signer, verification_keys
    from streamward.app.versions import (
        bundle_at,
        find_history,
        in_force,
        version_at,
        version_change,
    )

__all__ = [
    "OfflineDoor",
    "Paths",
    "Started",
    "VerificationKey",
    "asked_bundle",
    "bundle_at",
    "bundle_checks",
    "bundle_name",
    "check_live",
    "content_of",
    "difference",
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
    "unapproved_changes",
    "valid_bundle",
    "verification_keys",
    "version_at",
    "version_change",
]

_HOMES: Final = {
    "OfflineDoor": "offline",
    "Paths": "places",
    "Started": "running",
    "VerificationKey": "signing",
    "asked_bundle": "asking",
    "bundle_at": "versions",
    "check_live": "live",
    "difference": "protection",
    "find_audit_dir": "places",
    "find_history": "versions",
    "find_socket": "places",
    "in_force": "versions",
    "offline_door": "offline",
    "open_sealer": "sealing",
    "open_signer": "signing",
    "paths_of": "places",
    "replayed": "replaying",
    "run_gateway": "running",
    "unapproved_changes": "protection",
    "verification_keys": "signing",
    "version_at": "versions",
    "version_change": "versions",
}
"""The module of each name that isn't in `bundles`."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'bundles')}")
    return globals().setdefault(name, getattr(module, name))
