"""Takes what the data plane asks and hands it to whoever answers that kind of question."""

import asyncio
import json
import queue
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from streamward.errors import StreamwardError
from streamward.log import Logger

log = Logger(__name__)

PAUSE_SECONDS: Final = 0.2
WAIT_SECONDS: Final = 0.5
THREADS: Final = 4
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
    """

    def __init__(self, asking: Asking, answerers: Mapping[str, Answerer]) -> None:
        self._asking = asking
        self._answerers = answerers
        self._others: queue.Queue[tuple[int, bytes]] = queue.Queue(WAITING_MAX)

    async def run(self) -> None:
        """Take questions until cancelled."""
        loop = asyncio.get_running_loop()
        # Threads of its own: neither it nor the answers use up those of all.
        with ThreadPoolExecutor(THREADS + 1, thread_name_prefix="questions") as threads:
            while True:
                try:
                    question = await loop.run_in_executor(
                        threads, self._asking.next_question, WAIT_SECONDS
                    )
                except StreamwardError:
                    await asyncio.sleep(PAUSE_SECONDS)  # it has stopped, or is about to
                    continue
                if question is not None:
                    self._route(threads, *question)

    def _route(self, threads: ThreadPoolExecutor, identifier: int, question: bytes) -> None:
        document = json.loads(question)
        answerer = self._answerers.get(document["type"])
        if answerer is not None:
            threads.submit(self._answer, identifier, answerer, document)
            return
        try:
            self._others.put_nowait((identifier, question))
        except queue.Full:
            self.answer(identifier, None)

    def _answer(self, identifier: int, answerer: Answerer, document: Mapping[str, Any]) -> None:
        try:
            answer = answerer(document)
        except StreamwardError as error:
            log.warning("question not answered", code=error.code, cause=error)
            answer = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - whoever asked must not wait for nothing
            log.error("question not answered", cause=repr(error))
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
            return self._others.get(timeout=seconds)
        except queue.Empty:
            return None

    def answer(self, identifier: int, answer: bytes | None, /) -> bool:
        """Answer a question; False where nobody waits for it any more."""
        return self._asking.answer(identifier, answer)
