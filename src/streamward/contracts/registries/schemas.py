"""One schema of a registry, with all that it refers to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from streamward.contracts.registries.web import (
    DEFAULT_CONTEXT,
    Asking,
    RegistryAnswerInvalid,
    RegistryPathUnknown,
)

REFERENCES_MAX: Final = 100
"""Schemas that one schema may refer to, directly or not; as many as the data plane compiles."""

REFERENCE_DEPTH_MAX: Final = 16
SCHEMA_BYTES_MAX: Final = 1 << 20
"""Of one schema, and of each that it refers to."""

TEXT_BYTES_MAX: Final = 8 << 20
"""Of all of them together."""


GUID_IDS_MAX: Final = 100
"""Ids that one GUID may have: one for each context of a registry."""


class SchemaUnusable(Exception):
    """A schema beyond what is taken; says in words why."""


class GuidsUnresolved(Exception):
    """The registry has no GUIDs of schemas."""


class _Version(msgspec.Struct):
    subject: str
    version: int


class _Named(msgspec.Struct):
    name: str
    subject: str
    version: int


class _Schema(msgspec.Struct, rename={"kind": "schemaType"}):
    schema: str
    kind: str | None = None
    references: list[_Named] | None = None
    guid: str | None = None


class _Id(msgspec.Struct):
    id: int
    context: str | None = None


_FORMATS: Final = {"AVRO": "avro", "PROTOBUF": "protobuf", "JSON": "json"}


@dataclass(frozen=True, slots=True)
class Registered:
    """A schema, its format, and the texts of what it refers to by the names that are used."""

    text: str
    format: str
    references: tuple[tuple[str, str], ...]


def registered_schema(
    asking: Asking, identifier: int, subjects: Sequence[str]
) -> Registered | None:
    """The schema of an id, if it is registered under one of the subjects; None: it isn't.

    Raises RegistryUnreachable, RegistryAnswerInvalid, or SchemaUnusable where it is beyond a limit.
    """
    under = _subject(asking, identifier, subjects)
    if under is None:
        return None
    found = asking.get(_Schema, "schemas", "ids", identifier, subject=under)
    return None if found is None else _whole(asking, found)


def schema_of_guid(
    asking: Asking, guid: str, context: str, subjects: Sequence[str]
) -> Registered | None:
    """The schema of a GUID, if it is registered under one of the subjects of this context of the
    registry; None: it isn't. Confluent Platform 8.0 and later have GUIDs.

    Raises as `registered_schema` does, and GuidsUnresolved where the registry has none.
    """
    try:
        known = asking.get(list[_Id], "schemas", "guids", guid, "ids")
    except RegistryPathUnknown:
        raise GuidsUnresolved from None
    for each in (known or ())[:GUID_IDS_MAX]:
        if (each.context or DEFAULT_CONTEXT) == context and _subject(asking, each.id, subjects):
            break
    else:
        return None
    # What readers are given who ask for it.
    found = asking.get(_Schema, "schemas", "guids", guid)
    if found is None:
        return None
    if found.guid is not None and found.guid.lower() != guid:
        raise RegistryAnswerInvalid(f"the schema of the GUID `{guid}` is that of another")
    return _whole(asking, found)


def _subject(asking: Asking, identifier: int, subjects: Sequence[str]) -> str | None:
    # SECURITY: ids are the registry's, not the subject's: that one exists says nothing of a stream.
    versions = asking.get(list[_Version], "schemas", "ids", identifier, "versions")
    return next((it.subject for it in versions or () if it.subject in subjects), None)


def _whole(asking: Asking, found: _Schema) -> Registered:
    gathered = _Gathered()
    gathered.take(found.schema)
    _gather(asking, found.references or (), gathered, 1)
    known = _FORMATS.get(found.kind or "AVRO")
    if known is None:
        raise SchemaUnusable(f"schemas of type `{(found.kind or '')[:50]}` are not known")
    return Registered(found.schema, known, tuple(gathered.texts.items()))


@dataclass(slots=True)
class _Gathered:
    texts: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    size: int = 0

    def take(self, text: str) -> None:
        size = len(text.encode())
        self.size += size
        if size > SCHEMA_BYTES_MAX or self.size > TEXT_BYTES_MAX:
            raise SchemaUnusable(f"it has more than {SCHEMA_BYTES_MAX} bytes, or all together more")


def _gather(asking: Asking, references: Sequence[_Named], gathered: _Gathered, depth: int) -> None:
    """Add what is referred to, each behind what it refers to itself."""
    if references and depth > REFERENCE_DEPTH_MAX:
        raise SchemaUnusable(f"its references lead more than {REFERENCE_DEPTH_MAX} deep")
    for each in references:
        place = (each.subject, each.version)
        known = gathered.places.setdefault(each.name, place)
        if known != place:
            raise SchemaUnusable(f"two schemas are referred to as `{each.name[:200]}`")
        if each.name in gathered.texts:
            continue
        if len(gathered.places) > REFERENCES_MAX:
            raise SchemaUnusable(f"it refers to more than {REFERENCES_MAX} others")
        found = asking.get(_Schema, "subjects", each.subject, "versions", each.version)
        if found is None:
            raise SchemaUnusable(f"what it refers to as `{each.name[:200]}` is not there")
        gathered.take(found.schema)
        _gather(asking, found.references or (), gathered, depth + 1)
        gathered.texts[each.name] = found.schema
