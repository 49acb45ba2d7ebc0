"""Tables over the log, so that a question needs no pass over it."""

from streamward.audit.index.exposing import Exposing
from streamward.audit.index.keeper import IndexKeeper
from streamward.audit.index.store import Index, opened_index
from streamward.audit.index.using import RulesUsed, rules_used

__all__ = ["Exposing", "Index", "IndexKeeper", "RulesUsed", "opened_index", "rules_used"]
