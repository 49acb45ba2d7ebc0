"""Days in UTC, on which grants begin to hold no more."""

import datetime

from streamward import clock


def utc_today() -> datetime.date:
    """The day in UTC."""
    seconds = clock.now_milliseconds() / 1000
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC).date()
