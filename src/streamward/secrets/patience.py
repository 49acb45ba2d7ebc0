"""How often a store or a provider that fails is asked again, and when it is left alone."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from streamward.clock import monotonic_seconds
from streamward.errors import Unavailable
from streamward.secrets.ports import SecretUnavailable

T = TypeVar("T")

ATTEMPTS_MAX: Final = 3
BACKOFF_SECONDS: Final = 0.2
BACKOFF_SECONDS_MAX: Final = 2.0
FAILURES_MAX: Final = 4
"""Calls in a row, each with all its attempts, after which the store is left alone."""

OPEN_SECONDS: Final = 10.0

_random = secrets.SystemRandom()


class Patience:
    """Attempts with growing, random pauses; a circuit breaker around them."""

    def __init__(
        self,
        name: str,
        clock: Callable[[], float] = monotonic_seconds,
        sleep: Callable[[float], None] = time.sleep,
        *,
        what: str = "secret store",
        failure: type[Unavailable] = SecretUnavailable,
    ) -> None:
        self._name, self._clock, self._sleep = f"{what} `{name}`", clock, sleep
        self._failure = failure
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def call(self, ask: Callable[[], T]) -> T:
        """What `ask` gives. Raises the failure where it goes on raising that, or has done so
        lately; another error at once: the store answered, and asking again would not help.
        """
        self._pass()
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                most = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2**attempt)
                self._sleep(_random.uniform(0.0, most))
            try:
                answer = ask()
            except self._failure:
                if attempt == ATTEMPTS_MAX - 1:
                    self._failed()
                    raise
            except BaseException:
                self._answered()
                raise
            else:
                self._answered()
                return answer
        raise AssertionError("there is at least one attempt")

    def _pass(self) -> None:
        with self._lock:
            if self._clock() < self._open_until:
                raise self._failure(
                    f"the {self._name} failed {self._failures} times in a row and "
                    f"is asked again within {OPEN_SECONDS:.0f} seconds"
                )
            if self._failures >= FAILURES_MAX:
                # One caller tries; until it is back, the others needn't.
                self._open_until = self._clock() + OPEN_SECONDS

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_MAX:
                self._open_until = self._clock() + OPEN_SECONDS

    def _answered(self) -> None:
        with self._lock:
            self._failures, self._open_until = 0, 0.0
