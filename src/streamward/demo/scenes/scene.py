"""What a scene is given, and what it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Protocol

from streamward.demo.brokers import Brokers
from streamward.demo.folder import Folder
from streamward.demo.outcome import Outcome
from streamward.demo.stage import Stage
from streamward.demo.trail import Ledger, Trail

TRANSACTIONS: Final = "payments.transactions"
TOTALS: Final = "payments.daily-totals"
TOPICS: Final = (TRANSACTIONS, TOTALS)
SEALED: Final = (TRANSACTIONS,)
"""Those that the brokers must never hold in plaintext."""


@dataclass(frozen=True, slots=True)
class Props:
    """What stands ready when a scene begins."""

    folder: Folder
    door: Path
    """The socket of the gateway's control door."""
    brokers: Brokers
    trail: Trail
    ledger: Ledger
    stage: Stage
    outcome: Outcome


class Scene(Protocol):
    """One part of the demo."""

    title: ClassVar[str]
    meaning: ClassVar[str]

    def play(self, props: Props) -> None:
        """Do it with real clients, show it, and say what must be so."""
        ...
