"""Who stands at the control door: from the peer's process to a principal of the bundle."""

import os
import pwd
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streamward.errors import NotPermitted
from streamward.model.document import Bundle
from streamward.model.entries import Caller
from streamward.model.principal import Principal, UnixUserCredential

OWNER: Final = "@owner"


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end of a Unix socket, as the kernel says."""

    pid: int
    uid: int
    gid: int


def peer_of(connection: socket.socket) -> Peer:
    """The peer's process. Raises OSError where the kernel doesn't say."""
    size = struct.calcsize("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid, uid, gid = struct.unpack("3i", raw)
    if pid <= 0:
        raise OSError("the kernel names no process at the other end")
    return Peer(pid=pid, uid=uid, gid=gid)


def own_peer() -> Peer:
    """This process, for commands that act without a gateway."""
    return Peer(pid=os.getpid(), uid=os.geteuid(), gid=os.getegid())


def unix_users(bundle: Bundle) -> dict[str, tuple[str, str]]:
    """User name (or `@owner`) to principal and credential, as the bundle declares."""
    return {
        credential.user: (principal.name, credential.id)
        for principal in bundle.of(Principal)
        for credential in principal.credentials
        if isinstance(credential, UnixUserCredential)
    }


def _user_name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


class Unknown(NotPermitted):
    """Nobody in the bundle has this Unix user."""

    help = "Give a principal a credential of type `unix_user` in the bundle."


def caller_of(peer: Peer, users: Mapping[str, tuple[str, str]], owner_uid: int) -> Caller:
    """The principal that this process acts for. A user by name comes before `@owner`.

    Raises Unknown where the bundle maps nobody to the peer's user.
    """
    name = _user_name(peer.uid)
    found = users.get(name) if name is not None else None
    if found is None and peer.uid == owner_uid:
        found = users.get(OWNER)
    if found is None:
        raise Unknown(f"no principal has the unix user `{name or peer.uid}`")
    principal, credential = found
    return Caller(principal=principal, mechanism="unix", credential=credential)
