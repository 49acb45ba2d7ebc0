"""Envelopes as any library of COSE reads them: the vectors of `envelope/`, opened by pycose."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from pycose.headers import IV
from pycose.keys import SymmetricKey
from pycose.messages import Enc0Message

VECTORS = sorted((Path(__file__).parent / "envelope").glob("*.json"))
A256GCM_SIV = -65_537


def vector(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def test_there_is_a_vector_of_each_place() -> None:
    assert {vector(file)["place"] for file in VECTORS} == {"value", "key", "header", "field"}


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_the_associated_data_is_what_the_reference_says(file: Path) -> None:
    it = vector(file)
    places = {"value": 0, "key": 1, "header": (it["header"] or "").encode(), "field": it["field"]}
    digest = None if it["place"] == "key" else sha256(wire(it["record_key"])).digest()
    assert bytes.fromhex(it["external_aad"]) == cbor_array(
        "streamward", 1, it["tenant"], it["cluster"], it["stream"], it["data_class"],
        it["ring_version"], None, places[it["place"]], it["partition"], digest,
    )  # fmt: skip


@pytest.mark.parametrize(
    "file", [it for it in VECTORS if it.stem != "key"], ids=lambda file: file.stem
)
def test_pycose_opens_it(file: Path) -> None:
    it = vector(file)
    message = decoded(bytes.fromhex(it["envelope"]))
    message.key = SymmetricKey(k=bytes.fromhex(it["key"]))
    message.external_aad = bytes.fromhex(it["external_aad"])
    assert message.decrypt() == bytes.fromhex(it["content"])


def test_a_key_opens_by_its_private_algorithm() -> None:
    it = vector(Path(__file__).parent / "envelope" / "key.json")
    protected, nonce, sealed = parts(bytes.fromhex(it["envelope"]))
    structure = cbor_array("Encrypt0", protected, bytes.fromhex(it["external_aad"]))
    key = bytes.fromhex(it["key"])
    assert AESGCMSIV(key).decrypt(nonce, sealed, structure) == bytes.fromhex(it["content"])
    assert nonce == bytes(12)
    assert protected.startswith(b"\xa3\x01" + cbor(A256GCM_SIV))


def test_without_its_place_it_stays_shut() -> None:
    it = vector(Path(__file__).parent / "envelope" / "value.json")
    protected, nonce, sealed = parts(bytes.fromhex(it["envelope"]))
    structure = cbor_array("Encrypt0", protected, b"")
    with pytest.raises(Exception, match=r"^$"):
        AESGCM(bytes.fromhex(it["key"])).decrypt(nonce, sealed, structure)


def decoded(envelope: bytes) -> Enc0Message:
    """The message. `CoseMessage.decode` refuses the frozen values that cbor2 reads inside a tag."""
    tagged = cbor2.loads(envelope)
    assert tagged.tag == Enc0Message.cbor_tag
    protected, unprotected, sealed = tagged.value
    fields = [protected, dict(unprotected), sealed]
    message = Enc0Message.from_cose_obj(fields, allow_unknown_attributes=True)
    assert isinstance(message, Enc0Message)
    return message


def parts(envelope: bytes) -> tuple[bytes, bytes, bytes]:
    """Protected header, nonce, and what is encrypted."""
    protected, unprotected, sealed = cbor2.loads(envelope).value
    return protected, unprotected[IV.identifier], sealed


def wire(key: str | None) -> bytes:
    """A record's key as it lies there: a zigzag varint of its length, and its bytes."""
    if key is None:
        return b"\x01"
    raw = bytes.fromhex(key)
    assert len(raw) < 64
    return bytes([len(raw) << 1]) + raw


def cbor_array(*items: Any) -> bytes:
    return head(4, len(items)) + b"".join(cbor(item) for item in items)


def cbor(item: str | bytes | int | list[str] | None) -> bytes:
    """Deterministic CBOR (RFC 8949, section 4.2.1), written here once more."""
    if isinstance(item, list):
        return cbor_array(*item)
    if item is None:
        return b"\xf6"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    raw = item.encode() if isinstance(item, str) else item
    return head(3 if isinstance(item, str) else 2, len(raw)) + raw


def head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in (1, 2, 4, 8) if argument < 1 << 8 * size)
    return bytes([major << 5 | 23 + size.bit_length()]) + argument.to_bytes(size)
