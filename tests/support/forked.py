"""Work that is done in a process that was forked from this one."""

import os
import pickle
import select
import signal
from collections.abc import Callable
from typing import Any

SECONDS_MAX = 60.0


def in_fork(work: Callable[[], Any]) -> Any:
    """What `work` gives in a child of this process; fails where it raises there, or hangs."""
    there, here = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(there)
            try:
                answer = True, work()
            except BaseException as error:  # noqa: BLE001 - told in the parent
                answer = False, repr(error)
            os.write(here, pickle.dumps(answer))
        finally:
            os._exit(0)
    os.close(here)
    try:
        told = b""
        while select.select([there], [], [], SECONDS_MAX)[0]:
            more = os.read(there, 1 << 16)
            if not more:
                break
            told += more
        else:
            raise AssertionError("the child hangs")
    finally:
        os.close(there)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    well, answer = pickle.loads(told)
    assert well, answer
    return answer
