"""Answers made comparable: what differs by nature becomes a word that says what it was."""

import json
import re
from typing import Any

from tests.equivalence.schema import ZERO_ID

BY_NATURE = {
    "throttleTimeMs",
    "host",
    "port",
    "clusterId",
    "logDir",
    "totalBytes",
    "usableBytes",
    "finalizedFeaturesEpoch",
    "transactionStartTimeMs",
    "lastTimestamp",
    "lastCaughtUpTimestamp",
    "lastFetchTimestamp",
    "clientInstanceId",
    "directoryId",
    "replicaDirectoryId",
    "partitionSize",
    "logEndOffset",
}
"""Fields that say when, where or on which machine."""

EVERY_HOST = "*"
"""As ACLs say it: no address."""

WHEN_SET = {
    "memberId",
    "sessionId",
    "leader",
    "producerId",
    "subscriptionId",
    "hmac",
    "tokenId",
    "issueTimestamp",
    "expiryTimestamp",
    "maxTimestamp",
    "issueTimestampMs",
    "expiryTimestampMs",
    "maxTimestampMs",
}
"""Fields whose value was made up by a broker; whether there is one is compared."""

_CONTENT = {"batches", "recordsSizeInBytes", "highWatermark", "lastStableOffset", "logStartOffset"}

_IDENTITY = (
    "name",
    "topicName",
    "topic",
    "topicId",
    "groupId",
    "transactionalId",
    "key",
    "resourceType",
    "resourceName",
    "partitionIndex",
    "partition",
    "apiKey",
    "user",
)
"""Fields that say what an element of an array is about."""

_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_CLUSTER = re.compile(r'(?<=the cluster id ")[^"]+')
_INNARDS = re.compile(r"Request Request\(.*\) needs \w+ permission\.", re.DOTALL)
"""A controller prints a Java object, with its place in memory, where brokers say what failed."""
_ADDRESS = re.compile(r"127\.\d+\.\d+\.\d+:\d+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Mask:
    """Knows the topics of one side by their ids."""

    def __init__(self, topic_ids: dict[str, str]) -> None:
        self._names = {identity: name for name, identity in topic_ids.items()}

    def apply(self, value: Any, field: str = "") -> Any:
        """The value without what differs by nature, arrays in a fixed order."""
        if isinstance(value, dict):
            shown = {key: self.apply(each, key) for key, each in value.items()}
            return _without_internals(shown)
        if isinstance(value, list):
            listed = [self.apply(each, field) for each in value]
            return listed if field == "values" else sorted(listed, key=_order)
        if field in BY_NATURE and value != EVERY_HOST:
            return f"<{field}>"
        if field in WHEN_SET:
            return value if value in (None, "", 0, -1) else f"<{field}>"
        return self._text(value, field) if isinstance(value, str) else value

    def _text(self, value: str, field: str) -> str:
        if field in ("topicId", "topicIds"):
            return self._named(value)
        if field.endswith(("Message", "detail")):
            value = _ID.sub(lambda found: self._names.get(found[0], found[0]), value)
            value = _CLUSTER.sub("<cluster>", _INNARDS.sub("Cluster authorization failed.", value))
            return _ADDRESS.sub("<address>", _UUID.sub("<uuid>", value))
        return value

    def _named(self, identity: str) -> str:
        if identity == ZERO_ID:
            return "<no id>"
        return f"<id of {self._names.get(identity, 'a new topic')}>"


def differences(kafka: Any, gateway: Any, path: str = "") -> list[str]:
    """Where two masked answers differ, a line for each place."""
    if isinstance(kafka, dict) and isinstance(gateway, dict):
        return [
            line
            for key in [*kafka, *(key for key in gateway if key not in kafka)]
            for line in _of_key(kafka, gateway, key, path)
        ]
    if isinstance(kafka, list) and isinstance(gateway, list) and len(kafka) == len(gateway):
        return [
            line
            for index, (one, other) in enumerate(zip(kafka, gateway, strict=True))
            for line in differences(one, other, f"{path}[{index}]")
        ]
    if isinstance(kafka, list) and isinstance(gateway, list):
        return _of_lists(kafka, gateway, path)
    if kafka == gateway:
        return []
    return [f"{path or 'answer'}: kafka {_short(kafka)}, gateway {_short(gateway)}"]


def _of_key(kafka: dict, gateway: dict, key: str, path: str) -> list[str]:
    at = f"{path}.{key}".lstrip(".")
    if key not in kafka:
        return [f"{at}: kafka has none, gateway {_short(gateway[key])}"]
    if key not in gateway:
        return [f"{at}: kafka {_short(kafka[key])}, gateway has none"]
    return differences(kafka[key], gateway[key], at)


def _of_lists(kafka: list, gateway: list, path: str) -> list[str]:
    """Elements about the same thing are compared; then come those that only one side has."""
    theirs, ours = _by_identity(kafka), _by_identity(gateway)
    if theirs is None or ours is None:
        return _of_multisets(kafka, gateway, path)
    lines = [
        line
        for identity, each in theirs.items()
        if identity in ours
        for line in differences(each, ours[identity], f"{path}[{identity}]")
    ]
    missing = [each for identity, each in theirs.items() if identity not in ours]
    extra = [each for identity, each in ours.items() if identity not in theirs]
    return lines + _of_multisets(missing, extra, path)


def _of_multisets(kafka: list, gateway: list, path: str) -> list[str]:
    ours, theirs = [_order(each) for each in gateway], [_order(each) for each in kafka]
    missing = [f"{path}: only kafka has {_short(e)}" for e in kafka if _order(e) not in ours]
    extra = [f"{path}: only gateway has {_short(e)}" for e in gateway if _order(e) not in theirs]
    if missing or extra or len(kafka) == len(gateway):
        return missing + extra
    return [f"{path}: kafka {len(kafka)} entries, gateway {len(gateway)}"]


def _by_identity(elements: list) -> dict[str, Any] | None:
    """Elements by what they are about; None where that doesn't tell them apart."""
    found = {
        ",".join(str(each[key]) for key in _IDENTITY if key in each): each
        for each in elements
        if isinstance(each, dict)
    }
    return found if len(found) == len(elements) and "" not in found else None


def _without_internals(shown: dict) -> dict:
    """What stands in Kafka's own topics is of no interest; whether it was shown is."""
    if not any(str(shown.get(key)).startswith(("__", "<id of __")) for key in _IDENTITY):
        return shown
    for part in shown.get("partitions") or ():
        for key in _CONTENT & part.keys() if isinstance(part, dict) else ():
            part[key] = part[key] not in (-1, [], 0, None)
    return shown


def _order(value: Any) -> str:
    """What stands for the same thing comes to the same place, whatever is said of it."""
    if not isinstance(value, dict):
        return json.dumps(value)
    named = [str(value[key]) for key in _IDENTITY if key in value]
    return json.dumps([named, value], sort_keys=True)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
