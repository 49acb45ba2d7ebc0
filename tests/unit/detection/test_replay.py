"""Live, replayed, restarted: the same log gives the same alerts."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from streamward.audit import SavedState
from streamward.detection.document import Detection, _arm
from streamward.detection.engine import Engine
from streamward.detection.ports import Context
from streamward.detection.service import DetectionService, replay
from streamward.model.event import Entry
from tests.support.log import MemoryLog, denied, failed_login, read_opened


def fail(detection: str, entry: int, error: Exception) -> None:
    raise AssertionError(f"{detection} failed on {entry}") from error


def new_engine(streams: int = 2) -> Engine:
    burst = {"streams": streams, "window": "10s"}
    failures = {"failures": 2, "window": "5s"}
    declared = [
        Detection(id="burst", detector="denial_burst", quiet="20s", settings=burst),
        Detection(
            id="guess", detector="repeated_authentication_failures", quiet="20s", settings=failures
        ),
        Detection(id="first", detector="first_read_of_restricted_stream"),
    ]
    return Engine([_arm(one) for one in declared], Context(), fail)


WHO = st.sampled_from(["alice", "bob"])
STREAM = st.sampled_from(["a", "b", "c"])
TIME = st.integers(0, 60_000)
EVENTS = st.lists(
    st.one_of(
        st.builds(denied, TIME, WHO, STREAM),
        st.builds(failed_login, TIME, WHO),
        st.builds(read_opened, TIME, WHO, STREAM),
    ),
    max_size=40,
)


def ids(engine: Engine, leaves: list[bytes], start: int = 0) -> Iterator[str]:
    for index, leaf in enumerate(leaves):
        for alert in engine.observe(Entry(start + index, leaf)):
            yield alert.id


@given(EVENTS, st.lists(st.integers(0, 40), max_size=4))
def test_restarts_with_saved_state_anywhere_change_no_alert(
    leaves: list[bytes], cuts: list[int]
) -> None:
    whole = list(ids(new_engine(), leaves))

    found: list[str] = []
    edges = sorted({0, len(leaves), *(min(cut, len(leaves)) for cut in cuts)})
    engine = new_engine()
    for start, end in itertools.pairwise(edges):
        saved = json.loads(json.dumps(engine.save()))
        engine = new_engine()
        assert engine.load(saved)
        found += ids(engine, leaves[start:end], start)

    assert found == whole


def test_state_of_other_detections_is_not_taken() -> None:
    saved = new_engine(streams=2).save()

    assert not new_engine(streams=3).load(saved)
    assert not new_engine().load({"format": 1, "digest": new_engine().digest, "detections": {}})


async def run_until_quiet(service: DetectionService, log: MemoryLog) -> None:
    """Let it work until it has added nothing for a while."""
    task = asyncio.get_running_loop().create_task(service.run())
    length = -1
    while length != len(log.leaves):
        length = len(log.leaves)
        await asyncio.sleep(0.15)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def serve(log: MemoryLog, saved: Path, engine: Engine | None = None) -> None:
    service = DetectionService(log.open_reader, log, SavedState(saved), engine or new_engine())
    asyncio.run(run_until_quiet(service, log))


def log_of(*leaves: bytes) -> MemoryLog:
    log = MemoryLog()
    log.leaves.extend(leaves)
    return log


@settings(max_examples=5, deadline=None)
@given(EVENTS)
def test_what_runs_live_records_what_a_replay_finds(
    tmp_path_factory: object, leaves: list[bytes]
) -> None:
    log = log_of(*leaves)
    folder: Path = tmp_path_factory.mktemp("state")  # type: ignore[attr-defined]

    serve(log, folder / "detection.json")

    expected = [alert.id for alert in replay(log_of(*leaves).open_reader, new_engine())]
    assert [alert["alert"]["id"] for alert in log.of_kind("alert")] == expected
    # A replay of the log that now holds the alerts finds no others.
    assert [a.id for a in replay(log.open_reader, new_engine())] == expected


def test_an_alert_is_recorded_once_although_the_state_was_lost(tmp_path: Path) -> None:
    log = log_of(denied(0, "m", "a"), denied(1, "m", "b"))
    serve(log, tmp_path / "state")
    assert len(log.of_kind("alert")) == 1

    (tmp_path / "state").unlink()
    serve(log, tmp_path / "state")

    assert len(log.of_kind("alert")) == 1


def test_an_alert_waits_while_the_log_can_not_be_written(tmp_path: Path) -> None:
    log = log_of(denied(0, "m", "a"), denied(1, "m", "b"))
    log.failing = True
    serve(log, tmp_path / "state")
    assert log.of_kind("alert") == []

    log.failing = False
    serve(log, tmp_path / "state")

    assert len(log.of_kind("alert")) == 1


def test_a_changed_detection_knows_the_past_but_raises_nothing_about_it(tmp_path: Path) -> None:
    log = log_of(denied(0, "m", "a"), denied(1, "m", "b"))
    serve(log, tmp_path / "state", new_engine(streams=3))
    assert log.of_kind("alert") == []

    serve(log, tmp_path / "state", new_engine(streams=2))
    assert log.of_kind("alert") == []
    log.record(denied(30_000, "m", "a"))
    log.record(denied(30_001, "m", "b"))
    serve(log, tmp_path / "state", new_engine(streams=2))

    assert [alert["alert"]["entries"] for alert in log.of_kind("alert")] == [["2", "3"]]
