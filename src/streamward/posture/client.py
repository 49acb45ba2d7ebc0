"""A caller of brokers that tells apart in which way it was refused."""

import base64
import json
import os
import secrets
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from streamward.errors import InvalidArgument, Unavailable
from streamward.policy.kafka_acls import wire
from streamward.policy.kafka_acls.cluster import Broker
from streamward.posture.inventory import SETTINGS
from streamward.posture.ports import Access

TIMEOUT_SECONDS: Final = 5.0
METADATA, DESCRIBE_CONFIGS = 3, 32
_TYPE_BROKER: Final = 4
_ALL: Final = struct.pack(">i", -1)


class Unreachable(Exception):
    """Nobody accepts a connection at this address."""


class LiveBroker(Broker):
    """One connection to one broker, with what a caller shows of itself."""

    def __init__(self, host: str, port: int, access: Access) -> None:
        self._correlation = 0
        self._extensions = access.extensions
        try:
            self._socket: socket.socket = socket.create_connection(
                (host, port), timeout=TIMEOUT_SECONDS
            )
        except OSError as error:
            raise Unreachable(str(error)) from error
        try:
            if access.tls:
                context = _context(access)
                name = access.server_name or host
                self._socket = context.wrap_socket(self._socket, server_hostname=name)
            if access.mechanism == "OAUTHBEARER":
                self._bearer(access.token)
            elif access.mechanism is not None:
                self._log_in(access.mechanism, access.username, access.password)
        except BaseException:
            self._socket.close()
            raise

    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that the listener offers; asked for by naming one that nobody has."""
        body = wire.string(f"NONE-{secrets.token_hex(4)}")
        reader = wire.Reader(self._ask(wire.SASL_HANDSHAKE, 1, body))
        reader.number(2)
        return tuple(reader.text() for _ in range(reader.length(4)))

    def metadata(self) -> tuple[dict[int, tuple[str, int]], int]:
        """Where brokers are, and how many topics the caller is shown."""
        reader = wire.Reader(self._ask(METADATA, 1, _ALL))
        nodes = {}
        for _ in range(reader.length(4)):
            node, host, port = reader.number(4), reader.text(), reader.number(4)
            reader.string()
            nodes[node] = (host, port)
        reader.number(4)
        return nodes, reader.length(4)

    def versions(self) -> None:
        """Ask what it understands. Raises where it doesn't answer."""
        self._newest(wire.API_VERSIONS)

    def settings(self, node: int) -> dict[str, str] | None:
        """What the broker says of itself; None where the caller may not know."""
        keys = struct.pack(">i", len(SETTINGS)) + b"".join(map(wire.string, SETTINGS))
        resource = struct.pack(">ib", 1, _TYPE_BROKER) + wire.string(str(node)) + keys
        reader = wire.Reader(self._ask(DESCRIBE_CONFIGS, 1, resource + b"\0"))
        reader.number(4)
        found: dict[str, str] = {}
        for _ in range(reader.length(4)):
            error = reader.number(2)
            reader.string(), reader.number(1), reader.text()
            for _ in range(reader.length(4)):
                name, value = reader.text(), reader.string()
                reader.take(3)
                for _ in range(reader.length(4)):
                    reader.text(), reader.string(), reader.number(1)
                if value is not None:
                    found[name] = value
            if error != 0:
                return None
        return found

    def _bearer(self, token: str) -> None:
        """RFC 7628, as KIP-255 has it."""
        reader = wire.Reader(self._ask(wire.SASL_HANDSHAKE, 1, wire.string("OAUTHBEARER")))
        if reader.number(2) != 0:
            raise Unavailable("the broker offers no login with `OAUTHBEARER`")
        extended = "".join(f"\x01{key}={value}" for key, value in self._extensions.items())
        problem = self._authenticate(f"n,,\x01auth=Bearer {token}{extended}\x01\x01".encode())
        if problem:
            raise Unavailable("the broker refuses the token")


def unsigned_token(subject: str, now_seconds: int) -> str:
    """A token that nobody signed: brokers that only decode tokens believe it (CVE-2026-33557)."""
    claims = {"sub": subject, "iat": now_seconds, "exp": now_seconds + 300, "scope": "kafka"}
    parts = ({"alg": "none"}, claims)
    encoded = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    )
    return ".".join(encoded) + "."


def _context(access: Access) -> ssl.SSLContext:
    try:
        if access.ca is None:
            # What is tried here is nobody's secret, and a refusal is what is hoped for.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        else:
            context = ssl.create_default_context(cadata=access.ca.decode("ascii"))
        if access.certificate is not None and access.key is not None:
            with _in_memory(access.key + b"\n" + access.certificate) as path:
                context.load_cert_chain(path)
    except (ssl.SSLError, UnicodeDecodeError, ValueError) as error:
        raise InvalidArgument("a certificate or key of the cluster can't be read") from error
    return context


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    """A path to bytes that are on no disk."""
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(data)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
