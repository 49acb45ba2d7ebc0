"""Envelopes as any library of COSE reads them: the vectors of `envelope/`, opened by pycose."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.cose import cbor_array, opened, opened_key, parts, wire

VECTORS = sorted((Path(__file__).parent / "envelope").glob("*.json"))


def vector(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def test_there_is_a_vector_of_each_place() -> None:
    assert {vector(file)["place"] for file in VECTORS} == {"value", "key", "header", "field"}


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_the_associated_data_is_what_the_reference_says(file: Path) -> None:
    it = vector(file)
    places = {"value": 0, "key": 1, "header": (it["header"] or "").encode(), "field": it["field"]}
    record_key = None if it["record_key"] is None else bytes.fromhex(it["record_key"])
    digest = None if it["place"] == "key" else sha256(wire(record_key)).digest()
    assert bytes.fromhex(it["external_aad"]) == cbor_array(
        "streamward", 1, it["tenant"], it["cluster"], it["stream"], it["data_class"],
        it["ring_version"], None, places[it["place"]], it["partition"], digest,
    )  # fmt: skip


@pytest.mark.parametrize(
    "file", [it for it in VECTORS if it.stem != "key"], ids=lambda file: file.stem
)
def test_pycose_opens_it(file: Path) -> None:
    it = vector(file)
    envelope, key, aad = (bytes.fromhex(it[part]) for part in ("envelope", "key", "external_aad"))
    assert opened(envelope, key, aad) == bytes.fromhex(it["content"])


def test_a_key_opens_by_its_private_algorithm() -> None:
    it = vector(Path(__file__).parent / "envelope" / "key.json")
    envelope, key, aad = (bytes.fromhex(it[part]) for part in ("envelope", "key", "external_aad"))
    assert opened_key(envelope, key, aad) == bytes.fromhex(it["content"])


def test_without_its_place_it_stays_shut() -> None:
    it = vector(Path(__file__).parent / "envelope" / "value.json")
    protected, nonce, sealed = parts(bytes.fromhex(it["envelope"]))
    structure = cbor_array("Encrypt0", protected, b"")
    with pytest.raises(Exception, match=r"^$"):
        AESGCM(bytes.fromhex(it["key"])).decrypt(nonce, sealed, structure)
