"""What the gateway's log says was moved, to be compared with what a client saw."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from streamward.audit.journal import journal_readers
from tests.support.gateway import GatewayProcess

Fields = dict[str, Any]
_ROLLED_UP_SECONDS_MAX = 10.0


@dataclass
class Moved:
    """The offsets of one partition that the log names, and the counts beside them."""

    offsets: list[int] = field(default_factory=list)
    records: int = 0
    bytes: int = 0
    unknown: int = 0
    recovered: bool = False

    @property
    def all(self) -> set[int]:
        """The union of all ranges."""
        return set(self.offsets)


def leaves(gateway: GatewayProcess) -> Iterator[Fields]:
    """Every entry, from the beginning, as the whole OCSF event."""
    reader = journal_readers(gateway.state / "audit")("")
    while found := reader.read(1000):
        yield from (json.loads(leaf) for _, leaf in found)


def of_kind(gateway: GatewayProcess, kind: str, **fields: Any) -> list[Fields]:
    """The `streaming` parts of entries of this kind with these fields."""
    parts = [leaf["streaming"] for leaf in leaves(gateway)]
    return [
        part
        for part in parts
        if part["kind"] == kind and all(part.get(key) == fields[key] for key in fields)
    ]


def moved(
    gateway: GatewayProcess, stream: str, action: str, principal: str = "tester"
) -> dict[int, Moved]:
    """What the roll-ups of a principal's accesses say, by partition."""
    found: dict[int, Moved] = {}
    for part in of_kind(gateway, "access_rollup", action=action, principal=principal):
        if part["resource"] != {"type": "Stream", "name": stream}:
            continue
        for each in part["ranges"]:
            one = found.setdefault(each["partition"], Moved())
            one.records += int(each["records"])
            one.bytes += int(each["bytes"])
            one.recovered |= "recovered" in part["reason"]
            if each["first"] == "unknown":
                one.unknown += int(each["records"])
            else:
                one.offsets.extend(range(int(each["first"]), int(each["last"]) + 1))
    return found


def eventually(check: Callable[[], bool], seconds: float = _ROLLED_UP_SECONDS_MAX) -> bool:
    """Whether `check` holds before the time is up; it is asked ten times a second."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def settled(
    gateway: GatewayProcess, stream: str, action: str, offsets: set[int], partition: int = 0
) -> Moved:
    """What the log says of a partition once it holds these offsets, or when time is up."""

    def now() -> Moved:
        return moved(gateway, stream, action).get(partition, Moved())

    eventually(lambda: offsets <= now().all)
    return now()
