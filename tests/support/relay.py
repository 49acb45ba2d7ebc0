"""A relay in front of a broker whose door can be held shut: dialling takes as long as one likes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

# A connection that isn't accepted by the kernel within this time is held back.
HELD_SECONDS = 0.2
CHUNK_BYTES = 65_536


class Relay:
    """Passes connections on to `target`, a `host:port`."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._door = socket.socket()
        self._door.bind(("127.0.0.1", 0))
        # The shortest queue there is: two connections that nobody takes fill it.
        self._door.listen(0)
        self._open = threading.Event()
        self._open.set()
        self._holds = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        self._open.set()
        # Wakes `accept`.
        with contextlib.suppress(OSError):
            socket.create_connection(self._door.getsockname(), timeout=1.0).close()
        self._thread.join(5.0)
        self._door.close()

    @property
    def address(self) -> str:
        """Where the relay listens, as `host:port`."""
        host, port = self._door.getsockname()
        return f"{host}:{port}"

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Who dials meanwhile hears nothing, until this ends."""
        held = [self._caller()]
        try:
            self._open.clear()
            self._holds.clear()
            # Taken and held: from here on nobody is taken from the queue.
            held[-1].connect(self._door.getsockname())
            assert self._holds.wait(5.0), "the relay takes no connection"
            with contextlib.suppress(TimeoutError):
                while True:
                    held.append(self._caller())
                    held[-1].connect(self._door.getsockname())
            yield
        finally:
            for caller in held:
                caller.close()
            self._open.set()

    @staticmethod
    def _caller() -> socket.socket:
        caller = socket.socket()
        caller.settimeout(HELD_SECONDS)
        return caller

    def _serve(self) -> None:
        while not self._ended:
            client, _ = self._door.accept()
            if not self._open.is_set():
                self._holds.set()
                self._open.wait()
            try:
                broker = socket.create_connection(self._target, timeout=5.0)
            except OSError:
                client.close()
                continue
            broker.settimeout(None)
            for source, sink in ((client, broker), (broker, client)):
                threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK_BYTES):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
