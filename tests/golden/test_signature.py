"""Signatures as any library of COSE reads them: the vectors of `signature/`, verified by pycose."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
import pytest
from blake3 import blake3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from pycose.keys import EC2Key, OKPKey
from pycose.keys.curves import P256, Ed25519

from streamward._core import RecordVerifyingKey
from streamward.model.signing import Signing
from streamward.sdk import Parts, RecordRefused, SignedStream, SignedStreams, Signer
from streamward.sdk.signer import Signed, together
from tests.support.cose import (
    COUNTER,
    DIGEST,
    INCLUSION,
    PROOFS,
    TOGETHER,
    cbor_array,
    leaf_of,
    root_of,
    verifies,
)

FOLDER = Path(__file__).parent / "signature"
RECORDS = sorted(it for it in FOLDER.glob("*.json") if it.stem not in ("batch", "whole-batch"))
SEED = bytes([1]) * 32
P256_NUMBER = 0x0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20


def vector(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def cose_key(algorithm: int) -> OKPKey | EC2Key:
    """The public key of the vectors of this algorithm."""
    if algorithm == -8:
        public = ed25519.Ed25519PrivateKey.from_private_bytes(SEED).public_key()
        raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return OKPKey(crv=Ed25519, x=public.public_bytes(*raw))
    numbers = ec.derive_private_key(P256_NUMBER, ec.SECP256R1()).public_key().public_numbers()
    return EC2Key(crv=P256, x=numbers.x.to_bytes(32), y=numbers.y.to_bytes(32))


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
def test_a_record_is_what_the_reference_says_and_pycose_verifies_it(file: Path) -> None:
    it = vector(file)
    aad = cbor_array(
        "streamward.signature", 1, it["tenant"], it["cluster"], it["stream"], it["partition"]
    )
    assert it["external_aad"] == aad.hex()
    key, value = (
        None if it[part] is None else bytes.fromhex(it[part]) for part in ("key", "value")
    )
    count, block = it["headers"]
    headers = bytes([count << 1]) + bytes.fromhex(block)
    leaf = leaf_of(it["counter"], it["timestamp"], key, value, headers)
    assert it["leaf"] == leaf.hex()
    signature = bytes.fromhex(it["signature"])
    assert cbor2.loads(signature).value[1] == {COUNTER: it["counter"]}
    assert verifies(signature, leaf, aad, cose_key(it["signer"]["algorithm"]))
    assert not verifies(signature, sha256(leaf).digest(), aad, cose_key(it["signer"]["algorithm"]))


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
def test_a_key_is_named_by_its_thumbprint(file: Path) -> None:
    signer = vector(file)["signer"]
    key = cose_key(signer["algorithm"])
    if isinstance(key, OKPKey):
        parts = {1: 1, -1: 6, -2: key.x}
    else:
        parts = {1: 2, -1: 1, -2: key.x, -3: key.y}
    assert sha256(cbor2.dumps(parts, canonical=True)).hexdigest()[:32] == signer["kid"]


def test_paths_lead_from_each_record_to_what_was_signed() -> None:
    it = vector(FOLDER / "batch.json")
    signatures = [bytes.fromhex(each) for each in it["signatures"]]
    leaves = [sha256(b"leaf of nobody").digest()] * len(signatures)
    roots = set()
    for index, signature in enumerate(signatures):
        unprotected = cbor2.loads(signature).value[1]
        size, at, _ = cbor2.loads(unprotected[PROOFS][INCLUSION][0])
        assert (size, at, unprotected[COUNTER]) == (len(signatures), index, 17 + index)
        value = b"value"
        time = 1_700_000_000_000 + index * 7
        root = root_of(signature, leaf_of(17 + index, time, bytes([index]), value, b"\0"))
        roots.add(root)
        aad = bytes.fromhex(it["external_aad"])
        assert verifies(signature, root, aad, cose_key(it["signer"]["algorithm"]))
        assert not verifies(signature, leaves[index], aad, cose_key(it["signer"]["algorithm"]))
    assert len(roots) == 1


def test_the_first_record_of_a_batch_signed_as_a_whole_holds_the_signature_of_all() -> None:
    it = vector(FOLDER / "whole-batch.json")
    signature = bytes.fromhex(it["signature"])
    protected, unprotected, *_ = cbor2.loads(signature).value
    assert cbor2.loads(protected)[DIGEST] == "blake3"
    assert unprotected == {COUNTER: 17, TOGETHER: 5}
    assert it["batch"].count(it["signature"]) == 1
    assert it["batch"].count(b"streamward.signature".hex()) == 1
    records = [
        cbor_array(17 + at, 1_700_000_000_000 + at * 7, bytes([at]), b"value", b"\0")
        for at in range(5)
    ]
    digest = blake3(b"\2" + b"".join(records)).digest()
    aad, key = bytes.fromhex(it["external_aad"]), cose_key(it["signer"]["algorithm"])
    assert verifies(signature, digest, aad, key)
    fewer = blake3(b"\2" + b"".join(records[:-1])).digest()
    assert not verifies(signature, fewer, aad, key)


def test_the_product_verifies_such_a_batch_record_by_record_as_a_consumer_has_it() -> None:
    it = vector(FOLDER / "whole-batch.json")
    public = ed25519.Ed25519PrivateKey.from_private_bytes(SEED).public_key()
    info = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sign = Signing(key="gateways", each="whole_batch")
    keys = (RecordVerifyingKey(info),)
    signer = Signer(SignedStreams([SignedStream("orders", False, "acme", "main", sign, keys)]))
    last = (("streamward.signature", bytes.fromhex(it["signature"])),)
    records = [
        (Parts(bytes([at]), b"value", last if at == 0 else ()), 1_700_000_000_000 + at * 7)
        for at in range(5)
    ]
    run = (4711).to_bytes(8) + (3).to_bytes(2)

    judged = signer.verify_together("orders", records, 3)

    assert judged == [Signed("shop", run, 17 + at) for at in range(5)]
    assert [together(parts.headers) for parts, _ in records] == [5, None, None, None, None]
    for wrong in (records[:-1], records[1:], [], [*records, records[1]], records[::-1]):
        with pytest.raises(RecordRefused):
            signer.verify_together("orders", wrong, 3)
    with pytest.raises(RecordRefused):
        signer.verify_together("orders", records, 4)
    # One by one none verifies, and it is told why.
    for parts, timestamp in records:
        with pytest.raises(RecordRefused, match="verified by a gateway"):
            signer.verify("orders", parts, timestamp, 3)
