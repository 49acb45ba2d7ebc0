"""Entries of the log that Python writes, one kind a file (`docs/reference/events.md`)."""

from streamward.model.entries.account import account_change_event
from streamward.model.entries.alert import alert_event
from streamward.model.entries.common import EXTENSION_VERSION, OCSF_VERSION, Caller
from streamward.model.entries.containment import containment_event
from streamward.model.entries.control import control_event
from streamward.model.entries.erased import erased_event
from streamward.model.entries.issuer import issuer_event
from streamward.model.entries.key import key_change_event
from streamward.model.entries.secret import secret_event

__all__ = [
    "EXTENSION_VERSION",
    "OCSF_VERSION",
    "Caller",
    "account_change_event",
    "alert_event",
    "containment_event",
    "control_event",
    "erased_event",
    "issuer_event",
    "key_change_event",
    "secret_event",
]
