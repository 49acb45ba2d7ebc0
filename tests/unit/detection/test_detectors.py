import json
from pathlib import Path

import pytest

from streamward.detection.detectors import BUILTIN
from streamward.detection.document import Detection, _arm
from streamward.detection.engine import Engine
from streamward.detection.ports import Context
from streamward.model.alert import Alert
from streamward.model.event import Entry
from tests.support.log import counted_logins, denied, failed_login, leaf, read_opened

FIXTURES = Path(__file__).parent / "fixtures"
CONTEXT = Context(
    class_levels={"cardholder": 3, "operational": 1},
    stream_names=frozenset({"open", "cards"}),
    stream_prefixes=("public.",),
)


def fail(detection: str, entry: int, error: Exception) -> None:
    raise AssertionError(f"{detection} failed on {entry}") from error


def engine(detector: str, settings: dict[str, object], quiet: str | None = None) -> Engine:
    fields = {"id": "d", "detector": detector, "settings": settings, "quiet": quiet}
    return Engine([_arm(Detection.model_validate(fields))], CONTEXT, fail)


def alerts(engine: Engine, leaves: list[bytes]) -> list[Alert]:
    return [a for i, one in enumerate(leaves) for a in engine.observe(Entry(i, one))]


@pytest.mark.parametrize("detector", [one.name for one in BUILTIN])
def test_every_detector_alerts_on_its_bad_cases_and_not_on_its_benign_ones(detector: str) -> None:
    cases = [json.loads(line) for line in (FIXTURES / f"{detector}.jsonl").open()]
    assert {case["must"] for case in cases} == {"alert", "not alert"}

    for case in cases:
        makers = {
            "failed": failed_login,
            "counted": counted_logins,
            "denied": denied,
            "read": read_opened,
            "leaf": leaf,
        }
        leaves = [makers[name](*arguments) for name, *arguments in case["log"]]
        found = alerts(engine(detector, case["settings"]), leaves)

        assert [a.entity_name for a in found] == case["entities"], case["case"]
        assert bool(found) == (case["must"] == "alert"), case["case"]


def test_an_alert_names_the_entries_that_led_to_it_and_the_last_one_triggered_it() -> None:
    leaves = [denied(i, "mallory", f"s{i}") for i in range(3)]

    (alert,) = alerts(engine("denial_burst", {"streams": 3}), leaves)

    assert alert.entries == (0, 1, 2)
    assert alert.id == alerts(engine("denial_burst", {"streams": 3}), leaves)[0].id


def test_an_entity_raises_no_second_alert_in_the_quiet_period_and_one_after_it() -> None:
    leaves = [denied(i * 1000, "mallory", f"s{i}") for i in range(100)]

    found = alerts(engine("denial_burst", {"streams": 2, "window": "10s"}, quiet="30s"), leaves)

    assert [a.time_milliseconds for a in found] == [1000, 31000, 61000, 91000]


def test_another_entity_is_not_silenced_by_the_quiet_period_of_the_first() -> None:
    leaves = [denied(i, who, f"s{i}") for who in ("a", "b") for i in range(2)]

    found = alerts(engine("denial_burst", {"streams": 2}), leaves)

    assert [a.entity_name for a in found] == ["a", "b"]


def test_a_detector_that_fails_is_reported_and_the_others_go_on() -> None:
    class Broken:
        def observe(self, entry: Entry, context: Context) -> list[object]:
            raise RuntimeError("broken")

    good = _arm(Detection(id="good", detector="denial_burst", settings={"streams": 2}))
    bad = _arm(Detection(id="bad", detector="denial_burst"))
    object.__setattr__(bad, "detector", Broken())
    failures: list[str] = []
    both = Engine([bad, good], CONTEXT, lambda name, entry, error: failures.append(name))

    found = alerts(both, [denied(0, "mallory", "a"), denied(1, "mallory", "b")])

    assert [a.detection for a in found] == ["good"]
    assert failures == ["bad", "bad"]


def test_an_entry_that_is_not_an_event_is_counted_and_skipped() -> None:
    failures: list[int] = []
    one = Engine([], CONTEXT, lambda name, entry, error: failures.append(entry))

    assert one.observe(Entry(7, b"{}")) == []
    assert (one.unreadable, failures) == (1, [7])


def test_a_stream_that_nobody_declares_counts_as_the_worst() -> None:
    assert CONTEXT.level("nobody.knows", ()) == 3
    assert CONTEXT.level("open", ()) == 0
    assert CONTEXT.level("public.x", ()) == 0
    assert CONTEXT.level("open", ("operational", "never-declared")) == 3
