"""The document that both languages read: built from one small bundle, compared byte by byte."""

import datetime
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec

from streamward.app import valid_bundle
from streamward.gateway.documents import SnapshotDocument
from streamward.gateway.snapshot import build_snapshot

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "rust" / "policy" / "src" / "streamward.cedarschema"
OVERLAY = {
    "epoch": 3,
    "revoked": [
        {
            "containment": "c-01",
            "principal": "scoring",
            "credential": None,
            "expires": "1765540000000",
        },
        {
            "containment": "c-03",
            "principal": None,
            "credential": "payments-api-password",
            "expires": None,
        },
    ],
    "quarantined": [
        {"containment": "c-02", "stream": "payments.transactions", "expires": None},
    ],
}


def snapshot() -> bytes:
    bundle = valid_bundle(ROOT / "tests" / "golden" / "bundle", materials=False)
    return build_snapshot(
        bundle, OVERLAY, schema=SCHEMA.read_text(), today=datetime.date(2026, 1, 1)
    )


def test_the_snapshot_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    document = json.loads(snapshot())

    golden("snapshot.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def test_the_golden_snapshot_is_read_back_without_loss() -> None:
    text = (ROOT / "tests" / "golden" / "snapshot.json").read_bytes()

    document = msgspec.json.decode(text, type=SnapshotDocument)

    assert json.loads(msgspec.json.encode(document)) == json.loads(text)


def test_the_version_is_the_digest_of_all_that_decides() -> None:
    document = json.loads(snapshot())
    version = document["policy"].pop("version")
    decides = {
        "environment": document["environment"],
        "policy": document["policy"],
        "principals": [
            {name: value for name, value in principal.items() if name != "credentials"}
            for principal in document["identity"]["principals"]
        ],
    }

    text = json.dumps(decides, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert version == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_no_material_stands_in_the_snapshot() -> None:
    text = snapshot().decode()

    assert "file:secrets/payments-api.verifier" in text
    assert "BEGIN" not in text
    assert "SCRAM-SHA-256" not in text
