"""What two bundles do otherwise with records: who sees what of them, what is sealed and masked."""

from streamward.contracts.difference.masks import less_masked
from streamward.contracts.difference.seals import less_sealed
from streamward.contracts.difference.sights import Holder, SightChange, sight_changes
from streamward.contracts.difference.topics import LessProtected

__all__ = [
    "Holder",
    "LessProtected",
    "SightChange",
    "less_masked",
    "less_sealed",
    "sight_changes",
]
