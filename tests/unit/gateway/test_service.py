import asyncio
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streamward.errors import BundleInvalid, Unavailable
from streamward.gateway import service as module
from streamward.gateway.service import Follow, GatewayService
from streamward.model.document import AppliedVersion, Bundle


class Plane:
    """Remembers in order what it was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.failing = False

    def start(self, snapshot: bytes, materials: dict[str, bytes]) -> None:
        self.calls.append(("start", json.loads(snapshot)["policy"]["version"]))

    def apply(self, snapshot: bytes, materials: dict[str, bytes]) -> bytes:
        document = json.loads(snapshot)
        policy = document["policy"]["version"]
        self.calls.append(("apply", policy))
        version = {"number": int(policy), "content": f"sha256:{policy}"}
        return json.dumps({"version": version, "policy_version": policy}).encode()

    def status(self) -> bytes:
        return b"{}"

    def drain(self, seconds: float) -> None:
        self.calls.append(("drain", seconds))
        if self.failing:
            raise Unavailable("the log is full")


class Source:
    """A bundle that changes when told to, and can have mistakes."""

    def __init__(self) -> None:
        self.version = 1
        self.broken = False

    def read(self) -> Bundle:
        if self.broken:
            raise BundleInvalid("the bundle has mistakes")
        return Bundle(Path(str(self.version)))

    def fingerprint(self) -> str:
        return f"{self.version} {self.broken}"

    def standing(self) -> dict[str, Any]:
        return {}


class Holder:
    @asynccontextmanager
    async def frozen(self) -> AsyncIterator[dict[str, Any]]:
        yield {"epoch": 0, "revoked": [], "quarantined": []}


class Worker:
    def __init__(self, plane: Plane, failures: int = 0) -> None:
        self.plane, self.failures, self.started, self.ended_after = plane, failures, 0, ""

    async def run(self) -> None:
        self.started += 1
        if self.started <= self.failures:
            raise RuntimeError("trouble")
        try:
            await asyncio.Event().wait()
        finally:
            self.ended_after = self.plane.calls[-1][0]


@dataclass(frozen=True)
class Staged:
    bundle: Bundle


class Setting:
    def __init__(self) -> None:
        self.plane, self.source, self.seen = Plane(), Source(), list[str]()
        self.day = 1
        self.stuck = self.unprepared = self.unkept = False
        self.kept = list[str]()
        self.read = list[str]()
        self.service = GatewayService(
            self.plane,
            self.source,
            Holder(),
            self.prepare,
            self.materials,
            lambda: self.day * 86_400_000,
        )

    def materials(self, bundle: Bundle) -> dict[str, bytes]:
        self.read.append(str(bundle.root))
        return {}

    def prepare(self, bundle: Bundle) -> Follow:
        if self.unprepared:
            raise Unavailable("the store of secrets does not answer")
        return (lambda: self.follow(bundle), lambda: self.seen.append(str(bundle.root)))

    def follow(self, bundle: Bundle) -> None:
        if self.stuck:
            raise OSError("a disk is full")

    @contextmanager
    def staged(self, before: Bundle) -> Iterator[Staged]:
        self.kept.append("staged")
        try:
            yield Staged(Bundle(Path("2"), version=AppliedVersion(2, "sha256:2")))
            if self.unkept:
                raise Unavailable("the version can't be kept")
        except BaseException:
            self.kept.append("discarded")
            raise
        self.kept.append("committed")

    def run(self, script: Callable[[], Any], *workers: Worker) -> None:
        async def whole() -> None:
            await self.service.start(self.source.read())
            async with asyncio.TaskGroup() as group:
                group.create_task(self.service.run(workers))
                await asyncio.sleep(0.05)
                await script()
                self.service.stop()

        asyncio.run(whole())


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Setting:
    def build(bundle: Bundle, overlay: Any) -> bytes:
        return json.dumps({"policy": {"version": str(bundle.root)}, "overlay": overlay}).encode()

    monkeypatch.setattr(module, "build_snapshot", build)
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.05)
    return Setting()


async def nothing() -> None:
    await asyncio.sleep(0.3)


def test_it_starts_and_drains_and_followers_outlive_the_last_connection(setting: Setting) -> None:
    worker = Worker(setting.plane)

    setting.run(nothing, worker)

    assert setting.plane.calls == [("start", "1"), ("drain", module.DRAIN_SECONDS)]
    assert worker.ended_after == "drain"


def test_an_end_that_can_not_be_entered_is_told_plainly(setting: Setting) -> None:
    setting.plane.failing = True
    worker = Worker(setting.plane)

    with pytest.raises(ExceptionGroup) as raised:
        setting.run(nothing, worker)

    # The one group is that of this test's own `run`.
    assert [type(error) for error in raised.value.exceptions] == [Unavailable]
    assert worker.ended_after == "drain"


def test_a_worker_that_fails_is_started_again_and_clients_are_still_served(
    setting: Setting,
) -> None:
    worker = Worker(setting.plane, failures=2)

    setting.run(nothing, worker)

    assert worker.started == 3
    assert setting.plane.calls[-1] == ("drain", module.DRAIN_SECONDS)


def test_a_changed_bundle_comes_into_force_once(setting: Setting) -> None:
    async def script() -> None:
        setting.source.version = 2
        await nothing()

    setting.run(script)

    assert setting.plane.calls[1:-1] == [("apply", "2")]
    assert (setting.seen, setting.service.policy_version) == (["2"], "2")


def test_a_bundle_with_mistakes_changes_nothing_and_its_repair_does(setting: Setting) -> None:
    async def script() -> None:
        setting.source.version, setting.source.broken = 2, True
        await nothing()
        assert setting.service.policy_version == "1"
        setting.source.broken = False
        await nothing()

    setting.run(script)

    assert setting.plane.calls[1:-1] == [("apply", "2")]


def test_the_rules_are_built_anew_when_a_day_ends(setting: Setting) -> None:
    async def script() -> None:
        setting.day = 2
        await nothing()

    setting.run(script)

    assert setting.plane.calls[1:-1] == [("apply", "1")]


def test_a_reload_by_the_door_says_what_is_wrong(setting: Setting) -> None:
    async def script() -> None:
        setting.source.broken = True
        with pytest.raises(BundleInvalid):
            await setting.service.reload()
        setting.source.broken = False
        answer = await setting.service.reload()
        assert answer == {"version": "1", "overlay_epoch": None}

    setting.run(script)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains(setting: Setting, number: signal.Signals) -> None:
    async def script() -> None:
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.1)
        assert setting.plane.calls[-1][0] == "drain"

    setting.run(script)


def test_a_hangup_reloads(setting: Setting) -> None:
    async def script() -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await nothing()

    setting.run(script)

    assert setting.plane.calls[1:-1] == [("apply", "1")]


def test_a_version_is_kept_only_once_it_is_in_force(setting: Setting) -> None:
    async def script() -> None:
        await setting.service.apply(setting.staged)

    setting.run(script)

    assert setting.kept == ["staged", "committed"]
    assert setting.plane.calls[1:-1] == [("apply", "2")]
    assert setting.seen == ["2"]


def test_what_can_not_be_prepared_is_not_in_force(setting: Setting) -> None:
    async def script() -> None:
        setting.unprepared = True
        with pytest.raises(Unavailable, match="does not answer"):
            await setting.service.apply(setting.staged)
        with pytest.raises(Unavailable, match="does not answer"):
            await setting.service.reload()

    setting.run(script)

    assert setting.kept == ["staged", "discarded"]
    assert setting.read[:3] == ["1", "2", "1"], "the secrets of what stays in force are tended"
    assert setting.plane.calls[1:-1] == []
    assert setting.service.policy_version == "1"


def test_what_can_not_be_kept_does_not_stay_in_force(setting: Setting) -> None:
    async def script() -> None:
        setting.unkept = True
        with pytest.raises(Unavailable, match="can't be kept"):
            await setting.service.apply(setting.staged)

    setting.run(script)

    assert setting.plane.calls[1:-1] == [("apply", "2"), ("apply", "1")]
    assert (setting.kept, setting.seen) == (["staged", "discarded"], ["1"])


def test_what_does_not_follow_a_version_that_is_kept_is_told_and_tried_again(
    setting: Setting,
) -> None:
    async def script() -> None:
        setting.stuck = True
        await setting.service.apply(setting.staged)
        assert setting.service.status()["behind"] is True
        assert setting.seen == ["2"], "the others follow"
        setting.unprepared = True
        await nothing()
        setting.stuck = setting.unprepared = False
        while setting.service.status()["behind"]:
            await nothing()

    setting.run(script)

    assert setting.kept == ["staged", "committed"]
    assert setting.plane.calls[1:-1] == [("apply", "2")]


def test_who_is_cancelled_while_a_version_is_kept_waits_for_it(setting: Setting) -> None:
    entered, go_on = threading.Event(), threading.Event()

    @contextmanager
    def slow(before: Bundle) -> Iterator[Staged]:
        with setting.staged(before) as staged:
            yield staged
            entered.set()
            go_on.wait()

    async def script() -> None:
        async with asyncio.TaskGroup() as group:
            applying = group.create_task(setting.service.apply(slow))
            await asyncio.to_thread(entered.wait)
            applying.cancel()
            go_on.set()

    setting.run(script)

    assert setting.kept == ["staged", "committed"]
    assert setting.plane.calls[1:-1] == [("apply", "2")], "and nothing took it back"
