"""A witness as C2SP tlog-witness wants it, which believes nothing: for the tests, and only there.

It shares no code with the product: the tree, the notes and the cosignatures are written from the
specifications once more.
"""

import base64
import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.support.stub_server import StubServer

_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """The four bytes that name a key in a note."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


def verifier_key(name: str, algorithm: int, public: bytes) -> str:
    """A verifier key of C2SP signed-note."""
    encoded = base64.b64encode(bytes([algorithm]) + public).decode()
    return f"{name}+{key_id(name, algorithm, public).hex()}+{encoded}"


def _children(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_consistent(first: int, second: int, old: bytes, new: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if first == 0:
        return not proof
    if first == second:
        return not proof and old == new
    if first & (first - 1) == 0:
        proof = [old, *proof]
    if not proof:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_hash = new_hash = proof[0]
    for one in proof[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_hash, new_hash = _children(one, old_hash), _children(one, new_hash)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_hash = _children(new_hash, one)
        node, last = node >> 1, last >> 1
    return last == 0 and old_hash == old and new_hash == new


@dataclass
class Witness:
    """Remembers the last checkpoint of each log that it knows, by origin."""

    name: str = "witness.example/w1"
    logs: dict[str, list[str]] = field(default_factory=dict)
    """Verifier keys of the logs that it knows, by origin."""
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    signed: int = 0
    refused: list[int] = field(default_factory=list)
    _key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes(*_RAW)

    @property
    def vkey(self) -> str:
        return verifier_key(self.name, 4, self.public)

    def add_checkpoint(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer."""
        with self._lock:
            status, kind, answer = self._judge(body)
        if status == 200:
            self.signed += 1
        else:
            self.refused.append(status)
        return status, kind, answer

    def _judge(self, body: bytes) -> tuple[int, str, bytes]:
        text = body.decode()
        head, _, note = text.partition("\n\n")
        first, *lines = head.split("\n")
        if not first.startswith("old ") or len(lines) > 63 or str(int(first[4:])) != first[4:]:
            return 400, "text/plain", b"not as in the specification"
        signed, _, signatures = note.rpartition("\n\n")
        signed += "\n"
        origin, size_text, root_text = signed.split("\n")[:3]
        if origin not in self.logs:
            return 404, "text/plain", b"unknown log"
        if not any(_signed_by(key, signed, signatures) for key in self.logs[origin]):
            return 403, "text/plain", b"no signature that I trust"
        old, size, root = int(first[4:]), int(size_text), base64.b64decode(root_text)
        if old > size:
            return 400, "text/plain", b"old is larger"
        known, known_root = self.seen.get(origin, (0, b""))
        if old != known:
            return 409, "text/x.tlog.size", f"{known}\n".encode()
        if known == size and known_root != root:
            return 409, "text/plain", b"another root"
        proof = [base64.b64decode(line, validate=True) for line in lines]
        if not is_consistent(old, size, known_root, root, proof):
            return 422, "text/plain", b"not consistent"
        self.seen[origin] = (size, root)
        return 200, "text/plain", self.cosign(signed)

    def cosign(self, signed: str, seconds: int | None = None) -> bytes:
        """The line of signature over a checkpoint's text."""
        seconds = int(time.time()) if seconds is None else seconds
        message = f"cosignature/v1\ntime {seconds}\n{signed}".encode()
        signature = seconds.to_bytes(8, "big") + self._key.sign(message)
        encoded = base64.b64encode(key_id(self.name, 4, self.public) + signature).decode()
        return f"— {self.name} {encoded}\n".encode()


def _signed_by(vkey: str, signed: str, signatures: str) -> bool:
    name, identifier, encoded = vkey.split("+", 2)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:])
    for line in signatures.splitlines():
        _, line_name, line_bytes = line.split(" ")
        raw = base64.b64decode(line_bytes)
        if line_name == name and raw[:4].hex() == identifier:
            try:
                key.verify(raw[4:], signed.encode())
            except InvalidSignature:
                return False
            return True
    return False


class WitnessServer(StubServer):
    """A witness behind HTTP."""

    def __init__(self, witness: Witness) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                if self.path != "/w/add-checkpoint":
                    self.send_error(404)
                    return
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, kind, answer = witness.add_checkpoint(body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing."""

        self.serve(Handler)
        self.url = f"{self.origin}/w"
        self.url = f"{self.origin}/w"
