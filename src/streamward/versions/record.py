"""One version of the history, and its signature: an Ed25519 key over a DSSE envelope.

DSSE (Dead Simple Signing Envelope, protocol 1.0.2) signs the bytes of the payload and its type, so
that nothing is parsed before it is verified.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from streamward.errors import InvalidArgument
from streamward.versions.content import VersionTampered, digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

FORMAT: Final = 1
PAYLOAD_TYPE: Final = "application/vnd.streamward.bundle-version+json"


class Author(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who applied it, as the control door knew them."""

    principal: str
    mechanism: str
    credential: str | None = None


class VersionRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was put in force, when, by whom and why. `time` is in milliseconds since 1970."""

    format: int
    number: int
    """From 1, without gaps."""
    bundle: str
    content: str
    """The digest of all files."""
    files: dict[str, str]
    """Path → digest of each file."""
    previous: str | None
    """The digest of the record before it, as it was signed."""
    author: Author
    time: int
    reason: str
    policy_version: str
    """What decisions name, as of the day on which it was applied."""
    rollback_of: int | None = None
    """The version whose content came back."""
    streamward: str = ""
    """The release that applied it."""

    def payload(self) -> bytes:
        """The bytes that are signed."""
        return msgspec.json.encode(self, order="deterministic")


class _Signature(msgspec.Struct, frozen=True, kw_only=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, rename={"payload_type": "payloadType"}):
    payload_type: str
    payload: str
    signatures: list[_Signature]


@dataclass(frozen=True, slots=True)
class Signer:
    """The present key, and those whose signatures are believed besides."""

    key: "Ed25519PrivateKey"
    previous: tuple["Ed25519PublicKey", ...] = ()

    @property
    def believed(self) -> tuple["Ed25519PublicKey", ...]:
        """Every key whose signature counts."""
        return (self.key.public_key(), *self.previous)


def read_private_key(pem: bytes) -> "Ed25519PrivateKey":
    """An Ed25519 key, PKCS#8 in PEM. Raises InvalidArgument."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidArgument("the key that signs versions is not an Ed25519 key in PEM")
    return key


def key_id(key: "Ed25519PublicKey") -> str:
    """How an envelope names a key: the SHA-256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def _signed_bytes(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(record: VersionRecord, signer: Signer) -> bytes:
    """The signed envelope of a record."""
    payload = record.payload()
    signature = signer.key.sign(_signed_bytes(payload))
    envelope = _Envelope(
        payload_type=PAYLOAD_TYPE,
        payload=base64.b64encode(payload).decode(),
        signatures=[
            _Signature(
                keyid=key_id(signer.key.public_key()), sig=base64.b64encode(signature).decode()
            )
        ],
    )
    return msgspec.json.format(msgspec.json.encode(envelope)) + b"\n"


@dataclass(frozen=True, slots=True)
class Verified:
    """A record whose signature was verified, and the digest that the next one names."""

    record: VersionRecord
    digest: str


def unseal(envelope: bytes, believed: Iterable["Ed25519PublicKey"], where: str) -> Verified:
    """Verify, then read. Raises VersionTampered; `where` names the file."""
    try:
        read = msgspec.json.decode(envelope, type=_Envelope)
        payload = base64.b64decode(read.payload, validate=True)
        signatures = [base64.b64decode(each.sig, validate=True) for each in read.signatures[:10]]
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise VersionTampered(f"`{where}` is not a signed version") from error
    if read.payload_type != PAYLOAD_TYPE or not _is_signed(payload, signatures, believed):
        raise VersionTampered(f"`{where}` is signed by no key that the bundle declares")
    try:
        record = msgspec.json.decode(payload, type=VersionRecord)
    except msgspec.DecodeError as error:
        raise VersionTampered(f"`{where}` holds no version that this release reads") from error
    if record.format != FORMAT:
        raise VersionTampered(f"`{where}` is of format {record.format}, not {FORMAT}")
    return Verified(record, digest(payload))


def _is_signed(
    payload: bytes, signatures: Iterable[bytes], believed: Iterable["Ed25519PublicKey"]
) -> bool:
    from cryptography.exceptions import InvalidSignature

    keys = tuple(believed)
    for signature in signatures:
        for key in keys:
            try:
                key.verify(signature, _signed_bytes(payload))
            except InvalidSignature:
                continue
            return True
    return False
