"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

StateDir = Annotated[
    Path | None,
    typer.Option(
        "--state-dir",
        "--state",
        metavar="DIR",
        help="Where the gateway keeps its state.  [default: ~/.local/state/streamward/BUNDLE]",
    ),
]
AuditDir = Annotated[
    Path | None,
    typer.Option("--audit-dir", metavar="DIR", help="Where the log is.  [default: STATE/audit]"),
]
Socket = Annotated[
    Path | None,
    typer.Option(
        "--socket", metavar="PATH", help="The control door.  [default: STATE/run/control.sock]"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document.")]
NoCache = Annotated[
    bool,
    typer.Option(
        "--no-cache", help="Read and check the folder anew, and keep nothing for the next question."
    ),
]
