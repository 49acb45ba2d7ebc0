"""Lengths of time as people write them: `30s`, `15m`, `2h`, `1d`."""

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema

from streamward.errors import InvalidArgument

_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION_MILLISECONDS_MAX: Final = 3_660 * _UNITS["d"]
"""Ten years."""

PATTERN: Final = r"^[1-9][0-9]{0,8}[smhd]$"


def parse_duration(text: str) -> int:
    """Milliseconds of a text such as `30m`. Raises InvalidArgument where it isn't one."""
    if re.fullmatch(PATTERN[1:-1], text) is None:
        raise InvalidArgument(f"`{text}` is not a duration; write it as `30s`, `15m`, `2h` or `1d`")
    milliseconds = int(text[:-1]) * _UNITS[text[-1]]
    if milliseconds > DURATION_MILLISECONDS_MAX:
        raise InvalidArgument(f"`{text}` is longer than ten years")
    return milliseconds


def format_duration(milliseconds: int) -> str:
    """The text of a duration in its largest whole unit; rounds down to seconds."""
    for unit in ("d", "h", "m"):
        if milliseconds >= _UNITS[unit] and milliseconds % _UNITS[unit] == 0:
            return f"{milliseconds // _UNITS[unit]}{unit}"
    return f"{milliseconds // _UNITS['s']}s"


def _duration(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError("write it as `30s`, `15m`, `2h` or `1d`")
    try:
        return parse_duration(value)
    except InvalidArgument as error:
        raise ValueError(str(error)) from None


Duration = Annotated[
    int, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": PATTERN})
]
"""A field that is written as `30m` and held in milliseconds."""
