"""Run something in a process of its own: what it takes in memory and time ends with it."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

from streamward.errors import StreamwardError, Unavailable

SECONDS_MAX: Final = 300.0


def apart(work: Callable[..., None], *arguments: Any, seconds_max: float = SECONDS_MAX) -> None:
    """Call a function of a module, with arguments that can be pickled.

    Raises the StreamwardError that it raises, and Unavailable where it takes too long or its
    process ends otherwise.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, work, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds_max):
            raise Unavailable(f"to judge the bundle takes more than {seconds_max:.0f} s")
        error = ours.recv()
    except EOFError as error:
        raise Unavailable("the process that judges the bundle ended without an answer") from error
    finally:
        process.kill()
        process.join()
        ours.close()
    if error is not None:
        raise error


def _run(answer: "Connection[Any, Any]", work: Callable[..., None], arguments: Any) -> None:
    try:
        work(*arguments)
    except StreamwardError as error:
        # What caused it may hold what can't be sent.
        error.__cause__ = error.__context__ = None
        answer.send(error)
    else:
        answer.send(None)
    finally:
        answer.close()
