"""`streamward gateway`: run the gateway, ask it, and make it read its bundle again."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamward import log
from streamward.app import Started, bundle_name, find_socket, paths_of, run_gateway
from streamward.audit.compiled import core, core_errors
from streamward.cli.options import AsJson, AuditDir, Socket, StateDir
from streamward.server.client import DoorClient

app = typer.Typer(no_args_is_help=True, help="Run the gateway and talk to it.")

WORKERS_MAX = 256


@app.command()
def run(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")],
    state_dir: StateDir = None,
    audit_dir: AuditDir = None,
    workers: Annotated[
        int, typer.Option(help="Threads that serve connections.", min=1, max=WORKERS_MAX)
    ] = 2,
    from_folder: Annotated[
        bool,
        typer.Option("--from-folder", help="Run the folder, whatever version was applied."),
    ] = False,
) -> None:
    """Enforce a bundle in front of its brokers, until SIGTERM or Ctrl-C.

    Once a version was applied (`streamward apply`) it runs that one, after a restart too, and says
    where the folder differs. Before that it runs the folder:
    SIGHUP, a change of its files, or `streamward gateway reload` make it read the bundle again; a
    bundle with mistakes changes nothing. Logs go to stderr as JSON lines.

    Example:
        streamward gateway run my-bundle --audit-dir /var/lib/streamward/audit
    """
    log.configure()
    asyncio.run(
        run_gateway(
            directory,
            lambda bundle: paths_of(bundle_name(bundle), state_dir, audit_dir),
            workers,
            _announce,
            from_folder=from_folder,
        )
    )


def _announce(started: Started) -> None:
    """What a person wants to see when it has started."""
    console = Console(soft_wrap=True, highlight=False)
    rows = [("bundle", f"{bundle_name(started.bundle)} ({started.bundle.root})")]
    rows += [("listener", text) for text in _listeners(started.status)]
    rows += [
        ("policy", started.policy_version),
        ("log", str(started.paths.audit)),
        ("control door", str(started.paths.socket)),
    ]
    for label, value in rows:
        _row(console, label, value)


def _row(console: Console, label: str, value: str) -> None:
    console.print(Text(f"{label:25}", style="bold") + Text(value))


def _listeners(status: dict[str, Any]) -> list[str]:
    return [_listener(one) for one in status.get("listeners", ())]


def _listener(one: dict[str, Any]) -> str:
    node = one.get("node")
    role = "bootstrap" if node is None else f"broker {node}"
    if one.get("grants"):
        role = "keys for programs"
    return f"{one.get('name')}  {one.get('address')}  {role}"


@app.command()
def status(
    state_dir: StateDir = None,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """What listens, who is connected, and which policy is in force."""
    with DoorClient(find_socket(state_dir, socket, None)) as door:
        found = door.status()
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data=found)
        return
    for text in _listeners(found):
        _row(console, "listener", text)
    for key, value in found.items():
        if key != "listeners":
            shown = value if isinstance(value, str | int | float) else json.dumps(value)
            _row(console, key.replace("_", " "), str(shown))


@app.command()
def metrics(
    state_dir: StateDir = None,
    socket: Socket = None,
    openmetrics: Annotated[
        bool, typer.Option("--openmetrics", help="As OpenMetrics, not as Prometheus' text.")
    ] = False,
) -> None:
    """Every figure of a running gateway, as Prometheus reads them.

    Example:
        streamward gateway metrics | grep streamward_requests_total
    """
    accept = "application/openmetrics-text" if openmetrics else ""
    with DoorClient(find_socket(state_dir, socket, None)) as door:
        typer.echo(door.metrics(accept), nl=False)


@app.command()
def reload(
    state_dir: StateDir = None,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Make the gateway read its bundle again; with mistakes in it the old one stays in force."""
    with DoorClient(find_socket(state_dir, socket, None)) as door:
        found = door.reload()
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data=found)
    else:
        console.print(Text(f"policy {found['version']} is in force"))


@app.command()
def apis(as_json: AsJson = False) -> None:
    """Every API of Kafka: versions served, what is asked of the policy, how a denial shows.

    What is not served is refused, and not offered to clients.
    """
    with core_errors():
        table = json.loads(core().api_table())
    console = Console()
    if as_json:
        console.print_json(data=table)
        return
    shown = Table("key", "API", "versions", "decision", "a denial shows as", box=None)
    for row in table:
        cells = (row.get(k, "") for k in ("key", "name", "versions", "decision", "denial"))
        shown.add_row(*(Text(_cell(cell)) for cell in cells))
    console.print(shown)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        separator = "-" if all(isinstance(one, int) for one in value) else ", "
        return separator.join(str(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)
