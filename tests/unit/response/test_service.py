import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from streamward.audit import SavedState
from streamward.errors import InvalidArgument, NotFound, Unavailable
from streamward.model.alert import Alert, Severity
from streamward.model.entries import alert_event
from streamward.response import ContainmentRule
from streamward.response.service import ResponseService
from tests.support.log import MemoryLog
from tests.unit.response.test_containment import containment

ANSWERED_SECONDS = 30
"""How long an answer may take on a busy machine."""
RULE = ContainmentRule.model_validate(
    {
        "id": "stop",
        "on": "burst",
        "verb": "revoke",
        "target": "principal",
        "expires_after": "30m",
        "owner": "on call",
        "reason": "probing",
        "never": ["break-glass"],
    }
)


class Sink:
    """Takes overlays, and says what the log held when each came."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.failing = False
        self.taken: list[tuple[int, list[str]]] = []

    def overlay(self, overlay: bytes) -> bytes:
        if self.failing:
            raise Unavailable("not now")
        revoked = [one["principal"] for one in json.loads(overlay)["revoked"]]
        self.taken.append((len(self.log.leaves), revoked))
        return b"{}"


class Setting:
    def __init__(self, folder: Path, *rules: ContainmentRule) -> None:
        self.log = MemoryLog()
        self.sink = Sink(self.log)
        self.folder = folder
        self.rules = rules
        self.now = 1_000_000

    def service(self) -> ResponseService:
        saved = SavedState(self.folder / "overlay.json")
        made = ResponseService(
            self.log.open_reader, self.log, self.sink, saved, self.rules, lambda: self.now
        )
        made.restore()
        return made

    def run(self, script: Callable[[ResponseService], Awaitable[None]]) -> ResponseService:
        """Run a service as long as a script takes."""

        async def both() -> ResponseService:
            service = self.service()
            task = asyncio.get_running_loop().create_task(service.run())
            try:
                await script(service)
            finally:
                task.cancel()
                await asyncio.wait([task])
            return service

        return asyncio.run(both())

    def changes(self) -> list[tuple[str, str]]:
        found = [one["containment"] for one in self.log.of_kind("containment")]
        return [(one["target"]["name"], one["change"]) for one in found]

    async def until(self, number: int) -> None:
        """Wait for so many containment entries, and see that there come no more."""
        for _ in range(100):
            if len(self.changes()) >= number:
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)


def alert(name: str, index: int = 0, entity: str = "principal", detection: str = "burst") -> bytes:
    return alert_event(Alert(detection, "title", Severity.HIGH, entity, name, (index,), 1))


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path, RULE)


def test_a_containment_is_in_the_log_before_it_is_in_force(setting: Setting) -> None:
    async def script(service: ResponseService) -> None:
        await service.open(containment())

    setting.run(script)

    assert setting.sink.taken == [(1, ["mallory"])]
    assert setting.changes() == [("mallory", "opened")]


def test_what_can_not_be_recorded_does_not_happen(setting: Setting) -> None:
    async def script(service: ResponseService) -> None:
        setting.log.failing = True
        with pytest.raises(Unavailable):
            await service.open(containment())

    service = setting.run(script)

    assert setting.sink.taken == []
    assert dict(service.overlay.active) == {}


def test_an_alert_is_answered_once(setting: Setting) -> None:
    async def script(service: ResponseService) -> None:
        await asyncio.sleep(0.4)
        setting.log.record(alert("mallory"))
        async with asyncio.timeout(ANSWERED_SECONDS):
            while not setting.sink.taken:  # noqa: ASYNC110 - the fake has no event to wait for
                await asyncio.sleep(0.005)
        setting.log.record(alert("mallory"))
        await setting.until(1)

    setting.run(script)

    assert setting.changes() == [("mallory", "opened")]
    (found,) = setting.log.of_kind("containment")
    assert found["containment"]["expires"] == str(1_000_000 + 1_800_000)
    assert found["containment"]["alert"] is not None


def test_an_alert_is_answered_once_also_after_restarts_with_and_without_state(
    setting: Setting,
) -> None:
    setting.log.record(alert("mallory"))
    setting.run(lambda service: setting.until(1))
    setting.run(lambda service: setting.until(1))

    (setting.folder / "overlay.json").unlink()
    service = setting.run(lambda service: setting.until(1))

    assert setting.changes() == [("mallory", "opened")]
    assert [one.name for one in service.overlay.active.values()] == ["mallory"]


def test_an_alert_that_came_while_nothing_ran_is_answered(setting: Setting) -> None:
    setting.run(lambda service: setting.until(0))
    setting.log.record(alert("mallory"))

    setting.run(lambda service: setting.until(1))

    assert setting.changes() == [("mallory", "opened")]


@pytest.mark.parametrize(
    "leaf",
    [
        alert("break-glass"),
        alert("10.0.0.1", entity="source"),
        alert("mallory", detection="other"),
        alert("x" * 300),
    ],
)
def test_a_rule_leaves_alone_what_it_is_not_about(setting: Setting, leaf: bytes) -> None:
    setting.log.record(leaf)

    setting.run(lambda service: setting.until(0))

    assert setting.changes() == []


def test_an_alert_whose_containment_would_be_over_is_left_alone(setting: Setting) -> None:
    setting.log.record(alert("mallory"))
    setting.now = 1 + 30 * 60_000

    setting.run(lambda service: setting.until(0))

    assert setting.changes() == []


def test_a_lifted_containment_stays_lifted_and_is_not_opened_again(setting: Setting) -> None:
    setting.log.record(alert("mallory"))

    async def script(service: ResponseService) -> None:
        await setting.until(1)
        (identifier,) = service.overlay.active
        await service.lift(identifier, "oncall", "false alarm")
        with pytest.raises(NotFound):
            await service.lift(identifier, "oncall", "again")

    setting.run(script)
    setting.run(lambda service: setting.until(2))

    assert setting.changes() == [("mallory", "opened"), ("mallory", "lifted")]
    assert setting.sink.taken[-1] == (3, [])
    assert setting.log.of_kind("containment")[-1]["containment"]["owner"] == "oncall"


def test_a_containment_is_opened_once_whoever_asks_again(setting: Setting) -> None:
    async def script(service: ResponseService) -> None:
        for _ in range(2):
            await service.open(containment())
        await service.lift(containment().id, "oncall", "false alarm")
        await service.open(containment())
        assert not service.overlay.active

    setting.run(script)

    assert setting.changes() == [("mallory", "opened"), ("mallory", "lifted")]


def test_no_more_containments_are_open_than_a_gateway_takes(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamward.response.service.OVERLAY_CONTAINMENTS_MAX", 1)

    async def script(service: ResponseService) -> None:
        await service.open(containment())
        with pytest.raises(InvalidArgument, match="lift some first"):
            await service.open(replace(containment(), id="c-2"))

    setting.run(script)

    assert setting.changes() == [("mallory", "opened")]


def test_an_expired_containment_gets_its_entry_once(setting: Setting) -> None:
    async def script(service: ResponseService) -> None:
        await service.open(containment(expires=setting.now + 60_000))
        setting.now += 60_000
        await setting.until(2)

    setting.run(script)
    setting.run(lambda service: setting.until(2))

    assert setting.changes() == [("mallory", "opened"), ("mallory", "expired")]
    assert setting.sink.taken[-1][1] == []


def test_an_overlay_that_the_gateway_did_not_take_is_handed_over_again(setting: Setting) -> None:
    async def script(service: ResponseService) -> None:
        setting.sink.failing = True
        with pytest.raises(Unavailable):
            await service.open(containment())
        setting.sink.failing = False
        await asyncio.sleep(0.4)

    setting.run(script)

    assert setting.sink.taken == [(1, ["mallory"])]


def test_no_containment_opens_while_a_snapshot_is_built(setting: Setting) -> None:
    async def script(service: ResponseService) -> None:
        async with service.frozen() as overlay:
            task = asyncio.get_running_loop().create_task(service.open(containment()))
            await asyncio.sleep(0.1)
            assert setting.sink.taken == []
            assert overlay["revoked"] == []
        await task

    setting.run(script)

    assert setting.sink.taken == [(1, ["mallory"])]
