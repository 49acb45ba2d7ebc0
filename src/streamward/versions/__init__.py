"""What was in force when, by whom and why: each applied bundle whole, by its digest, signed."""

from streamward.versions.content import Content, VersionTampered
from streamward.versions.kinds import CHECKS, DOCUMENT_KINDS
from streamward.versions.record import VersionRecord
from streamward.versions.service import Proposal, Staged, VersionService
from streamward.versions.store import VersionStore

__all__ = [
    "CHECKS",
    "DOCUMENT_KINDS",
    "Content",
    "Proposal",
    "Staged",
    "VersionRecord",
    "VersionService",
    "VersionStore",
    "VersionTampered",
]
