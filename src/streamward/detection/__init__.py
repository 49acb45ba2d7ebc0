"""What looks wrong in the log: detectors and Sigma rules fold over it and find alerts."""

from streamward.detection.document import (
    CHECKS,
    DOCUMENT_KINDS,
    FILE_KINDS,
    Detection,
    detections_of,
)
from streamward.detection.engine import Engine
from streamward.detection.ports import Context, Detector

__all__ = [
    "CHECKS",
    "DOCUMENT_KINDS",
    "FILE_KINDS",
    "Context",
    "Detection",
    "Detector",
    "Engine",
    "detections_of",
]
