"""Serves the control door on a Unix socket that only its owner can open."""

import asyncio
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from streamward.errors import InvalidArgument, Unavailable
from streamward.log import Logger
from streamward.server.api import PEER_SCOPE
from streamward.server.caller import peer_of

log = Logger(__name__)

SOCKET_PATH_BYTES_MAX: Final = 107
BODY_HEAD_BYTES_MAX: Final = 16 * 1024
CONNECTIONS_MAX: Final = 64
BACKLOG: Final = 64
PROBE_SECONDS: Final = 1.0


class PeerProtocol(H11Protocol):
    """HTTP/1.1 that tells the application which process is at the other end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask the kernel who the peer is; without an answer the connection is closed."""
        connection = transport.get_extra_info("socket")
        try:
            peer = peer_of(connection)
        except (OSError, AttributeError) as error:
            log.error("peer unknown; connection refused", cause=error)
            transport.abort()
            return
        inner = self.app

        async def with_peer(scope: Any, receive: Any, send: Any) -> None:
            await inner({**scope, PEER_SCOPE: peer}, receive, send)

        self.app = with_peer
        super().connection_made(transport)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the gateway's."""
        yield

    async def main_loop(self) -> None:
        """Until cancelled, which is how it ends here: ten looks a second would be for nothing."""
        while True:
            await self.on_tick(0)  # the date in the head of answers
            await asyncio.sleep(1.0)


def open_socket(path: Path) -> socket.socket:
    """Bind the control socket: mode 0600, in a directory of mode 0700.

    Raises Unavailable where somebody answers there already, InvalidArgument for a path that can't
    hold a socket.
    """
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES_MAX:
        what = f"the path `{path}` is too long for a socket; choose a shorter `--state-dir`"
        raise InvalidArgument(what)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    _remove_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Nobody can get in between: the directory is closed to others.
        bound.bind(str(path))
        path.chmod(0o600)
        # From here on a caller waits for the door instead of being told that nobody is there.
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise Unavailable(f"the control socket `{path}` can't be made") from error
    return bound


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise InvalidArgument(f"`{path}` is there and is not a socket")
    if answers(path):
        raise Unavailable(f"another gateway answers at `{path}`")
    path.unlink()


def answers(path: Path) -> bool:
    """Whether a process listens on this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            # Somebody is there but too busy, or it isn't ours to open: not stale.
            return True
    return True


class DoorServer:
    """The control door as a worker beside the data plane."""

    def __init__(self, api: FastAPI, path: Path) -> None:
        self._api = api
        self._path = path
        self._bound: socket.socket | None = None

    def bind(self) -> None:
        """Take the socket before anything else starts. Raises as `open_socket`."""
        self._bound = open_socket(self._path)

    async def run(self) -> None:
        """Serve until cancelled; then the socket is gone."""
        bound, self._bound = self._bound or open_socket(self._path), None
        server = _Server(
            uvicorn.Config(
                self._api,
                http=PeerProtocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                limit_concurrency=CONNECTIONS_MAX,
                h11_max_incomplete_event_size=BODY_HEAD_BYTES_MAX,
                timeout_graceful_shutdown=2,
            )
        )
        try:
            await server.serve(sockets=[bound])
        finally:
            for listening in getattr(server, "servers", []):
                listening.close()
            for connection in list(server.server_state.connections):
                connection.transport.close()
            bound.close()
            self._path.unlink(missing_ok=True)
