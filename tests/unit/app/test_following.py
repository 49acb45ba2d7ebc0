"""How a gateway logs in to follow signed streams, and what it enters."""

import json
from pathlib import Path

import pytest

from streamward.app import read_bundle
from streamward.app.following import FollowedPlace, followed, librdkafka
from streamward.audit import SavedState
from streamward.errors import Unavailable
from streamward.posture.ports import Access
from streamward.sdk.counters import Finding, Irregularity

BUNDLE = """\
{kind: Bundle, name: signed, environment: development, owner: tests}
---
{kind: SigningKey, name: ours, key: "file:ours.pem"}
---
{kind: DataClass, name: plain, level: internal, owner: tests}
---
{kind: Stream, name: a, classes: [plain], sign: {key: ours, follow: true}}
---
{kind: Stream, prefix: b., classes: [plain], sign: {key: ours, follow: true}}
---
{kind: Stream, name: c, classes: [plain], sign: {key: ours}}
"""


class Log:
    """Entries in memory."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []

    def record(self, entry: bytes) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1


def test_only_streams_that_say_so_are_followed(tmp_path: Path) -> None:
    (tmp_path / "streamward.yaml").write_text(BUNDLE)
    read = read_bundle(tmp_path, materials=False)
    assert read.errors == ()
    assert followed(read.bundle) == (("a", False), ("b.", True))


def test_a_finding_becomes_the_same_alert_whenever_it_is_found(tmp_path: Path) -> None:
    log = Log()
    place = FollowedPlace(SavedState(tmp_path / "place.json"), log)
    for offset in (7, 7, 8):
        place.enter(Finding(Irregularity.REPLAYED, "a", 3, offset, "record 1 was there before"))
    first, again, other = (json.loads(entry)["streaming"]["alert"] for entry in log.entries)
    assert first == again
    assert first["id"] != other["id"]
    assert first["detection"] == "signing.replayed"
    assert first["entity"] == {"type": "Stream", "name": "a"}
    assert first["title"] == "`a`, partition 3, offset 7: record 1 was there before"


def test_a_place_is_kept(tmp_path: Path) -> None:
    kept = SavedState(tmp_path / "place.json")
    assert FollowedPlace(kept, Log()).load() == {}
    state = {"a 0": {"offset": 3, "begins": True, "runs": {"x shop": [2, []]}}}
    FollowedPlace(kept, Log()).save(state)
    assert FollowedPlace(kept, Log()).load() == state
    with pytest.raises(Unavailable):
        FollowedPlace(SavedState(tmp_path), Log()).save(state)


def test_it_logs_in_as_the_gateway_does() -> None:
    plain = librdkafka(["a:1", "b:2"], Access())
    assert plain == {"bootstrap.servers": "a:1,b:2", "security.protocol": "PLAINTEXT"}
    access = Access(
        tls=True, ca=b"ca", certificate=b"certificate", key=b"key",
        mechanism="SCRAM-SHA-512", username="gateway", password="password",
    )  # fmt: skip
    assert librdkafka(["a:1"], access) == {
        "bootstrap.servers": "a:1",
        "security.protocol": "SASL_SSL",
        "ssl.ca.pem": "ca",
        "ssl.certificate.pem": "certificate",
        "ssl.key.pem": "key",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "gateway",
        "sasl.password": "password",
    }
    with pytest.raises(Unavailable):
        librdkafka(["a:1"], Access(mechanism="OAUTHBEARER", token="token"))
