"""What a forked process has of its own."""

import os
import threading

import pytest

from streamward import forks
from streamward.forks import PerProcess
from tests.support.forked import in_fork


def test_a_child_has_a_value_of_its_own_and_the_parent_keeps_its_one() -> None:
    numbers = iter(range(9))
    one = PerProcess(lambda: next(numbers))
    assert in_fork(lambda: (one.value, one.value)) == (1, 1)
    assert in_fork(lambda: in_fork(lambda: one.value)) == 2
    assert one.value == 0


def test_it_is_made_in_the_first_moment_of_the_child() -> None:
    """Keys of the parent don't lie about in a child that never uses them."""
    made: list[int] = []
    one = PerProcess(lambda: made.append(os.getpid()))
    assert in_fork(lambda: made[-1] == os.getpid() and len(made) == 2)
    assert one.value is None


def test_who_forks_past_python_has_one_of_its_own_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "_all", {})
    one = PerProcess(object)
    here = one.value
    forks._all.clear()
    assert in_fork(lambda: one.value is not here and one.value is one.value)


def test_the_parent_is_told_ahead() -> None:
    told: list[tuple[str, int]] = []
    one = PerProcess(lambda: "value", lambda value: told.append((value, os.getpid())))
    assert in_fork(lambda: len(told)) == 1
    assert told == [(one.value, os.getpid())]


def test_a_lock_that_a_thread_holds_is_free_in_the_child() -> None:
    one = PerProcess(threading.Lock)
    with one.value:
        assert in_fork(lambda: one.value.acquire(timeout=0))


def test_what_nobody_has_any_more_is_not_remembered() -> None:
    before = len(forks._all)
    one = PerProcess(object)
    assert len(forks._all) == before + 1
    del one
    assert len(forks._all) == before
