"""What happened, provably: the log and those who follow it."""

from streamward.audit.follower import Batch, Follower
from streamward.audit.saved import SavedState
from streamward.audit.subscription import Subscription

__all__ = ["Batch", "Follower", "SavedState", "Subscription"]
