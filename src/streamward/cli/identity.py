"""`streamward identity`: credentials of principals."""

import sys
from typing import Annotated, Final, Literal

import typer
from rich.console import Console

from streamward.audit.compiled import core, core_errors
from streamward.cli import credentials
from streamward.errors import InvalidArgument

app = typer.Typer(no_args_is_help=True, help="Credentials of principals.")
credentials.register(app)

PASSWORD_BYTES_MAX: Final = 1024
ITERATIONS_MIN: Final = 4096
ITERATIONS_MAX: Final = 1_000_000


@app.callback()
def _group() -> None:
    """Credentials of principals."""


@app.command()
def verifier(
    iterations: Annotated[
        int,
        typer.Option(min=ITERATIONS_MIN, max=ITERATIONS_MAX, help="How slow to guess."),
    ] = ITERATIONS_MIN,
    mechanism: Annotated[
        Literal["SCRAM-SHA-256", "SCRAM-SHA-512"],
        typer.Option(help="Clients may log in by this one, and by PLAIN."),
    ] = "SCRAM-SHA-256",
) -> None:
    """Print the verifier of a password (RFC 5803): what a bundle keeps instead of it.

    The password is asked for, or read from standard input; it is never an argument, which every
    user of the machine could see.

    Example:
        streamward identity verifier > my-bundle/secrets/analytics-batch.verifier
    """
    password = _password().encode()
    if not 0 < len(password) <= PASSWORD_BYTES_MAX:
        raise InvalidArgument(f"a password has between 1 and {PASSWORD_BYTES_MAX} bytes")
    with core_errors():
        text = core().password_verifier(password, iterations, mechanism)
    Console(soft_wrap=True).out(text, highlight=False)


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.read(PASSWORD_BYTES_MAX + 2).rstrip("\r\n")
