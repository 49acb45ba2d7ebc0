"""Runs the data plane: builds the snapshot, hands over materials, answers effects."""

from streamward.gateway.checks import CHECKS
from streamward.gateway.kinds import DOCUMENT_KINDS
from streamward.gateway.materials import material_mistakes, resolve_materials
from streamward.gateway.snapshot import build_snapshot

__all__ = [
    "CHECKS",
    "DOCUMENT_KINDS",
    "build_snapshot",
    "material_mistakes",
    "resolve_materials",
]
