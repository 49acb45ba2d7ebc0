"""A log in memory: the writer and the readers of one list of entries."""

from typing import Any

from streamward.errors import Unavailable
from streamward.model.event import canonical


class MemoryLog:
    """Appends leaves and reads them from a cursor, as the journal does; can be made to fail."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self.failing = False

    def record(self, entry: bytes) -> int:
        if self.failing:
            raise Unavailable("the log is full")
        self.leaves.append(entry)
        return len(self.leaves) - 1

    def open_reader(self, cursor: str) -> "MemoryReader":
        return MemoryReader(self, int(cursor or "0"))

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        import json

        documents = [json.loads(leaf) for leaf in self.leaves]
        return [d["streaming"] for d in documents if d["streaming"]["kind"] == kind]


class MemoryReader:
    def __init__(self, log: MemoryLog, position: int) -> None:
        self._log = log
        self._position = position

    def read(self, entries_max: int) -> list[tuple[int, bytes]]:
        end = min(self._position + entries_max, len(self._log.leaves))
        found = [(index, self._log.leaves[index]) for index in range(self._position, end)]
        self._position = end
        return found

    def opened(self, leaf: bytes) -> bytes:
        return leaf

    def growth(self) -> int | None:
        return None

    @property
    def cursor(self) -> str:
        return str(self._position)


def leaf(kind: str, time: int = 0, **fields: Any) -> bytes:
    """An entry of a kind that the gateway writes; `source` and `status_id` stand outside."""
    classes = {"authentication": 3002, "access_opened": 6005, "denied": 6003, "lifecycle": 6002}
    class_uid = classes.get(kind, 6003)
    document: dict[str, Any] = {
        "activity_id": 1,
        "category_uid": class_uid // 1000,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + 1,
        "time": time,
        "severity_id": 1,
        "metadata": {
            "version": "1.8.0",
            "product": {"name": "Streamward", "vendor_name": "Streamward"},
        },
    }
    if "source" in fields:
        document["src_endpoint"] = {"ip": fields.pop("source"), "port": 40000}
    if "status_id" in fields:
        document["status_id"] = fields.pop("status_id")
    document["streaming"] = {"kind": kind, **fields}
    return canonical(document)


def failed_login(time: int, principal: str, source: str = "10.0.0.1") -> bytes:
    return leaf("authentication", time, status_id=2, principal=principal, source=source)


def counted_logins(time: int, attempts: int, source: str | None = None) -> bytes:
    """Failed attempts beyond those with an entry of their own; `source` is one address or none."""
    fields = {} if source is None else {"source": source}
    return leaf("authentication", time, status_id=2, count=attempts, **fields)


def denied(
    time: int, principal: str, stream: str, rule: str = "default", action: str = "Read"
) -> bytes:
    resource = {"type": "Stream", "name": stream}
    return leaf("denied", time, principal=principal, action=action, resource=resource, rules=[rule])


def read_opened(time: int, principal: str, stream: str, *classes: str) -> bytes:
    resource = {"type": "Stream", "name": stream}
    return leaf(
        "access_opened",
        time,
        principal=principal,
        action="Read",
        resource=resource,
        classes=list(classes),
        decision="allow",
    )
