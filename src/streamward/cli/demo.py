"""`streamward demo`: the whole product on this machine, in seconds."""

import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

from streamward import log
from streamward.audit.tail import Line
from streamward.cli.audit_show import show
from streamward.clock import monotonic_seconds
from streamward.demo import Outcome, Tone, brokers_of, play
from streamward.model.event import Entry

_STYLES: Final = {
    Tone.PLAIN: "",
    Tone.ALLOWED: "green",
    Tone.DENIED: "red",
    Tone.ALARM: "bold yellow",
}
TEMPORARY_BYTES_MAX: Final = 60
_BY_SIGNAL: Final = 128


class Broker(StrEnum):
    """What stands behind the demo's gateway."""

    MOCK = "mock"
    KAFKA = "kafka"


def demo_command(
    broker: Annotated[
        Broker,
        typer.Option(help="`mock`: librdkafka's own. `kafka`: a real one; needs Java and Maven."),
    ] = Broker.MOCK,
    check: Annotated[
        bool,
        typer.Option("--check", help="Unattended: the last line is a JSON object with the counts."),
    ] = False,
    audit_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Leave the log in this folder, which must be empty."),
    ] = None,
) -> None:
    """Run brokers, a gateway and clients on this machine, and show what is allowed and denied.

    Exits with 1 where anything differs from what it must be, and names it.

    Examples:
        streamward demo

        streamward demo --check --audit-dir demo-log
    """
    # The gateway's own lines would stand between those of the demo; errors still do.
    os.environ.setdefault("STREAMWARD_LOG", "error")
    log.configure(logging.ERROR)
    began = monotonic_seconds()
    console = Console(soft_wrap=True, highlight=False)
    with (
        _Interruption() as interruption,
        tempfile.TemporaryDirectory(prefix="streamward-demo-", dir=_temporary()) as work,
        Status("", console=Console(stderr=True)) as status,
    ):
        stage = _Terminal(console, status, interruption)
        outcome = play(stage, brokers_of(broker, stage), Path(work), audit_dir)
    _sum_up(console, outcome, monotonic_seconds() - began)
    if check:
        console.out(json.dumps(outcome.document()), highlight=False)
    if outcome.failed:
        raise typer.Exit(1)


def _temporary() -> str:
    """Where temporary folders go; the control socket in one must have a short path."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= TEMPORARY_BYTES_MAX else "/tmp"  # noqa: S108


class _Interruption:
    """SIGTERM and Ctrl-C end alike: whatever was started is stopped on the way out.

    They are remembered because what a handler raises within a client's C code may be swallowed
    there, or turned into an error that has nothing to do with it.
    """

    def __init__(self) -> None:
        self._code: int | None = None

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, self._handle)
        # A shell makes what it runs in the background ignore Ctrl-C: not for the demo to change.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        self.end_if_any()

    def _handle(self, number: int, _: object) -> None:
        self._code = _BY_SIGNAL + number
        self.end_if_any()

    def end_if_any(self) -> None:
        """Raise `SystemExit` with what a shell expects of a program that a signal ended."""
        if self._code is not None:
            sys.exit(self._code)


class _Terminal:
    """Shows the demo as it happens."""

    def __init__(self, console: Console, status: Status, interruption: _Interruption) -> None:
        self._console = console
        self._status = status
        self._interruption = interruption
        self._scenes = 0

    def progress(self, what: str) -> None:
        """A line that the next one replaces, where there is a terminal."""
        self._status.update(Text(what))

    def scene(self, title: str, meaning: str) -> None:
        """A numbered heading with its sentence."""
        self._interruption.end_if_any()
        self._scenes += 1
        self._console.print()
        self._console.print(Text(f"{self._scenes}. {title}", style="bold"))
        self._console.print(Text(f"   {meaning}", style="dim"))

    def tell(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """One line."""
        self._console.print(Text(f"   {text}", style=_STYLES[tone]))

    def entries(self, entries: Iterable[tuple[Entry, Line]]) -> None:
        """The lines of `streamward audit tail`."""
        for entry, line in entries:
            show(self._console, entry, line)


def _sum_up(console: Console, outcome: Outcome, seconds: float) -> None:
    met = len(outcome.expectations) - len(outcome.failed)
    console.print()
    for each in outcome.failed:
        console.print(Text(f"not as it must be: {each.what}: {each.found}", style="bold red"))
    console.print(
        Text(f"{met} of {len(outcome.expectations)} expectations met in {seconds:.1f} s.", "bold")
    )
