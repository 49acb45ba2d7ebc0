"""Where a gateway keeps its things, and where that of another process is found."""

import os
from dataclasses import dataclass
from pathlib import Path

from streamward.app.bundles import bundle_name, read_bundle
from streamward.errors import InvalidArgument, NotFound


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
    def newest_version(self) -> Path:
        """What remembers which version was in force last: apart from the history."""
        return self.state / "newest-version"

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
        raise NotFound(
            f"there is no log at `{where}`: a gateway begins it when it starts; name another one "
            "with `--audit-dir` or `--state-dir`"
        )
    return where
