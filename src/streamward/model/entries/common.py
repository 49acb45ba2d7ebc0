"""What entries that Python writes have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from streamward.model.alert import Severity

OCSF_VERSION: Final = "1.8.0"
EXTENSION_VERSION: Final = "1.0.0"
"""The version of the extension `streaming` (`docs/reference/ocsf.md`)."""

REASON_CHARACTERS_MAX: Final = 1_024


@dataclass(frozen=True, slots=True)
class Caller:
    """Who used the control door, and how the door knows."""

    principal: str
    mechanism: str = "unix"
    credential: str | None = None


def event_of(
    class_uid: int,
    activity: tuple[int, str],
    time_milliseconds: int,
    severity: Severity,
    streaming: Mapping[str, Any],
) -> dict[str, Any]:
    """What every entry has; fields of `streaming` that are None are left out."""
    activity_id, activity_name = activity
    return {
        "activity_id": activity_id,
        "activity_name": activity_name,
        "category_uid": class_uid // 1000,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + activity_id,
        "time": time_milliseconds,
        "severity_id": severity.ocsf,
        "metadata": {
            "extensions": [{"name": "streaming", "version": EXTENSION_VERSION}],
            "product": {"name": "Streamward", "vendor_name": "Streamward"},
            "version": OCSF_VERSION,
        },
        "streaming": {name: value for name, value in streaming.items() if value is not None},
    }
