"""`streamward detect`: what the log holds grounds for, and which detections there are."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from streamward.app import engine_of, find_audit_dir, valid_bundle
from streamward.audit.journal import journal_readers
from streamward.cli.options import AsJson, AuditDir, StateDir
from streamward.detection import detections_of
from streamward.detection.detectors import BUILTIN
from streamward.detection.service import replay
from streamward.model.alert import Alert
from streamward.model.duration import format_duration

app = typer.Typer(no_args_is_help=True, help="Detections over the log.")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the bundle.")]


@app.command("replay")
def replay_command(
    directory: Directory,
    audit_dir: AuditDir = None,
    state_dir: StateDir = None,
    first: Annotated[
        int,
        typer.Option("--from", metavar="ENTRY", min=0, help="Show alerts from this entry on."),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Run a bundle's detections over the log as it is, with the code that runs live.

    Nothing is recorded and nothing is contained: this is how to try a detection.

    Example:
        streamward detect replay my-bundle --audit-dir /var/lib/streamward/audit
    """
    bundle = valid_bundle(directory, materials=False)
    where = find_audit_dir(audit_dir, state_dir, directory)
    console = Console(soft_wrap=True, highlight=False)
    found = list(replay(journal_readers(where), engine_of(bundle), first))
    if as_json:
        console.print_json(data={"alerts": [_document(alert) for alert in found]})
        return
    for alert in found:
        console.print(
            Text(f"{alert.entries[-1]:>6}  ", style="dim")
            + Text(f"{alert.severity:<14}", style="bold")
            + Text(f"{alert.detection}: {alert.title}")
            + Text(f"  {alert.id}", style="dim")
        )
    console.print(f"{len(found)} alert{'' if len(found) == 1 else 's'}")


def _document(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "detection": alert.detection,
        "title": alert.title,
        "severity": str(alert.severity),
        "entity": {"type": alert.entity_type, "name": alert.entity_name},
        "entries": [str(index) for index in alert.entries],
        "techniques": list(alert.techniques),
        "time": alert.time_milliseconds,
    }


@app.command("list")
def list_command(directory: Directory, as_json: AsJson = False) -> None:
    """Show the detections that a bundle declares, and the detectors that there are."""
    bundle = valid_bundle(directory, materials=False)
    declared = [
        {
            "id": armed.id,
            "detector": armed.detector.name,
            "severity": str(armed.severity),
            "quiet": format_duration(armed.quiet_milliseconds),
            "techniques": list(armed.techniques),
        }
        for armed in detections_of(bundle)
    ]
    known = [{"name": one.name, "title": one.title} for one in BUILTIN]
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.print_json(data={"detections": declared, "detectors": known})
        return
    for row in declared:
        console.print(
            Text(f"{row['id']}  ", style="bold")
            + Text(f"{row['detector']}, {row['severity']}, quiet for {row['quiet']}")
        )
    console.print(Text("detectors: " + ", ".join(one["name"] for one in known), style="dim"))
