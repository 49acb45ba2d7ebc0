"""Request bodies from what a case cares about: every other field gets Kafka's default."""

import base64
import uuid
from typing import Any

from tests.support.messages import Api

Body = dict[str, Any]

ZERO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
"""The id of no topic, as Kafka's JSON writes it."""


class BodyMistake(Exception):
    """A case names a field that the API has in no version: a mistake of the case."""


def complete(api: Api, version: int, body: Body) -> Body:
    """Every field that this version has, from `body` or by default; the others are left out."""
    return _struct(_Version(api, version), api.request["fields"], body)


def has_field(api: Api, version: int, path: str) -> bool:
    """Whether this version's request has a field: `topics.topicId`."""
    at = _Version(api, version)
    fields = api.request["fields"]
    for name in path.split("."):
        field = next((each for each in fields if key_of(each) == name), None)
        if field is None:
            raise BodyMistake(f"`{api.name}` has no field `{path}`")
        if not at.has(field):
            return False
        fields = at.nested(field)
    return True


def is_nullable(api: Api, version: int, name: str) -> bool:
    """Whether a field at the top of this version's request may be null."""
    field = next(each for each in api.request["fields"] if key_of(each) == name)
    return within(version, field.get("nullableVersions", "none"))


def key_of(field: dict) -> str:
    """A field's name in Kafka's JSON: `TopicId` is `topicId`."""
    return field["name"][0].lower() + field["name"][1:]


def kafka_id(identity: uuid.UUID) -> str:
    """An id as Kafka's JSON writes it."""
    return base64.urlsafe_b64encode(identity.bytes).rstrip(b"=").decode()


def binary(data: bytes) -> str:
    """Bytes as Kafka's JSON reads them."""
    return base64.b64encode(data).decode()


def within(version: int, text: str) -> bool:
    """Whether a version is in a range as Kafka's definitions write it: `0-3`, `4+`, `none`."""
    if text == "none":
        return False
    first, dash, last = text.partition("-")
    if text.endswith("+"):
        return version >= int(text[:-1])
    return int(first) <= version <= int(last if dash else first)


class _Version:
    def __init__(self, api: Api, version: int) -> None:
        self._common = {each["name"]: each for each in api.request.get("commonStructs", [])}
        self._name = api.name
        self._version = version

    def has(self, field: dict) -> bool:
        return within(self._version, field["versions"])

    def nested(self, field: dict) -> list[dict]:
        if "fields" in field:
            return field["fields"]
        common = self._common.get(field["type"].removeprefix("[]"))
        return common["fields"] if common else []

    def unknown(self, names: set[str]) -> BodyMistake:
        return BodyMistake(f"`{self._name}` has no fields {sorted(names)}")


def _struct(at: _Version, fields: list[dict], values: Body) -> Body:
    unknown = set(values) - {key_of(field) for field in fields}
    if unknown:
        raise at.unknown(unknown)
    return {key_of(field): _value(at, field, values) for field in fields if at.has(field)}


def _value(at: _Version, field: dict, values: Body) -> Any:
    name, nested = key_of(field), at.nested(field)
    if name not in values:
        return _default(at, field)
    value = values[name]
    if not nested or value is None:
        return value
    if field["type"].startswith("[]"):
        return [_struct(at, nested, each) for each in value]
    return _struct(at, nested, value)


def _default(at: _Version, field: dict) -> Any:
    kind, default = field["type"], field.get("default")
    if default == "null":
        return None
    if kind.startswith("[]"):
        return []
    if kind == "bool":
        return str(default).lower() == "true"
    if kind in ("string", "bytes"):
        return default or ""
    if kind == "records":
        return None
    if kind == "uuid":
        return ZERO_ID
    if kind == "float64":
        return float(default or 0)
    nested = at.nested(field)
    return _struct(at, nested, {}) if nested else int(str(default or "0"), 0)
