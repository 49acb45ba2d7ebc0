"""The detectors that come with the product: one file and one line each."""

from typing import Final

from streamward.detection.detectors.denial_burst import DenialBurst
from streamward.detection.detectors.first_read_of_restricted_stream import (
    FirstReadOfRestrictedStream,
)
from streamward.detection.detectors.repeated_authentication_failures import (
    RepeatedAuthenticationFailures,
)
from streamward.detection.ports import Detector

BUILTIN: Final[tuple[type[Detector], ...]] = (
    DenialBurst,
    FirstReadOfRestrictedStream,
    RepeatedAuthenticationFailures,
)

BY_NAME: Final = {detector.name: detector for detector in BUILTIN}
