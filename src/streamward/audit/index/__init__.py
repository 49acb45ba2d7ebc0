"""Tables over the log, so that a question needs no pass over it."""

from streamward.audit.index.exposing import Exposing
from streamward.audit.index.keeper import IndexKeeper
from streamward.audit.index.store import Index, opened_index

__all__ = ["Exposing", "Index", "IndexKeeper", "opened_index"]
