"""The ACLs of a running cluster."""

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

from streamward.errors import InvalidArgument, Unavailable
from streamward.policy.kafka_acls import wire
from streamward.policy.kafka_acls.acl import Acl
from streamward.policy.kafka_acls.properties import Connection

ANSWER_BYTES_MAX = 256 * 1024 * 1024
ITERATIONS_MAX = 1_000_000
TIMEOUT_SECONDS = 30.0
_ENDPOINT = re.compile(r"\[?([^\[\]]+?)\]?:([0-9]{1,5})")
_CLUSTER_AUTHORIZATION_FAILED, _SECURITY_DISABLED = 31, 54


def describe_acls(bootstrap: str, connection: Connection) -> tuple[Acl, ...]:
    """Every ACL of the cluster; any of its brokers knows them all.

    Raises InvalidArgument for an address that is none, Unavailable where no broker answers or the
    cluster has no authorizer, or the caller may not see them.
    """
    failure: Unavailable | None = None
    for endpoint in bootstrap.split(","):
        match = _ENDPOINT.fullmatch(endpoint.strip())
        if match is None or not 1 <= int(match[2]) <= 65_535:
            raise InvalidArgument(f"write a broker as `host:port`, not `{endpoint}`")
        try:
            with Broker(match[1], int(match[2]), connection) as broker:
                return broker.describe_acls()
        except OSError as error:
            failure = Unavailable(f"the broker `{endpoint}` can't be reached")
            failure.__cause__ = error
    raise failure or InvalidArgument("name a broker as `host:port`")


class Broker:
    """One connection to one broker, logged in."""

    def __init__(self, host: str, port: int, connection: Connection) -> None:
        self._correlation = 0
        plain = socket.create_connection((host, port), timeout=TIMEOUT_SECONDS)
        self._socket: socket.socket = plain
        try:
            if connection.tls:
                self._socket = _tls(connection).wrap_socket(plain, server_hostname=host)
            if connection.mechanism is not None:
                self._log_in(connection.mechanism, connection.username, connection.password)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def describe_acls(self) -> tuple[Acl, ...]:
        """Every ACL that the broker knows."""
        version = min(wire.DESCRIBE_ACLS_VERSIONS.stop - 1, self._newest(wire.DESCRIBE_ACLS))
        if version not in wire.DESCRIBE_ACLS_VERSIONS:
            raise Unavailable("the broker is older than Kafka 2.0")
        body = wire.any_acl(version)
        answer = self._ask(wire.DESCRIBE_ACLS, version, body, flexible=version >= 2)
        error, message, acls = wire.read_acls(answer, version)
        if error == _CLUSTER_AUTHORIZATION_FAILED:
            raise Unavailable("to read ACLs takes `Describe` on the cluster, or a super user")
        if error == _SECURITY_DISABLED:
            raise Unavailable("the cluster has no authorizer, and so no ACLs")
        if error != 0:
            raise Unavailable(f"the broker answers with error {error}: {message or ''}")
        return acls

    def _newest(self, api: int) -> int:
        reader = wire.Reader(self._ask(wire.API_VERSIONS, 0, b""))
        if reader.number(2) != 0:
            raise Unavailable("the broker doesn't say what it understands")
        versions = {}
        for _ in range(reader.length(4)):
            key, _, newest = reader.number(2), reader.number(2), reader.number(2)
            versions[key] = newest
        return versions.get(api, -1)

    def _log_in(self, mechanism: str, username: str, password: str) -> None:
        reader = wire.Reader(self._ask(wire.SASL_HANDSHAKE, 1, wire.string(mechanism)))
        if reader.number(2) != 0:
            raise Unavailable(f"the broker offers no login with `{mechanism}`")
        if mechanism == "PLAIN":
            self._authenticate(f"\0{username}\0{password}".encode())
        else:
            self._scram(mechanism.removeprefix("SCRAM-").replace("-", ""), username, password)

    def _scram(self, digest: str, username: str, password: str) -> None:
        """RFC 5802, without channel binding."""
        name = username.replace("=", "=3D").replace(",", "=2C")
        nonce = secrets.token_hex(16)
        first = f"n={name},r={nonce}"
        challenge = self._authenticate(f"n,,{first}".encode()).decode()
        match = re.fullmatch(r"r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([0-9]{1,7})", challenge)
        if match is None or not match[1].startswith(nonce) or int(match[3]) > ITERATIONS_MAX:
            raise Unavailable("the broker's part of the login makes no sense")
        salt = base64.b64decode(match[2])
        salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, int(match[3]))
        client_key = hmac.digest(salted, b"Client Key", digest)
        final = f"c=biws,r={match[1]}"
        signed = f"{first},{challenge},{final}".encode()
        signature = hmac.digest(hashlib.new(digest, client_key).digest(), signed, digest)
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        message = f"{final},p={base64.b64encode(proof).decode()}".encode()
        verdict = self._authenticate(message).decode()
        expected = hmac.digest(hmac.digest(salted, b"Server Key", digest), signed, digest)
        # SECURITY: who can't sign this doesn't know the password and may tell us any ACLs.
        if not hmac.compare_digest(verdict, f"v={base64.b64encode(expected).decode()}"):
            raise Unavailable("the broker didn't prove that it knows the password")

    def _authenticate(self, message: bytes) -> bytes:
        body = struct.pack(">i", len(message)) + message
        reader = wire.Reader(self._ask(wire.SASL_AUTHENTICATE, 0, body))
        error, text = reader.number(2), reader.string()
        if error != 0:
            raise Unavailable(f"the broker refuses the login: {text or error}")
        return reader.take(reader.length(4))

    def _ask(self, api: int, version: int, body: bytes, *, flexible: bool = False) -> bytes:
        self._correlation += 1
        frame = wire.request(api, version, self._correlation, body, flexible=flexible)
        self._socket.sendall(struct.pack(">i", len(frame)) + frame)
        (length,) = struct.unpack(">i", self._receive(4))
        if not 4 <= length <= ANSWER_BYTES_MAX:
            raise Unavailable("the other side doesn't speak Kafka; does it want TLS?")
        answer = self._receive(length)
        if int.from_bytes(answer[:4], "big") != self._correlation:
            raise Unavailable("the broker answers another question")
        return answer[4:]

    def _receive(self, length: int) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            part = self._socket.recv(min(length - len(parts), 1 << 20))
            if not part:
                raise ConnectionError("the broker closed the connection")
            parts += part
        return bytes(parts)


def _tls(connection: Connection) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=connection.ca)
        context.check_hostname = connection.check_host
        if connection.identity is not None:
            password = connection.identity_password or ""
            context.load_cert_chain(connection.identity, password=password)
    except (OSError, ValueError) as error:
        raise InvalidArgument("a certificate or key in the properties can't be read") from error
    return context
