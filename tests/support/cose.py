"""Envelopes and signatures as a library of COSE reads them: pycose, and the two pages of the
reference (`envelope.md`, `signature.md`), written here once more.
"""

from hashlib import sha256
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from pycose.headers import IV
from pycose.keys import EC2Key, OKPKey, SymmetricKey
from pycose.messages import Enc0Message, Sign1Message

A256GCM_SIV: Final = -65_537
"""For keys of records; private use, so that no library has it."""

PROOFS: Final = 396
INCLUSION: Final = -1
COUNTER: Final = -65_541
TOGETHER: Final = -65_542
DIGEST: Final = -65_543


# Envelopes.


def decoded(envelope: bytes) -> Enc0Message:
    """The message. `CoseMessage.decode` refuses the frozen values that cbor2 reads inside a tag."""
    tagged = cbor2.loads(envelope)
    assert tagged.tag == Enc0Message.cbor_tag
    protected, unprotected, sealed = tagged.value
    fields = [protected, dict(unprotected), sealed]
    message = Enc0Message.from_cose_obj(fields, allow_unknown_attributes=True)
    assert isinstance(message, Enc0Message)
    return message


def opened(envelope: bytes, key: bytes, external_aad: bytes) -> bytes:
    """The content of a value, a header or a field. Raises where it was changed or moved."""
    message = decoded(envelope)
    message.key = SymmetricKey(k=key)
    message.external_aad = external_aad
    content = message.decrypt()
    assert isinstance(content, bytes)
    return content


def opened_key(envelope: bytes, key: bytes, external_aad: bytes) -> bytes:
    """The key of a record, by its private algorithm. Raises where it was changed or moved."""
    protected, nonce, sealed = parts(envelope)
    assert nonce == bytes(12)
    assert protected.startswith(b"\xa3\x01" + cbor(A256GCM_SIV))
    structure = cbor_array("Encrypt0", protected, external_aad)
    return AESGCMSIV(key).decrypt(nonce, sealed, structure)


def parts(envelope: bytes) -> tuple[bytes, bytes, bytes]:
    """Protected header, nonce, and what is encrypted."""
    protected, unprotected, sealed = cbor2.loads(envelope).value
    return protected, unprotected[IV.identifier], sealed


def kid_of(message: bytes) -> bytes:
    """The name of the key of an envelope or a signature."""
    kid = cbor2.loads(cbor2.loads(message).value[0])[4]
    assert isinstance(kid, bytes)
    return kid


def unprotected_of(message: bytes) -> dict[Any, Any]:
    """What of an envelope or a signature is not covered by itself."""
    return dict(cbor2.loads(message).value[1])


def wire(content: bytes | None) -> bytes:
    """A record's key as it lies there: a zigzag varint of its length, and its bytes."""
    return varint(-1) if content is None else varint(len(content)) + content


def varint(number: int) -> bytes:
    """Zigzag, as Kafka writes it."""
    rest, out = (number << 1) ^ (number >> 63), bytearray()
    while rest >= 0x80:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])


# Signatures.


def verifies(signature: bytes, root: bytes, external_aad: bytes, key: OKPKey | EC2Key) -> bool:
    """Whether this key signed this root."""
    # `CoseMessage.decode` refuses the frozen values that cbor2 reads inside a tag.
    tagged = cbor2.loads(signature)
    assert tagged.tag == Sign1Message.cbor_tag
    protected, unprotected, payload, signed = tagged.value
    assert payload is None
    fields = [protected, dict(unprotected), root, signed]
    message = Sign1Message.from_cose_obj(fields, allow_unknown_attributes=True)
    assert isinstance(message, Sign1Message)
    message.key = key
    message.external_aad = external_aad
    return message.verify_signature()


def leaf_of(
    counter: int, timestamp: int | None, key: bytes | None, value: bytes | None, headers: bytes
) -> bytes:
    """The digest of a record; `headers` are the others, as they lie on the wire."""
    return sha256(b"\0" + cbor_array(counter, timestamp, key, value, headers)).digest()


def root_of(signature: bytes, leaf: bytes) -> bytes:
    """What was signed, by the signature's own path from a record's digest."""
    unprotected = unprotected_of(signature)
    if PROOFS not in unprotected:
        return leaf
    size, at, path = cbor2.loads(unprotected[PROOFS][INCLUSION][0])
    return climbed(leaf, at, size, path)


def climbed(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path leads to (RFC 9162, section 2.1.3.2)."""
    at, last, root = index, size - 1, leaf
    for node in path:
        if at % 2 or at == last:
            root = sha256(b"\1" + node + root).digest()
            while not at % 2 and at:
                at, last = at // 2, last // 2
        else:
            root = sha256(b"\1" + root + node).digest()
        at, last = at // 2, last // 2
    assert last == 0
    return root


# Deterministic CBOR (RFC 8949, section 4.2.1).


def cbor_array(*items: Any) -> bytes:
    """An array of what `cbor` writes."""
    return head(4, len(items)) + b"".join(cbor(item) for item in items)


def cbor(item: str | bytes | int | list[str] | None) -> bytes:
    """One item."""
    if isinstance(item, list):
        return cbor_array(*item)
    if item is None:
        return b"\xf6"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    raw = item.encode() if isinstance(item, str) else item
    return head(3 if isinstance(item, str) else 2, len(raw)) + raw


def head(major: int, argument: int) -> bytes:
    """How an item begins, in its shortest form."""
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in (1, 2, 4, 8) if argument < 1 << 8 * size)
    return bytes([major << 5 | 23 + size.bit_length()]) + argument.to_bytes(size)
