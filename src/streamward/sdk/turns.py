"""One question about a thing at a time, while questions about other things go on."""

import threading
from collections.abc import Callable, Hashable
from typing import Final, TypeVar

from streamward.errors import StreamwardError

T = TypeVar("T")


class _Turn:
    __slots__ = ("ended", "failure", "lock", "waiting")

    def __init__(self) -> None:
        self.lock: Final = threading.Lock()
        self.waiting = 0
        self.ended = 0
        """How many questions were asked by those who wait here, or did."""
        self.failure: StreamwardError | None = None


class Turns:
    """Who asks while others wait. May be used from several threads."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._turns: dict[Hashable, _Turn] = {}

    def ask(self, place: Hashable, known: Callable[[], T | None], question: Callable[[], T]) -> T:
        """What is `known` once nobody asks about this place, else what a question answers.

        A StreamwardError of a question is also that of whoever was waiting for its answer: it would
        not help to wait for as long again, one after the other.
        """
        with self._lock:
            turn = self._turns.setdefault(place, _Turn())
            turn.waiting += 1
            ended = turn.ended
        try:
            with turn.lock:
                found = known()
                if found is not None:
                    return found
                if turn.ended != ended and turn.failure is not None:
                    raise turn.failure
                turn.failure = None
                try:
                    return question()
                except StreamwardError as failure:
                    turn.failure = failure
                    raise
                finally:
                    turn.ended += 1
        finally:
            with self._lock:
                turn.waiting -= 1
                if not turn.waiting:
                    del self._turns[place]
