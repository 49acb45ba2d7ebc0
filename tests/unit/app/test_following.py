"""How a gateway logs in to follow signed streams, and what it enters."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streamward.app import following, read_bundle
from streamward.app.following import (
    BrokerReader,
    FollowedPlace,
    SignatureFollowing,
    followed,
    librdkafka,
)
from streamward.audit import SavedState
from streamward.errors import Unavailable
from streamward.model.document import Bundle
from streamward.model.topology import Cluster
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


def answer(reference: str, private: bool) -> Any:
    """Nothing is asked for here."""
    raise AssertionError


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


def nobody() -> str:
    raise Unavailable("nobody gives a token")


def test_it_logs_in_as_the_gateway_does(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = iter(("first", "second"))

    def token() -> str:
        return next(tokens, None) or nobody()

    plain = librdkafka(["a:1", "b:2"], Access(), token)
    assert plain == {"bootstrap.servers": "a:1,b:2", "security.protocol": "PLAINTEXT"}
    access = Access(
        tls=True, ca=b"ca", certificate=b"certificate", key=b"key",
        mechanism="SCRAM-SHA-512", username="gateway", password="password",
    )  # fmt: skip
    assert librdkafka(["a:1"], access, token) == {
        "bootstrap.servers": "a:1",
        "security.protocol": "SASL_SSL",
        "ssl.ca.pem": "ca",
        "ssl.certificate.pem": "certificate",
        "ssl.key.pem": "key",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "gateway",
        "sasl.password": "password",
    }
    access = Access(tls=True, ca=b"ca", mechanism="OAUTHBEARER", extensions={"pool": "a"})
    settings = librdkafka(["a:1"], access, token)
    ask = settings.pop("oauth_cb")
    assert settings == {
        "bootstrap.servers": "a:1",
        "security.protocol": "SASL_SSL",
        "ssl.ca.pem": "ca",
        "sasl.mechanism": "OAUTHBEARER",
    }
    monkeypatch.setattr(following.clock, "now_milliseconds", lambda: 1_000_000)
    # What it gives is the newest, each time it is asked.
    assert ask("") == ("first", 1_060.0, "", {"pool": "a"})
    assert ask("")[0] == "second"
    with pytest.raises(Unavailable):
        ask("")
    assert "first" not in repr(ask)


def test_what_one_look_meets_does_not_end_following_nor_does_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0)
    looks = 0

    async def until(count: int) -> None:
        seen = asyncio.Event()
        loop = asyncio.get_running_loop()

        def bundle() -> Bundle:
            nonlocal looks
            looks += 1
            if looks >= count:
                loop.call_soon_threadsafe(seen.set)
            raise KeyError("what nobody thought of")

        worker = SignatureFollowing(bundle, answer, Log(), tmp_path)
        for _ in range(2):
            running = asyncio.create_task(worker.run())
            await seen.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            seen.clear()
            count = looks + 2

    asyncio.run(until(3))
    assert looks >= 5


class Follower:
    """Judges one record, or fails there; it is also its own reader."""

    def __init__(self, fails: str) -> None:
        self.fails = fails
        self.done: list[str] = []

    def _do(self, what: str) -> int:
        self.done.append(what)
        if what == self.fails:
            raise Unavailable(what)
        return 1 if self.done.count("step") <= 3 else 0

    def look(self) -> None:
        self._do("look")

    def step(self, seconds: float) -> int:
        return self._do("step")

    def save(self) -> None:
        self._do("save")

    def close(self) -> None:
        self._do("close")


def test_a_cluster_that_fails_does_not_hold_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clusters = "".join(
        f'---\n{{kind: Cluster, name: {name}, bootstrap: ["localhost:9092"]}}\n'
        for name in ("away", "odd", "full", "main")
    )
    (tmp_path / "streamward.yaml").write_text(BUNDLE + clusters)
    bundle = read_bundle(tmp_path, materials=False).bundle
    made = {name: Follower(fails) for name, fails in
            (("away", "look"), ("odd", "step"), ("full", "save"), ("main", ""))}  # fmt: skip
    worker = SignatureFollowing(lambda: bundle, answer, Log(), tmp_path)

    def follower(bundle: Bundle, cluster: Cluster, streams: object) -> Any:
        return made[cluster.name], made[cluster.name]

    monkeypatch.setattr(worker, "_follower", follower)

    worker.follow(once=True)

    assert {
        name: (it.done[-2], it.done[-1], it.done.count("step")) for name, it in made.items()
    } == {
        "away": ("look", "close", 0),
        "odd": ("step", "close", 1),
        "full": ("save", "close", 4),
        "main": ("save", "close", 4),
    }


def test_settings_that_librdkafka_does_not_take_are_told() -> None:
    with pytest.raises(Unavailable):
        BrokerReader({"security.protocol": "NONE"}, ())


class Brokers:
    """A consumer of confluent-kafka's that is told what lies at the brokers."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.messages: list[Any] = []
        self.there = {"a": 1, "ab": 1, "b": 1, "b.x": 2, "c": 1}

    def list_topics(self, timeout: float) -> Any:
        topics = {name: SimpleNamespace(partitions=range(n)) for name, n in self.there.items()}
        return SimpleNamespace(topics=topics)

    def get_watermark_offsets(self, partition: Any, timeout: float) -> tuple[int, int]:
        return partition.partition, 9

    def consume(self, most: int, seconds: float) -> list[Any]:
        return self.messages


def test_all_that_lies_in_signed_streams_is_read_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Brokers] = []
    monkeypatch.setattr(
        "confluent_kafka.Consumer", lambda settings: made.append(Brokers(settings)) or made[0]
    )
    reader = BrokerReader({"bootstrap.servers": "a:1"}, (("a", False), ("b.", True)))
    [brokers] = made
    # What was aborted has counters, too; and offsets are kept beside the log, not at the brokers.
    settings = brokers.settings
    assert settings["isolation.level"] == "read_uncommitted"
    assert (settings["enable.auto.commit"], settings["auto.offset.reset"]) == (False, "earliest")
    assert reader.partitions() == {("a", 0): (0, 9), ("b.x", 0): (0, 9), ("b.x", 1): (1, 9)}

    brokers.messages = [SimpleNamespace(error=lambda: None)] * 2
    assert reader.read(10, 0) == brokers.messages
    brokers.messages.append(SimpleNamespace(error=lambda: "not authorized"))
    with pytest.raises(Unavailable, match="not authorized"):
        reader.read(10, 0)
