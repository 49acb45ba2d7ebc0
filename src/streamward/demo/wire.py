"""A client of sockets and bytes: it keeps every byte that came back, and sees a close at once."""

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from streamward.demo.folder import LOOPBACK, Folder
from streamward.errors import Unavailable

SECONDS_MAX: Final = 20.0
FRAME_BYTES_MAX: Final = 16 * 1024 * 1024
_CLIENT: Final = "demo"

FETCH: Final = 1
METADATA: Final = 3
FIND_COORDINATOR: Final = 10
SASL_HANDSHAKE: Final = 17
API_VERSIONS: Final = 18
SASL_AUTHENTICATE: Final = 36


@dataclass(frozen=True, slots=True)
class Question:
    """A request: API, version, and its body; `flexible` ones have tagged fields in the header."""

    name: str
    api: int
    version: int
    body: bytes
    flexible: bool = False


def text(value: str) -> bytes:
    """A string as Kafka's older versions write it."""
    encoded = value.encode()
    return struct.pack(">h", len(encoded)) + encoded


def compact(value: str) -> bytes:
    """A string as Kafka's flexible versions write it; at most 126 bytes."""
    encoded = value.encode()
    assert len(encoded) < 127, "a longer one needs a second byte for its length"
    return bytes([len(encoded) + 1]) + encoded


_NO_TAGS: Final = b"\0"
_ALL: Final = struct.pack(">i", -1)


def questions_of_an_intruder(topic: str, group: str) -> tuple[Question, ...]:
    """Everything that tells a Kafka client which topics and brokers there are, old and new."""
    no_id = bytes(16)
    named = no_id + compact(topic) + _NO_TAGS
    one_topic = struct.pack(">i", 1) + text(topic)
    return (
        Question("ApiVersions", API_VERSIONS, 0, b""),
        Question(
            "ApiVersions",
            API_VERSIONS,
            3,
            compact("demo") + compact("1") + _NO_TAGS,
            flexible=True,
        ),
        Question("Metadata", METADATA, 1, _ALL),
        Question("Metadata", METADATA, 1, one_topic),
        Question("Metadata", METADATA, 8, _ALL + b"\0\1\1"),
        Question("Metadata", METADATA, 12, b"\0" + b"\0\1" + _NO_TAGS, flexible=True),
        Question("Metadata", METADATA, 12, b"\2" + named + b"\0\1" + _NO_TAGS, flexible=True),
        Question("FindCoordinator", FIND_COORDINATOR, 0, text(group)),
        Question("FindCoordinator", FIND_COORDINATOR, 2, text(group) + b"\0"),
        Question(
            "FindCoordinator",
            FIND_COORDINATOR,
            4,
            b"\0\2" + compact(group) + _NO_TAGS,
            flexible=True,
        ),
    )


def metadata_of(topic: str) -> Question:
    """Where this topic's partitions are."""
    return Question("Metadata", METADATA, 1, struct.pack(">i", 1) + text(topic))


def long_poll(topic: str, partition: int, offset: int, wait_ms: int) -> Question:
    """A Fetch of one partition that waits for the next record."""
    one = struct.pack(">iqi", partition, offset, 1_048_576)
    asked = struct.pack(">i", 1) + text(topic) + struct.pack(">i", 1) + one
    return Question("Fetch", FETCH, 4, struct.pack(">iiiib", -1, wait_ms, 1, 1_048_576, 0) + asked)


class RawConnection:
    """One connection; `received` holds every byte of every response, lengths included."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._sent = 0
        self.received = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, question: Question) -> bytes:
        """Send a request and give its response behind the correlation id.

        Raises OSError or Unavailable where the peer closes or answers something else.
        """
        self.send(question)
        frame = self._frame()
        if frame[:4] != struct.pack(">i", self._sent):
            raise Unavailable(f"the answer to {question.name} is not the one that was asked for")
        return frame[4:]

    def send(self, question: Question) -> None:
        """Send a request without waiting for the answer."""
        self._sent += 1
        head = struct.pack(">hhi", question.api, question.version, self._sent) + text(_CLIENT)
        frame = head + (_NO_TAGS if question.flexible else b"") + question.body
        self._socket.sendall(struct.pack(">i", len(frame)) + frame)

    def login(self, principal: str, password: str) -> int:
        """SASL/PLAIN; gives Kafka's error code, 0 for success."""
        self.ask(Question("SaslHandshake", SASL_HANDSHAKE, 1, text("PLAIN")))
        proof = f"\0{principal}\0{password}".encode()
        body = struct.pack(">i", len(proof)) + proof
        answer = self.ask(Question("SaslAuthenticate", SASL_AUTHENTICATE, 0, body))
        return int(struct.unpack(">h", answer[:2])[0])

    def served(self) -> dict[int, range]:
        """The versions that the peer says it serves, by API."""
        answer = self.ask(Question("ApiVersions", API_VERSIONS, 0, b""))
        error, count = struct.unpack(">hi", answer[:6])
        if error != 0 or len(answer) < 6 + 6 * count:
            raise Unavailable(f"ApiVersions was answered with error {error}")
        rows = (struct.unpack(">hhh", answer[6 + 6 * i : 12 + 6 * i]) for i in range(count))
        return {api: range(low, high + 1) for api, low, high in rows}

    def _frame(self) -> bytes:
        (length,) = struct.unpack(">i", self._exactly(4))
        if not 4 <= length <= FRAME_BYTES_MAX:
            raise Unavailable(f"a frame of {length} bytes was announced")
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            chunk = self._socket.recv(min(65_536, count - len(data)))
            if not chunk:
                raise ConnectionResetError("the peer closed the connection")
            data += chunk
        self.received += data
        return bytes(data)


@contextmanager
def tls(
    folder: Folder,
    port: int,
    certificate: tuple[Path, Path] | None = None,
    source: str = LOOPBACK,
) -> Iterator[RawConnection]:
    """A connection to the gateway that verifies its certificate; `source` is the local address."""
    context = ssl.create_default_context(cafile=str(folder.authority))
    if certificate is not None:
        context.load_cert_chain(*certificate)
    address = (LOOPBACK, port)
    with socket.create_connection(address, SECONDS_MAX, (source, 0)) as plain:
        connected = context.wrap_socket(plain, server_hostname="localhost")
        with RawConnection(connected) as connection:
            yield connection


@contextmanager
def clear(host: str, port: int) -> Iterator[RawConnection]:
    """A connection to a broker itself, in the clear."""
    with (
        socket.create_connection((host, port), SECONDS_MAX) as plain,
        RawConnection(plain) as connection,
    ):
        yield connection


def ask_all(connection: RawConnection, questions: tuple[Question, ...]) -> list[str]:
    """Ask what the peer serves of these; gives what was asked, as `Metadata 12`."""
    served = connection.served()
    asked = []
    for question in questions:
        if question.version in served.get(question.api, ()):
            connection.ask(question)
            asked.append(f"{question.name} {question.version}")
    return asked


def addresses_in(data: bytes, addresses: tuple[tuple[str, int], ...]) -> list[str]:
    """Which of these brokers can be recognised: by host, by port as Kafka writes it, or as text."""
    found = {host for host, _ in addresses if host.encode() in data}
    for host, port in addresses:
        if struct.pack(">i", port) in data or f":{port}".encode() in data:
            found.add(f"{host}:{port}")
    return sorted(found)


def names_in(data: bytes, names: tuple[str, ...]) -> list[str]:
    """Which of these names occur."""
    return [name for name in names if name.encode() in data]
