"""How long an answer is believed where questions take long, and who waits for it."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from streamward.errors import Unavailable
from streamward.sdk.door import DoorKeys, DoorStreams
from streamward.sdk.door_client import DoorUnavailable, GrantDenied
from streamward.sdk.keyring import CONFIRM_MILLISECONDS, KeyRings
from streamward.sdk.turns import Turns
from tests.unit.sdk.test_door import GRANT, FakeDoor

SLOW = 10_000
"""What a question takes, in milliseconds."""


class SlowDoor(FakeDoor):
    """Time goes by while it is asked: before it answers, or behind that on the way back."""

    takes = 0
    back = 0

    def ask(self, stream: str, operation: str, **wanted: Any) -> Mapping[str, Any]:
        self.now += self.takes
        try:
            return super().ask(stream, operation, **wanted)
        finally:
            self.now += self.back


@pytest.fixture
def door() -> SlowDoor:
    return SlowDoor()


Ask = Callable[[], object]


@pytest.fixture(params=["sealing", "opening", "deterministic", "stream"])
def ask(request: pytest.FixtureRequest, door: SlowDoor) -> Ask:
    """One of the questions, about `cards`."""
    keys = KeyRings(
        DoorKeys(door, lambda: door.now),  # type: ignore[arg-type]
        lambda: door.now,
        by_stream=True,
    )
    streams = DoorStreams(door, lambda: door.now)  # type: ignore[arg-type]
    kid = bytes.fromhex(door._made("data_key")["kid"])
    asked: dict[str, Ask] = {
        "sealing": lambda: keys.sealing("cards", 1, "cards"),
        "opening": lambda: keys.opening(kid, "cards"),
        "deterministic": lambda: keys.deterministic("cards", "cards"),
        "stream": lambda: streams.of("cards", "seal"),
    }
    return asked[request.param]


def until_asked(door: SlowDoor, ask: Ask) -> int:
    """How long the answer was believed, in milliseconds."""
    begun, asked = door.now, len(door.asked)
    while len(door.asked) == asked:
        assert door.now - begun <= GRANT
        door.now += 1_000
        ask()
    return door.now - begun


def test_a_slow_answer_serves_the_records_that_come_meanwhile(door: SlowDoor, ask: Ask) -> None:
    door.takes = SLOW
    for _ in range(5):
        ask()
    assert len(door.asked) == 1


DUE = {"sealing": CONFIRM_MILLISECONDS, "opening": GRANT * 4 // 5, "stream": GRANT * 4 // 5}
"""When what is at hand, and still good, is asked for anew."""


@pytest.mark.parametrize("ask", DUE, indirect=True)
def test_a_failure_that_took_long_is_not_repeated_for_each_record(
    door: SlowDoor, ask: Ask, request: pytest.FixtureRequest
) -> None:
    held = ask()
    door.now += DUE[request.node.callspec.params["ask"]]
    door.takes, door.trouble = SLOW, Unavailable("the door is away")
    asked = len(door.asked)
    assert [ask() for _ in range(5)] == [held] * 5
    assert len(door.asked) == asked + 1


def test_nothing_is_handed_out_that_ended_while_it_was_asked_about(
    door: SlowDoor, ask: Ask
) -> None:
    """The key at hand is good when the question begins, and is not when nobody has answered."""
    ask()
    # So late that the grant ends during the question.
    door.now += GRANT - SLOW // 2
    door.takes, door.trouble = SLOW, Unavailable("the door is away")
    with pytest.raises(Unavailable):
        ask()


def test_an_answer_that_came_too_late_is_none(door: SlowDoor, ask: Ask) -> None:
    door.back = GRANT
    with pytest.raises(Unavailable, match="took longer than it holds for"):
        ask()
    door.back = 0
    assert ask() is not None


def test_how_soon_it_is_confirmed_counts_from_the_question(door: SlowDoor) -> None:
    """A ring that was revoked while the answer was on its way seals for a minute, not longer."""
    keys = KeyRings(
        DoorKeys(door, lambda: door.now),  # type: ignore[arg-type]
        lambda: door.now,
        by_stream=True,
    )
    door.takes = SLOW
    keys.sealing("cards", 1, "cards")
    door.takes = 0
    assert until_asked(door, lambda: keys.sealing("cards", 1, "cards")) == (
        CONFIRM_MILLISECONDS - SLOW
    )


class Held:
    """A door that answers about some streams only when it is let."""

    def __init__(self, door: FakeDoor, *streams: str) -> None:
        self._door, self._streams = door, streams
        self.asked = threading.Semaphore(0)
        self.let = threading.Event()

    def ask(self, stream: str, operation: str, **wanted: Any) -> Mapping[str, Any]:
        if stream in self._streams:
            self.asked.release()
            assert self.let.wait(60)
        return self._door.ask(stream, operation, **wanted)


@pytest.mark.parametrize("kind", ["sealing", "opening", "deterministic", "stream"])
def test_who_asks_about_one_stream_holds_up_no_other(door: SlowDoor, kind: str) -> None:
    held: Any = Held(door, "slow")
    keys = KeyRings(DoorKeys(held, lambda: door.now), lambda: door.now, by_stream=True)
    streams = DoorStreams(held, lambda: door.now)
    kid = bytes.fromhex(door._made("data_key")["kid"])

    def ask(stream: str) -> object:
        match kind:
            case "sealing":
                return keys.sealing("cards", 1, stream)
            case "opening":
                return keys.opening(kid, stream)
            case "deterministic":
                return keys.deterministic("cards", stream)
            case _:
                return streams.of(stream, "seal")

    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(ask("slow"))) for _ in range(3)]
    for each in threads:
        each.start()
    try:
        assert held.asked.acquire(timeout=60)
        assert ask("quick") is not None
    finally:
        held.let.set()
        for each in threads:
            each.join()
    assert len(found) == 3
    assert [stream for stream, _, _ in door.asked].count("slow") == 1, "one question for them all"
    if kind != "stream":
        assert found[0] is found[1] is found[2]


class Waiting:
    """Threads that ask for the same while the first question is under way."""

    def __init__(self, turns: Turns, ask: Callable[[], int]) -> None:
        self.turns, self._ask = turns, ask
        self.found: list[object] = []
        self._threads: list[threading.Thread] = []

    def begin(self, known: Callable[[], int | None]) -> None:
        def work() -> None:
            try:
                self.found.append(self.turns.ask("place", known, self._ask))
            except (GrantDenied, ValueError) as error:
                self.found.append(error)

        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()

    def end(self) -> list[object]:
        for each in self._threads:
            each.join()
        return self.found


@pytest.mark.parametrize(("failure", "asked"), [
    (GrantDenied("not for you"), 1),
    (ValueError("odd"), 4),
])  # fmt: skip
def test_a_refusal_is_that_of_all_who_waited_and_of_nobody_later(
    failure: Exception, asked: int
) -> None:
    begun, let, questions = threading.Event(), threading.Event(), []

    def question() -> int:
        questions.append(1)
        begun.set()
        assert let.wait(60)
        raise failure

    turns = Turns()
    waiting = Waiting(turns, question)
    waiting.begin(lambda: None)
    assert begun.wait(60)
    for _ in range(3):
        waiting.begin(lambda: None)
    while turns._turns["place"].waiting < 4:
        time.sleep(0)
    let.set()
    assert waiting.end() == [failure] * 4
    assert len(questions) == asked

    assert turns.ask("place", lambda: None, lambda: 7) == 7
    assert turns._turns == {}, "nothing is remembered of what nobody asks about"


def test_what_is_forgotten_during_a_question_is_not_kept(door: SlowDoor) -> None:
    """A key that was on its way when all were to be let go of serves who asked, and no other."""
    held: Any = Held(door, "cards")
    keys = KeyRings(DoorKeys(held, lambda: door.now), lambda: door.now, by_stream=True)
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(keys.sealing("cards", 1, "cards")))
    thread.start()
    assert held.asked.acquire(timeout=60)
    keys.forget()
    held.let.set()
    thread.join()
    assert keys.sealing("cards", 1, "cards") is not found[0]


def test_a_door_that_answers_too_late_is_unavailable(door: SlowDoor) -> None:
    streams = DoorStreams(door, lambda: door.now)  # type: ignore[arg-type]
    door.back = GRANT
    with pytest.raises(DoorUnavailable):
        streams.of("cards", "seal")
