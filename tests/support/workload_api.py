"""A SPIFFE agent over a Unix socket, which refuses what SPIRE's agent refuses.

Written to the standard (https://github.com/spiffe/spiffe, SPIFFE_Workload_API.md and its protobuf
definitions) and without a client's library: messages are put together byte by byte.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.support.issuing import CLIENT, DAY, SERVER, Issued, Signer, Wanted

_DER = serialization.Encoding.DER
_THREADS = 8


def _varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def svid(
    signer: Signer, spiffe_id: str, ends: timedelta = DAY, dns: tuple[str, ...] = ()
) -> Issued:
    """An X.509-SVID; `dns` are further names of it."""
    names = (x509.UniformResourceIdentifier(spiffe_id), *map(x509.DNSName, dns))
    return signer.issue(Wanted("O=SPIRE", names, (CLIENT, SERVER), ends=ends))


def _message(spiffe_id: str, issued: Issued, bundle: bytes) -> bytes:
    """An `X509SVID`."""
    chain = b"".join(each.public_bytes(_DER) for each in (issued.certificate, *issued.between))
    key = issued.key.private_bytes(
        _DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    parts = ((1, spiffe_id.encode()), (2, chain), (3, key), (4, bundle))
    return b"".join(_field(number, content) for number, content in parts)


@dataclass
class Agent:
    """What the agent knows; `registered` is empty where nobody registered the caller."""

    socket: Path
    signer: Signer
    registered: dict[str, Issued] = field(default_factory=dict)
    federated: dict[str, Signer] = field(default_factory=dict)
    refused: int = 0
    streams: int = 0
    silent: bool = False
    """It takes new streams and says nothing on any."""

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._version = 0
        self._server: Any = None

    @property
    def address(self) -> str:
        """As SPIFFE_ENDPOINT_SOCKET has it."""
        return f"unix://{self.socket}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; after `stop` too."""
        self.socket.unlink(missing_ok=True)
        self._server = grpc.server(ThreadPoolExecutor(_THREADS))
        handler = grpc.unary_stream_rpc_method_handler(self._fetch)
        service = grpc.method_handlers_generic_handler(
            "SpiffeWorkloadAPI", {"FetchX509SVID": handler}
        )
        self._server.add_generic_rpc_handlers((service,))
        self._server.add_insecure_port(self.address)
        self._server.start()

    def stop(self) -> None:
        """Be gone, with every stream."""
        server, self._server = self._server, None
        if server is not None:
            with self._changed:
                self._changed.notify_all()
            server.stop(0).wait(10)

    def register(self, **issued: Issued) -> None:
        """Send these SVIDs from now on, by the path of their ids; the first is the default."""
        with self._changed:
            self.registered = {f"spiffe://example.org/{p}": each for p, each in issued.items()}
            self._version += 1
            self._changed.notify_all()

    def _fetch(self, request: bytes, context: Any) -> Iterator[bytes]:
        metadata = dict(context.invocation_metadata())
        if metadata.get("workload.spiffe.io") != "true":
            self.refused += 1
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "security header missing from request")
        if request:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the request has fields")
        self.streams += 1
        sent = -1
        while context.is_active():
            with self._changed:
                if self.silent or sent == self._version:
                    self._changed.wait(0.1)
                    continue
                sent, answer = self._version, self._answer()
            if answer is None:
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "no identity issued")
            yield answer

    def _answer(self) -> bytes | None:
        if not self.registered:
            return None
        bundle = self.signer.certificate.public_bytes(_DER)
        messages = [_field(1, _message(n, each, bundle)) for n, each in self.registered.items()]
        for domain, signer in self.federated.items():
            entry = _field(1, domain.encode())
            entry += _field(2, signer.certificate.public_bytes(_DER))
            messages.append(_field(3, entry))
        return b"".join(messages)
