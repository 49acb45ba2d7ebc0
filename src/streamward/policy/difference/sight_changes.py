"""What readers see otherwise of streams: by contracts and rings, of which rules know nothing."""

from dataclasses import dataclass
from typing import Any

from streamward.model.stream import Level


@dataclass(frozen=True, slots=True)
class SightChange:
    """Some principals see some streams otherwise than before, whether they may read them or not."""

    principals: tuple[str, ...]
    streams: tuple[str, ...]
    """As people read them."""
    classes: tuple[str, ...]
    """Data classes that each of them carries, before or after."""
    before: str
    """For people: in which form, with which masks."""
    after: str
    by_token: bool
    """Only with groups that their tokens name."""
    gains: bool
    loses: bool
    by_masks: bool
    """Whether masks show more, and not only rings open for more."""
    source: str
    """`FILE:LINE` in the new bundle."""

    @property
    def sign(self) -> str:
        """`+` where it only shows more, `-` where it only shows less, else `±`."""
        return "±" if self.gains and self.loses else "+" if self.gains else "-"

    def document(self) -> dict[str, Any]:
        """The change as JSON values."""
        return {
            "principals": list(self.principals),
            "streams": list(self.streams),
            "classes": list(self.classes),
            "before": self.before,
            "after": self.after,
            "by_token": self.by_token,
            "gains": self.gains,
            "loses": self.loses,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class ClearerSight:
    """More is seen of a class for which the bundle asks an approval."""

    change: SightChange
    data_class: str
    level: Level
    principals: tuple[str, ...]
    """Those among the change's whom the same approval covers."""
    approval: str | None
    """The Approval that covers these; None: nobody agreed to it."""
    by: str | None

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "principals": list(self.principals),
            "streams": list(self.change.streams),
            "class": self.data_class,
            "level": self.level.value,
            "before": self.change.before,
            "after": self.change.after,
            "source": self.change.source,
            "approval": self.approval,
            "by": self.by,
        }
