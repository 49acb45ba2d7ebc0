"""What is not as it was after an import, or worth a look."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of an ACL that wasn't simply kept."""

    LEFT_OUT = "left out"
    """An allow that can't be kept, or one for nobody that the gateway knows: less is allowed."""
    STRICTER = "stricter"
    """A deny that can't be kept exactly and denies more than it did."""
    WITHOUT_EFFECT = "without effect"
    """Left out, and decides nothing: neither in Kafka nor behind the gateway."""
    NOTE = "note"
    """Kept exactly, or no ACL at all, but probably not what somebody meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One ACL (or the principal) that somebody should know about, and why."""

    outcome: Outcome
    about: str
    why: str

    @property
    def is_loss(self) -> bool:
        """Whether decisions differ from Kafka's; always to the stricter side."""
        return self.outcome in (Outcome.LEFT_OUT, Outcome.STRICTER)
