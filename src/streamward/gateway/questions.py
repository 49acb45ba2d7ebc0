"""Takes what the data plane asks and hands it to whoever answers that kind of question."""

import asyncio
import json
import queue
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from streamward.clock import monotonic_seconds
from streamward.errors import StreamwardError
from streamward.log import Logger

log = Logger(__name__)

PAUSE_SECONDS: Final = 0.2
WAIT_SECONDS: Final = 0.5
THREADS: Final = 4
SLOW_THREADS: Final = 2
ANSWER_SECONDS: Final = 5.0
"""For how long the data plane waits for an answer."""

WAITING_MAX: Final = 1_000

Answerer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Answers a type of question (docs/concepts/boundary.md); may block or raise StreamwardError."""


class Asking(Protocol):
    """The side of the data plane that asks, and is told."""

    def supply_keys(self, keys: bytes) -> int:
        """Put the keys of a token issuer in force."""
        ...

    def next_question(self, seconds: float) -> tuple[int, bytes] | None:
        """What it must be told to go on; waits for at most so many seconds."""
        ...

    def answer(self, identifier: int, answer: bytes | None) -> bool:
        """Answer a question; None where there is no answer. False: nobody waits for it."""
        ...


class QuestionService:
    """The only one that takes questions. Those of the types that it knows it has answered, each in
    a thread, so that a slow answer keeps nobody else; all others wait at `next_question`, for a
    service that takes them as if from the data plane itself.

    SECURITY: `slow` answerers ask programs that anybody may make them ask, for schemas of ids that
    a producer chose. They have threads of their own, so that passwords and keys wait for none.
    """

    def __init__(
        self,
        asking: Asking,
        answerers: Mapping[str, Answerer],
        slow: Mapping[str, Answerer] | None = None,
    ) -> None:
        self._asking = asking
        self._answerers = answerers
        self._slow = slow or {}
        self._others: queue.Queue[tuple[int, bytes, float]] = queue.Queue(WAITING_MAX)

    async def run(self) -> None:
        """Take questions until cancelled."""
        loop = asyncio.get_running_loop()
        # Threads of its own: neither it nor the answers use up those of all.
        with (
            ThreadPoolExecutor(1, thread_name_prefix="questions") as taking,
            ThreadPoolExecutor(THREADS, thread_name_prefix="answers") as threads,
            ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="slow-answers") as slow,
        ):
            while True:
                try:
                    question = await loop.run_in_executor(
                        taking, self._asking.next_question, WAIT_SECONDS
                    )
                except StreamwardError:
                    await asyncio.sleep(PAUSE_SECONDS)  # it has stopped, or is about to
                    continue
                if question is not None:
                    self._route(threads, slow, *question)

    def _route(
        self,
        threads: ThreadPoolExecutor,
        slow: ThreadPoolExecutor,
        identifier: int,
        question: bytes,
    ) -> None:
        document = json.loads(question)
        kind = document["type"]
        until = monotonic_seconds() + ANSWER_SECONDS
        for pool, answerers in ((threads, self._answerers), (slow, self._slow)):
            answerer = answerers.get(kind)
            if answerer is not None:
                pool.submit(self._answer, identifier, answerer, document, until)
                return
        try:
            self._others.put_nowait((identifier, question, until))
        except queue.Full:
            self.answer(identifier, None)

    def _answer(
        self, identifier: int, answerer: Answerer, document: Mapping[str, Any], until: float
    ) -> None:
        if monotonic_seconds() >= until:
            return  # nobody waits for it any more
        try:
            answer = answerer(document)
        except StreamwardError as error:
            log.warning("question not answered", code=error.code, cause=error)
            answer = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - whoever asked must not wait for nothing
            # SECURITY: what it says may show what it was about: a header, a secret.
            log.error("question not answered", cause=type(error).__name__)
            answer = {"error": "the gateway could not answer; see its log"}
        try:
            self.answer(identifier, json.dumps(answer).encode())
        except StreamwardError as error:
            log.warning("answer not taken", cause=error)

    def supply_keys(self, keys: bytes, /) -> int:
        """Put the keys of a token issuer in force."""
        return self._asking.supply_keys(keys)

    def next_question(self, seconds: float, /) -> tuple[int, bytes] | None:
        """The next question of another type; waits for at most so many seconds."""
        try:
            identifier, question, until = self._others.get(timeout=seconds)
        except queue.Empty:
            return None
        return (identifier, question) if monotonic_seconds() < until else None

    def answer(self, identifier: int, answer: bytes | None, /) -> bool:
        """Answer a question; False where nobody waits for it any more."""
        return self._asking.answer(identifier, answer)
