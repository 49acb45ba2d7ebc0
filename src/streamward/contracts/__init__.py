"""What a stream may carry: data classes, the streams that carry them, and the controls required."""

from streamward.contracts.checks import CHECKS
from streamward.contracts.classification import classes_of, level_of, streams_carrying
from streamward.contracts.kinds import DOCUMENT_KINDS, FILE_KINDS

__all__ = ["CHECKS", "DOCUMENT_KINDS", "FILE_KINDS", "classes_of", "level_of", "streams_carrying"]
