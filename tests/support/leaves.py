"""Leaves of accesses as the gateway writes them, for a log in memory."""

from typing import Any

from streamward.model.event import canonical

Range = tuple[int, int | str, int | str, int, int]
"""Partition, first and last offset, records, bytes."""


def _leaf(kind: str, time: int, streaming: dict[str, Any], **top: Any) -> bytes:
    activity = 5 if streaming["action"] == "Write" else 1
    document = {
        "activity_id": activity,
        "activity_name": "Write" if activity == 5 else "Read",
        "category_uid": 6,
        "class_uid": 6005,
        "type_uid": 600500 + activity,
        "time": time,
        "severity_id": 1,
        "status_id": 1,
        "metadata": {
            "version": "1.8.0",
            "product": {"name": "Streamward", "vendor_name": "Streamward"},
        },
        "actor": {"user": {"name": streaming["principal"]}},
        "databucket": {"name": streaming["resource"]["name"], "type_id": 99},
        **top,
    }
    return canonical({**document, "streaming": {"kind": kind, **streaming}})


class Access:
    """One access: its opening entry, and roll-ups of it."""

    def __init__(
        self,
        number: int,
        principal: str = "mallory",
        stream: str = "cards",
        action: str = "Read",
        *,
        credential: str = "mallory-key",
        address: str = "10.0.0.9",
        policy_version: str = "sha256:1",
        rules: tuple[str, ...] = ("grant:readers#1",),
        classes: tuple[str, ...] = ("cardholder",),
    ) -> None:
        self._source = {"src_endpoint": {"ip": address, "port": 40_000}}
        self._rules = list(rules)
        self._common = {
            "access": str(number),
            "action": action,
            "classes": list(classes),
            "cluster": "main",
            "credential": credential,
            "decision": "allow",
            "policy_version": policy_version,
            "principal": principal,
            "resource": {"type": "Stream", "name": stream},
        }

    def opened(self, time: int) -> bytes:
        streaming = {**self._common, "rules": self._rules, "api": "Fetch", "api_version": 12}
        return _leaf("access_opened", time, streaming, **self._source)

    def moved(self, start: int, end: int, *ranges: Range, **more: str) -> bytes:
        """A roll-up; `more` are fields of `streaming`, such as `state` and `bound`."""
        listed = [
            {
                "partition": partition,
                "first": str(first),
                "last": str(last),
                "records": str(records),
                "bytes": str(size),
            }
            for partition, first, last, records, size in ranges
        ]
        streaming = {**self._common, "ranges": listed, "state": "readable", **more}
        times = {"start_time": start, "end_time": end}
        return _leaf("access_rollup", end + 1, streaming, **times, **self._source)


def gap(since: int, until: int, records: int) -> bytes:
    """Something was served without a record."""
    streaming = {
        "action": "",
        "principal": "",
        "resource": {"type": "", "name": ""},
        "reason": f"served without a record since {since}: no space left",
        "records": str(records),
    }
    return _leaf("gap", until, streaming)
