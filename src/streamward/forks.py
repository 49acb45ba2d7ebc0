"""What each process must have of its own, where a program forks: keys, counters, locks, sockets."""

import os
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar
from weakref import ref

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A value that is made anew in every process that was forked; what it inherited is dropped.

    SECURITY: two processes that seal with one data key and its counter use the same nonces, which
    gives the key away; so a forked process has none of its parent's from its first moment on. Nor
    can it wait for a lock that a thread held which it does not have.
    """

    def __init__(
        self, make: Callable[[], T], before_fork: Callable[[T], object] | None = None
    ) -> None:
        """`make` is called at once, and in a child while it is forked: it may neither block nor
        raise. `before_fork` is told the value in the parent, ahead of each fork.
        """
        self._make = make
        self._before_fork = before_fork
        self._held = os.getpid(), make()
        place = id(self)
        _all[place] = ref(self, lambda _: _all.pop(place, None))

    @property
    def value(self) -> T:
        """This process's own. Ask for it once for all that belongs together."""
        process, value = self._held
        # Who forks past Python, as a server written in C may, tells nobody.
        return value if process == os.getpid() else self.renew()

    def renew(self) -> T:
        """Drop the value for a new one; whoever uses the old one meanwhile has it to himself."""
        value = self._make()
        self._held = os.getpid(), value
        return value

    def _forks(self) -> None:
        if self._before_fork is not None:
            self._before_fork(self._held[1])


_all: Final[dict[int, ref[PerProcess[Any]]]] = {}


def _living() -> list[PerProcess[Any]]:
    # A copy is made at once, whatever other threads add meanwhile.
    return [each for each in (found() for found in list(_all.values())) if each is not None]


def _before() -> None:
    for each in _living():
        each._forks()


def _in_child() -> None:
    for each in _living():
        each.renew()


os.register_at_fork(before=_before, after_in_child=_in_child)
