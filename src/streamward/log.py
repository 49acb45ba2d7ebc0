"""Structured logs: one JSON object a line on stderr, with keys from one list."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, TextIO

KEYS: Final = frozenset(
    {
        "alert",
        "address",
        "audit_dir",
        "bundle",
        "cause",
        "code",
        "containment",
        "count",
        "detection",
        "entry",
        "epoch",
        "issuer",
        "mistakes",
        "place",
        "policy_version",
        "principal",
        "reason",
        "references",
        "ring",
        "rule",
        "seconds",
        "signal",
        "socket",
        "target",
        "verb",
        "worker",
    }
)
"""Every key that a log line may have besides `time`, `level`, `logger` and `message`."""

VALUE_CHARACTERS_MAX: Final = 2_000


class Logger:
    """Logs a constant message with data as keys. Never give it a secret or a payload."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, message: str, **data: object) -> None:
        """What only somebody who hunts a fault wants to see."""
        self._log(logging.DEBUG, message, data)

    def info(self, message: str, **data: object) -> None:
        """What happens in a healthy process, seldom."""
        self._log(logging.INFO, message, data)

    def warning(self, message: str, **data: object) -> None:
        """What works, but not as somebody meant it to."""
        self._log(logging.WARNING, message, data)

    def error(self, message: str, **data: object) -> None:
        """What does not work and needs a person."""
        self._log(logging.ERROR, message, data)

    def _log(self, level: int, message: str, data: dict[str, object]) -> None:
        unknown = data.keys() - KEYS
        assert not unknown, f"log keys that log.py does not list: {sorted(unknown)}"
        self._logger.log(level, message, extra={"data": data})


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; a line of another library keeps its text."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:VALUE_CHARACTERS_MAX],
        }
        for key, value in getattr(record, "data", {}).items():
            plain = value if isinstance(value, int | float | None) else str(value)
            line[key] = plain[:VALUE_CHARACTERS_MAX] if isinstance(plain, str) else plain
        if record.exc_info and record.exc_info[0]:
            line["cause"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def configure(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send the logs of this process to stderr (or `stream`) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("streamward").setLevel(level)
