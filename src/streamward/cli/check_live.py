"""What `streamward check --live` prints."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamward.model.text import printable
from streamward.posture import Checked, Outcome, Severity

_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.WARNING: "yellow",
}


def document(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    """The report as plain objects."""
    return [
        {
            "cluster": each.cluster,
            "attempts": [
                {
                    "listener": it.listener,
                    "address": it.address,
                    "node": it.node,
                    "caller": it.caller,
                    "manner": it.manner,
                    "outcome": str(it.outcome),
                    "detail": it.detail,
                }
                for it in each.attempts
            ],
            "findings": [
                {
                    "severity": str(it.severity),
                    "where": it.where,
                    "what": it.what,
                    "change": it.change,
                }
                for it in each.findings
            ],
        }
        for each in checked
    ]


def show(console: Console, checked: Sequence[Checked]) -> None:
    """The report for a person: what was tried, then what to change."""
    for each in checked:
        table = Table(title=f"cluster {each.cluster}", title_justify="left")
        for heading in ("listener", "address", "caller", "shows", "outcome"):
            table.add_column(heading)
        for it in each.attempts:
            good = it.outcome in (Outcome.REFUSED, Outcome.UNREACHABLE)
            outcome = Text(str(it.outcome), style="green" if good else "bold red")
            cells = (it.listener, it.address, it.caller, it.manner)
            table.add_row(*(printable(cell) for cell in cells), outcome)
        if each.attempts:
            console.print(table)
        for finding in each.findings:
            line = Text(f"{finding.severity}: ", style=_STYLES[finding.severity])
            console.print(line + Text(printable(f"{finding.where}: {finding.what}")))
            console.print(Text(f"    {printable(finding.change)}", style="dim"))
        if not each.findings:
            console.print(f"brokers of `{each.cluster}` refuse everyone but the gateway")


def failed(checked: Sequence[Checked], *, strict: bool) -> bool:
    """Whether anything has to be changed."""
    return any(strict or it.severity.is_error for each in checked for it in each.findings)
