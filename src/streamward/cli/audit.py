"""`streamward audit`: read the log."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streamward.app import find_audit_dir
from streamward.audit.journal import journal_readers
from streamward.audit.service import LAST_ENTRIES_MAX, Tail
from streamward.audit.tail import Choice
from streamward.cli.audit_erase import erase
from streamward.cli.audit_handing import export, follow
from streamward.cli.audit_log import checkpoint, prove, verify
from streamward.cli.audit_questions import exposure, search, show_entry
from streamward.cli.audit_show import known_kinds, show
from streamward.cli.options import AuditDir, StateDir

app = typer.Typer(no_args_is_help=True, help="Read the log of what happened.")


@app.callback()
def _group() -> None:
    """Read the log of what happened."""


@app.command()
def tail(
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", metavar="DIR", help="The bundle whose log to read.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for more; end with Ctrl-C.")
    ] = False,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated.")
    ] = None,
    principal: Annotated[str | None, typer.Option(help="Only about this principal.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only about this stream.")] = None,
    last: Annotated[
        int | None,
        typer.Option("-n", "--last", min=0, max=LAST_ENTRIES_MAX, help="Only the last so many."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the entries, one a line.")] = False,
) -> None:
    """Print the entries of the log: when, what kind, who, what, the decision, and the rule.

    Examples:
        streamward audit tail --state-dir /var/lib/streamward --follow

        streamward audit tail --principal mallory --kind denied -n 20
    """
    choice = Choice(frozenset(known_kinds(kind)), principal, stream)
    shown = Tail(journal_readers(find_audit_dir(audit_dir, state_dir, bundle)), choice)
    console = Console(soft_wrap=True, highlight=False)
    for entry, line in shown.present(last):
        show(console, entry, line, as_json=as_json)
    if follow:
        asyncio.run(_coming(shown, console, as_json))


async def _coming(shown: Tail, console: Console, as_json: bool) -> None:
    async for entry, line in shown.coming():
        show(console, entry, line, as_json=as_json)


app.command()(verify)
app.command()(prove)
app.command()(checkpoint)
app.command()(search)
app.command("show")(show_entry)
app.command()(exposure)
app.command()(follow)
app.command()(export)
app.command()(erase)
