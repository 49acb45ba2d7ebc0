"""Moments as people write and read them: dates, times, and lengths of time ago."""

from datetime import UTC, datetime

from streamward.errors import InvalidArgument
from streamward.model.duration import parse_duration


def parse_moment(text: str, now_milliseconds: int) -> int:
    """Milliseconds since 1970 of `2026-11-20`, `2026-11-20T08:30:00Z`, or `2h` (two hours ago).

    A date or time without a zone is UTC. Raises InvalidArgument where it is none of these.
    """
    try:
        return now_milliseconds - parse_duration(text)
    except InvalidArgument:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"`{text}` is no time; write `2026-11-20`, `2026-11-20T08:30:00Z` or `2h` (ago)"
        raise InvalidArgument(message) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // datetime.resolution
    return whole // 1_000


def format_moment(milliseconds: int) -> str:
    """A moment in UTC, to the millisecond; the number where no calendar has it."""
    try:
        moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return str(milliseconds)
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{milliseconds % 1000:03d}Z"
