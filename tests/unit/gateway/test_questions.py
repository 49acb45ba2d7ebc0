"""Whose questions wait for whom."""

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from streamward.gateway import questions
from streamward.gateway.questions import SLOW_THREADS, THREADS, QuestionService


class _DataPlane:
    """Asks what is put into it, and keeps what it is told."""

    def __init__(self) -> None:
        self.asking: queue.Queue[tuple[int, bytes]] = queue.Queue()
        self.told: queue.Queue[tuple[int, Any]] = queue.Queue()

    def ask(self, identifier: int, kind: str) -> None:
        self.asking.put((identifier, json.dumps({"type": kind}).encode()))

    def supply_keys(self, keys: bytes) -> int:
        raise NotImplementedError

    def next_question(self, seconds: float) -> tuple[int, bytes] | None:
        try:
            return self.asking.get(timeout=seconds)
        except queue.Empty:
            return None

    def answer(self, identifier: int, answer: bytes | None) -> bool:
        self.told.put((identifier, None if answer is None else json.loads(answer)))
        return True


def run(service: QuestionService, when: Callable[[], None]) -> None:
    """Run the service while that happens, in another thread."""

    async def both() -> None:
        running = asyncio.create_task(service.run())
        try:
            await asyncio.to_thread(when)
        finally:
            running.cancel()

    asyncio.run(both())


def test_passwords_wait_for_no_registry() -> None:
    data_plane, open_again = _DataPlane(), threading.Event()

    def slow(_: Mapping[str, Any]) -> Mapping[str, Any]:
        open_again.wait()
        return {"slow": True}

    service = QuestionService(data_plane, {"passwords": lambda _: {"ok": 1}}, {"schema": slow})
    count = THREADS + SLOW_THREADS + 1

    def happens() -> None:
        try:
            for identifier in range(count):
                data_plane.ask(identifier, "schema")
            data_plane.ask(99, "passwords")
            data_plane.ask(100, "token")
            assert data_plane.told.get(timeout=30) == (99, {"ok": 1})
            assert service.next_question(30) == (100, b'{"type": "token"}')
        finally:
            open_again.set()

    run(service, happens)


def test_what_nobody_waits_for_any_more_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    data_plane = _DataPlane()
    now = iter(range(0, 1_000, 3))
    monkeypatch.setattr(questions, "monotonic_seconds", lambda: float(next(now)))
    asked: list[int] = []

    def answerer(_: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(1)
        return {}

    service = QuestionService(data_plane, {}, {"schema": answerer})

    def happens() -> None:
        # Taken 3 s after it came, the first is answered; 6 s are too many.
        data_plane.ask(1, "schema")
        assert data_plane.told.get(timeout=30) == (1, {})
        next(now)
        monkeypatch.setattr(questions, "ANSWER_SECONDS", 2.0)
        data_plane.ask(2, "schema")
        monkeypatch.setattr(questions, "ANSWER_SECONDS", 2.0)

    run(service, happens)
    assert asked == [1]


def test_an_error_is_logged_without_what_it_says(caplog: pytest.LogCaptureFixture) -> None:
    data_plane = _DataPlane()

    def answerer(_: Mapping[str, Any]) -> Mapping[str, Any]:
        raise ValueError("Bearer top-secret")

    service = QuestionService(data_plane, {"schema": answerer})

    def happens() -> None:
        data_plane.ask(1, "schema")
        assert "error" in data_plane.told.get(timeout=30)[1]

    run(service, happens)
    assert "question not answered" in caplog.text
    assert "top-secret" not in caplog.text + str([vars(one) for one in caplog.records])
