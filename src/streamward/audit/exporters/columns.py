"""One entry as a row of columns, for what reads tables."""

from typing import Final

import msgspec

from streamward.model.event import Entry

NUMBERS: Final = ("entry", "time", "class_uid", "activity_id", "severity_id", "status_id")
TIMES: Final = ("start_time", "end_time")
COLUMNS: Final = (
    *NUMBERS,
    *TIMES,
    "kind",
    "principal",
    "credential",
    "address",
    "tenant",
    "cluster",
    "listener",
    "action",
    "resource_type",
    "resource",
    "decision",
    "policy_version",
    "rules",
    "reason",
    "access",
    "state",
    "count",
    "records",
    "bytes",
    "ranges",
    "event",
)
"""`records` and `bytes` are sums over `ranges`; lists are JSON; `event` is the leaf itself."""

Value = int | str | None


def row(entry: Entry) -> dict[str, Value]:
    """The columns of an entry; of one that is no event only its index and its bytes."""
    found: dict[str, Value] = dict.fromkeys(COLUMNS)
    found |= {"entry": entry.index, "event": entry.text.decode(errors="replace")}
    try:
        event = entry.event
    except msgspec.DecodeError:
        return found
    streaming = event.streaming
    ranges = streaming.ranges
    for name in (*NUMBERS[1:], *TIMES):
        found[name] = getattr(event, name)
    for name in ("kind", "principal", "credential", "tenant", "cluster", "listener", "action"):
        found[name] = getattr(streaming, name)
    for name in ("decision", "policy_version", "reason", "access", "state", "count"):
        found[name] = getattr(streaming, name)
    found |= {
        "address": event.source,
        "resource_type": streaming.resource.type if streaming.resource else None,
        "resource": streaming.resource.name if streaming.resource else None,
        "rules": msgspec.json.encode(streaming.rules).decode() if streaming.rules else None,
        "ranges": msgspec.json.encode(ranges).decode() if ranges else None,
        "records": sum(int(each.records) for each in ranges) if ranges else None,
        "bytes": sum(int(each.bytes) for each in ranges) if ranges else None,
    }
    return found
