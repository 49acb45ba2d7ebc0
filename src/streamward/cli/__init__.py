"""The terminal door: one file for each noun."""

import os
import sys
from collections.abc import Iterator
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from streamward import __version__
from streamward.cli.nouns import group_of
from streamward.errors import BundleInvalid, StreamwardError

CAUSES_MAX: Final = 10
MISTAKES_SHOWN_MAX: Final = 50

_PLACES: Final = {
    "init": "init:init_command",
    "check": "check:check_command",
    "apply": "apply:apply_command",
    "demo": "demo:demo_command",
    "gateway": "gateway:app",
    "audit": "audit:app",
    "contain": "contain:app",
    "detect": "detect:app",
    "policy": "policy:app",
    "identity": "identity:app",
    "keys": "keys:app",
    "schema": "schema:app",
    "contracts": "contracts:app",
    "dev": "dev:app",
}

app = typer.Typer(
    name="streamward",
    cls=group_of(_PLACES),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="""Declared, enforced and provable access to Kafka.

A bundle is a folder that declares who may do what with which streams. The gateway enforces it in
front of your brokers, and writes what it let through to a log before the answer leaves.

\b
    streamward init my-bundle                  write a first bundle
    streamward dev certificates my-bundle      make certificates for development
    streamward check my-bundle                 find every mistake in it
    streamward gateway run my-bundle           enforce it
    streamward audit tail --follow             watch what happens
    streamward contain revoke mallory --reason "key leaked" --expires 2h
""",
)


def _version(wanted: bool) -> None:
    if wanted:
        Console().print(f"streamward {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; an error is told once, with its causes and the way out; exit 1."""
    # Pydantic would look through all that is installed for plug-ins of itself, and load them.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app(prog_name="streamward")
    except StreamwardError as error:
        _fail(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        # A folder that can't be written, a disk that is full: whoever started this can mend that.
        _fail(_MachineRefused(_refusal(error)))


class _MachineRefused(StreamwardError):
    help = "Mend that, and run the command again."


def _refusal(error: OSError) -> str:
    what = (error.strerror or str(error) or type(error).__name__).lower()
    files = " and ".join(
        f"`{name}`" for name in (error.filename, error.filename2) if name is not None
    )
    return f"{what}: {files}" if files else what


def _fail(error: StreamwardError) -> NoReturn:
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(Text("error: ", style="bold red") + Text(str(error)))
    for cause in _causes(error):
        console.print(Text(f"  because: {cause}"))
    if isinstance(error, BundleInvalid):
        for mistake in error.mistakes[:MISTAKES_SHOWN_MAX]:
            console.print(Text(f"  {mistake}"))
            suggestion = getattr(mistake, "suggestion", "")
            if suggestion:
                console.print(Text(f"    {suggestion}", style="dim"))
    if error.help:
        console.print(Text("help: ", style="bold") + Text(error.help))
    sys.exit(1)


def _causes(error: BaseException) -> Iterator[str]:
    """What led to it, the nearest first; a cause without words is named by its class.

    Libraries wrap an error in their own with the same words: those are said once.
    """
    cause, said = error.__cause__, str(error)
    for _ in range(CAUSES_MAX):
        if cause is None:
            return
        words = _words(cause)
        if words not in said:
            yield words
        cause, said = cause.__cause__, words


def _words(cause: BaseException) -> str:
    """Of the compiled module, an error is a code and a message."""
    if type(cause).__name__ == "CoreError" and cause.args:
        return str(cause.args[-1])
    return str(cause) or type(cause).__name__
