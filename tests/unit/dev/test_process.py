"""Processes are known by their id and by when they started."""

import sys
from pathlib import Path

import pytest

from streamward.dev import process
from streamward.dev.kafka import KafkaServer
from streamward.dev.process import ProcessRecord
from streamward.errors import InvalidArgument, NotFound, Unavailable


@pytest.fixture
def sleeper(tmp_path: Path) -> ProcessRecord:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    return process.start_detached(command, tmp_path / "log", tmp_path)


def test_a_process_is_stopped(sleeper: ProcessRecord) -> None:
    assert process.is_running(sleeper)
    process.stop(sleeper, grace_seconds=10.0)
    assert not process.is_running(sleeper)


def test_a_later_process_of_the_same_id_is_left_alone(sleeper: ProcessRecord) -> None:
    another = ProcessRecord(sleeper.pid, sleeper.start_ticks + 1)
    process.stop(another, grace_seconds=1.0)
    process.kill(another)
    assert process.is_running(sleeper)
    process.kill(sleeper)
    assert not process.is_running(sleeper)


def test_a_kafka_that_was_never_started_is_not_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMWARD_CACHE", str(tmp_path))
    server = KafkaServer("absent")
    assert server.status() == {"name": "absent", "running": False}
    with pytest.raises(NotFound):
        server.bootstrap()
    server.stop(delete=True)


def test_a_name_that_leads_elsewhere_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        KafkaServer("../other")


def test_without_java_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMWARD_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Unavailable, match="`java` is not on the path"):
        KafkaServer("absent").start()
