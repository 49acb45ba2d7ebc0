"""A client of sockets and bytes: it sends what it likes, and keeps every byte that came back."""

import base64
import hashlib
import hmac
import re
import secrets
import socket
import ssl
import struct
from types import TracebackType
from typing import Self

from tests.support.endpoints import Endpoint
from tests.support.messages import Api, Values, decode_response, encode_request


class RawClient:
    """One connection. `received` holds every byte of every response, lengths included."""

    def __init__(
        self, endpoint: Endpoint, server_name: str | None = None, seconds: float = 10.0
    ) -> None:
        plain = socket.create_connection(endpoint.address, timeout=seconds)
        name = server_name or endpoint.address[0]
        self.socket = endpoint.tls_context().wrap_socket(plain, server_hostname=name)
        self.received = bytearray()
        self._correlation = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def request(self, api: Api, version: int, values: Values) -> Values:
        """Send one request and read its response."""
        self.send(api, version, values)
        correlation, response = decode_response(api, version, self.read_frame())
        assert correlation == self._correlation, "the responses are out of order"
        return response

    def send(self, api: Api, version: int, values: Values) -> int:
        """Send one request without waiting; gives its correlation id."""
        self._correlation += 1
        self.socket.sendall(encode_request(api, version, self._correlation, values))
        return self._correlation

    def authenticate(self, apis: dict[str, Api], username: str, password: str) -> Values:
        """SASL PLAIN; gives the answer to SaslAuthenticate."""
        handshake = self.request(apis["SaslHandshake"], 1, {"Mechanism": "PLAIN"})
        assert handshake["ErrorCode"] == 0, handshake
        proof = f"\0{username}\0{password}".encode()
        return self.request(apis["SaslAuthenticate"], 2, {"AuthBytes": proof})

    def authenticate_scram(self, apis: dict[str, Api], username: str, password: str) -> Values:
        """SASL SCRAM-SHA-512 (RFC 5802); gives the last answer to SaslAuthenticate."""
        handshake = self.request(apis["SaslHandshake"], 1, {"Mechanism": "SCRAM-SHA-512"})
        assert handshake["ErrorCode"] == 0, handshake
        first = f"n={username},r={secrets.token_hex(16)}"
        proof = {"AuthBytes": f"n,,{first}".encode()}
        challenge = self.request(apis["SaslAuthenticate"], 2, proof)["AuthBytes"].decode()
        match = re.fullmatch(r"r=([^,]+),s=([^,]+),i=([0-9]+)", challenge)
        assert match is not None, challenge
        salt = base64.b64decode(match[2])
        salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, int(match[3]))
        key = hmac.digest(salted, b"Client Key", "sha512")
        final = f"c=biws,r={match[1]}"
        signed = f"{first},{challenge},{final}".encode()
        signature = hmac.digest(hashlib.sha512(key).digest(), signed, "sha512")
        shown = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        last = f"{final},p={base64.b64encode(shown).decode()}".encode()
        return self.request(apis["SaslAuthenticate"], 2, {"AuthBytes": last})

    def read_frame(self) -> bytes:
        """The next frame without its length. Raises ConnectionError where the peer closed."""
        (length,) = struct.unpack(">i", self._read(4))
        return self._read(length)

    def is_closed_by_peer(self) -> bool:
        """Whether the peer ends this connection before the timeout; what it still sends is read."""
        try:
            while self.socket.recv(65_536):
                pass
        except TimeoutError:
            return False
        except (OSError, ssl.SSLError):
            return True
        return True

    def _read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            chunk = self.socket.recv(min(65_536, count - len(data)))
            if not chunk:
                raise ConnectionError("the peer closed the connection")
            data += chunk
        self.received += data
        return bytes(data)
