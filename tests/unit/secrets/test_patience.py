import pytest

from streamward.secrets import MaterialMissing, SecretUnavailable
from streamward.secrets.patience import (
    ATTEMPTS_MAX,
    BACKOFF_SECONDS_MAX,
    FAILURES_MAX,
    OPEN_SECONDS,
    Patience,
)


class Setting:
    def __init__(self) -> None:
        self.now, self.pauses, self.asked = 0.0, list[float](), 0
        self.failures = 0
        self.patience = Patience("corporate", lambda: self.now, self.pauses.append)

    def ask(self) -> str:
        self.asked += 1
        if self.asked <= self.failures:
            raise SecretUnavailable("down")
        return "answer"

    def fails(self) -> None:
        with pytest.raises(SecretUnavailable):
            self.patience.call(self.ask)


def test_a_call_that_fails_once_is_tried_again_after_a_pause() -> None:
    setting = Setting()
    setting.failures = ATTEMPTS_MAX - 1
    assert setting.patience.call(setting.ask) == "answer"
    assert len(setting.pauses) == ATTEMPTS_MAX - 1
    assert all(0 <= pause <= BACKOFF_SECONDS_MAX for pause in setting.pauses)


def test_a_store_that_goes_on_failing_is_left_alone_and_then_asked_by_one() -> None:
    setting = Setting()
    setting.failures = 1_000
    for _ in range(FAILURES_MAX):
        setting.fails()
    asked = setting.asked
    setting.fails()
    assert setting.asked == asked, "the breaker is open"
    setting.now += OPEN_SECONDS
    setting.failures = 0
    assert setting.patience.call(setting.ask) == "answer"
    assert setting.patience.call(setting.ask) == "answer"


def test_an_answer_that_says_no_is_not_asked_for_again() -> None:
    setting = Setting()

    def refuses() -> str:
        setting.asked += 1
        raise MaterialMissing("not there")

    with pytest.raises(MaterialMissing):
        setting.patience.call(refuses)
    assert (setting.asked, setting.pauses) == (1, [])
