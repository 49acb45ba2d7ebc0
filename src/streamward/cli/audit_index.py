"""The index for a question: caught up first, with a bar for whoever waits for that."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from streamward.audit.index import Index, opened_index
from streamward.audit.journal import journal_readers
from streamward.audit.places import index_path, log_origin
from streamward.audit.transparency import newest_checkpoint
from streamward.errors import StreamwardError


@contextmanager
def waited_index(
    where: Path, file: Path | None, *, quiet: bool, fresh: bool = False
) -> Iterator[Index]:
    """The index of a log, caught up; where that takes its time, whoever waits sees how far it is.

    With `fresh` it is made of the log alone, and removed after the question. Nothing is shown with
    `quiet`, or where standard error is no terminal.
    """
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("indexing the log"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    shown: list[TaskID] = []

    def caught_up(entries: int) -> None:
        if not shown:
            bar.start()
            shown.append(bar.add_task("", total=_logged(where)))
        bar.update(shown[0], completed=entries)

    readers, path = journal_readers(where), file or index_path(where)
    with ExitStack() as stack:
        stack.callback(bar.stop)
        if fresh:
            path = Path(stack.enter_context(TemporaryDirectory())) / path.name
        index = stack.enter_context(opened_index(readers, path, log_origin(where), caught_up))
        bar.stop()
        yield index


def _logged(where: Path) -> int | None:
    """How many entries the log has, roughly; None where it has no checkpoint yet."""
    try:
        return newest_checkpoint(where).size
    except StreamwardError:
        return None
