"""What two bundles do otherwise with records: what readers see of them, and what is sealed."""

from streamward.contracts.difference.seals import LessSealed, less_sealed
from streamward.contracts.difference.sights import Holder, SightChange, sight_changes

__all__ = ["Holder", "LessSealed", "SightChange", "less_sealed", "sight_changes"]
