"""How entries of the log are printed."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.text import Text

from streamward.audit.report import plain
from streamward.audit.tail import Line
from streamward.errors import InvalidArgument
from streamward.model.event import Entry, Kind

_STYLES: Final = {
    "allow": "green",
    "success": "green",
    "deny": "bold red",
    "failure": "bold red",
    "opened": "bold yellow",
    "lifted": "yellow",
    "expired": "yellow",
    "medium": "yellow",
    "high": "bold red",
    "critical": "bold red",
}


def known_kinds(kinds: Iterable[str] | None) -> tuple[str, ...]:
    """The kinds that an option names. Raises InvalidArgument where there is no such kind."""
    named = tuple(kinds or ())
    unknown = set(named) - set(Kind)
    if unknown:
        known = ", ".join(Kind)
        raise InvalidArgument(f"`{min(unknown)}` is not a kind of entry; there are {known}")
    return named


def show(console: Console, entry: Entry, line: Line, *, as_json: bool = False) -> None:
    """Print one entry of the log."""
    if as_json:
        console.out(entry.text.decode(errors="replace"), highlight=False)
        return
    text = Text(f"{line.index:>6}  {line.time}  ", style="dim")
    text.append(f"{line.kind:<15}", style="bold")
    text.append(f"{plain(line.who):<28}  {plain(line.what)}  ", style="not dim")
    text.append(line.decision, style=_STYLES.get(line.decision, ""))
    if line.why:
        text.append(f"  {plain(line.why)}", style="dim")
    console.print(text)
