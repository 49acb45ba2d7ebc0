"""One connection to a broker or to the gateway: sockets, TLS, SASL and correlation ids."""

import socket
import ssl
import struct
from dataclasses import dataclass
from pathlib import Path

from tests.equivalence.codec import Codec
from tests.equivalence.schema import binary

SASL_HANDSHAKE = 17
SASL_AUTHENTICATE = 36


class Closed(Exception):
    """The peer closed the connection instead of answering."""


class Silent(Exception):
    """No answer within the time."""


@dataclass(frozen=True)
class Door:
    """Where to connect, and how a caller proves who it is there."""

    port: int
    authority: Path | None = None
    """The PEM file to check the certificate with; None: no TLS."""
    passwords: dict[str, str] | None = None
    """By principal; None: nobody logs in."""


class Connection:
    """Requests and responses in order, one at a time."""

    def __init__(self, door: Door, principal: str, codec: Codec, seconds: float) -> None:
        self._seconds = seconds
        self._correlation = 0
        self._socket = socket.create_connection(("127.0.0.1", door.port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if door.authority is not None:
            context = ssl.create_default_context(cafile=str(door.authority))
            self._socket = context.wrap_socket(self._socket, server_hostname="localhost")
        if door.passwords is not None:
            self._log_in(codec, principal, door.passwords[principal])

    def close(self) -> None:
        self._socket.close()

    def send(self, request: bytes) -> None:
        """Send a request (header and body); its correlation id is put in here."""
        self._correlation += 1
        frame = request[:4] + struct.pack(">i", self._correlation) + request[8:]
        try:
            self._socket.sendall(struct.pack(">i", len(frame)) + frame)
        except OSError as gone:
            raise Closed from gone

    def receive(self, seconds: float | None = None) -> bytes:
        """The next response, header included. Raises Closed or Silent."""
        self._socket.settimeout(seconds or self._seconds)
        (length,) = struct.unpack(">i", self._read(4))
        frame = self._read(length)
        (correlation,) = struct.unpack(">i", frame[:4])
        assert correlation == self._correlation, "the response is out of order"
        return frame

    def _log_in(self, codec: Codec, principal: str, password: str) -> None:
        self.send(codec.encode(SASL_HANDSHAKE, 1, {"mechanism": "PLAIN"}))
        self.receive()
        proof = binary(f"\0{principal}\0{password}".encode())
        self.send(codec.encode(SASL_AUTHENTICATE, 2, {"authBytes": proof}))
        answer = codec.decode(SASL_AUTHENTICATE, 2, self.receive())
        assert answer["errorCode"] == 0, answer

    def _read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                chunk = self._socket.recv(min(1 << 16, count - len(data)))
            except TimeoutError as late:
                raise Silent from late
            except OSError as gone:
                raise Closed from gone
            if not chunk:
                raise Closed
            data += chunk
        return bytes(data)
