"""Where the demo shows what happens."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from streamward.audit.tail import Line
from streamward.model.event import Entry


class Tone(StrEnum):
    """What a line means to somebody who watches."""

    PLAIN = "plain"
    ALLOWED = "allowed"
    DENIED = "denied"
    ALARM = "alarm"


class Stage(Protocol):
    """Shows scenes to a person; a test collects them."""

    def progress(self, what: str) -> None:
        """What is being waited for now."""
        ...

    def scene(self, title: str, meaning: str) -> None:
        """A new part, and one sentence that says what it shows."""
        ...

    def tell(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """One line of what happened."""
        ...

    def entries(self, entries: Iterable[tuple[Entry, Line]]) -> None:
        """Entries of the log, as `streamward audit tail` prints them."""
        ...
