"""The `contracts` section of a snapshot: what streams are held to."""

from typing import Literal

import msgspec

from streamward.contracts.compiled import text_of
from streamward.contracts.contract import (
    contracts,
    key_schema_of,
    patterns_of,
    schema_of,
    validation_of,
)
from streamward.model.contract import DataContract
from streamward.model.contract_settings import SchemaSource
from streamward.model.document import Bundle
from streamward.model.schema_registry import SchemaRegistry


class ReferenceEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schema that another one refers to."""

    name: str
    text: str


class RegistryEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where schemas come from that stand in no bundle, and for how long they are kept."""

    name: str
    digest: str
    ids: str
    subjects: tuple[str, ...]
    cache_milliseconds: int
    unknown_milliseconds: int
    stale_milliseconds: int


class SchemaEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schema, its text and those that it refers to; what else values are held to."""

    format: str
    text: str
    references: tuple[ReferenceEntry, ...]
    registry: RegistryEntry | None
    message: str | None
    admit_undeclared: bool
    schema_ids: tuple[int, ...]
    refused_patterns: tuple[str, ...]


class ContractEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contract of a stream."""

    name: str
    value: SchemaEntry | None
    key: SchemaEntry | None
    on_write: str
    on_read: str


class ContractsSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The streams that are held to a contract."""

    streams: tuple[ContractEntry, ...]


def contracts_section(bundle: Bundle) -> ContractsSection:
    """What the bundle's contracts ask of the gateway."""
    entries = (_entry(bundle, contract) for _, contract in contracts(bundle))
    return ContractsSection(streams=tuple(entry for entry in entries if entry is not None))


def _entry(bundle: Bundle, contract: DataContract) -> ContractEntry | None:
    said = validation_of(contract)
    if said.write == "off" and said.read == "off":
        return None
    value, key = schema_entry(bundle, contract), key_entry(bundle, contract)
    if value is None and key is None:
        return None
    return ContractEntry(
        name=contract.object.stream,
        value=value,
        key=key,
        on_write=said.write,
        on_read=said.read,
    )


def schema_entry(bundle: Bundle, contract: DataContract) -> SchemaEntry | None:
    """The schema of a contract's values; None: it has none."""
    found = schema_of(contract)
    return None if found is None else _schema(bundle, contract, found[1], "value")


def key_entry(bundle: Bundle, contract: DataContract) -> SchemaEntry | None:
    """The schema of its keys; None: it has none."""
    found = key_schema_of(contract)
    return None if found is None else _schema(bundle, contract, found[1], "key")


def _schema(
    bundle: Bundle, contract: DataContract, source: SchemaSource, part: Literal["value", "key"]
) -> SchemaEntry:
    text = text_of(bundle, source)
    assert text is not None or source.registry, "a bundle whose files are missing has mistakes"
    return SchemaEntry(
        format=source.format,
        text="" if text is None else text.text,
        references=()
        if text is None
        else tuple(ReferenceEntry(name=name, text=each) for name, each in text.references),
        registry=_registry(bundle, contract, source, part),
        message=source.message,
        admit_undeclared=source.undeclared == "admit",
        schema_ids=source.schema_ids,
        refused_patterns=patterns_of(contract),
    )


def _registry(
    bundle: Bundle, contract: DataContract, source: SchemaSource, part: Literal["value", "key"]
) -> RegistryEntry | None:
    if source.registry is None:
        return None
    declared = bundle.find(SchemaRegistry, source.registry.name)
    assert declared is not None, "a bundle that names no registry has mistakes"
    return RegistryEntry(
        name=declared.name,
        digest=declared.digest(),
        ids=source.registry.ids,
        subjects=source.registry.subjects_of(contract.object.stream, part),
        cache_milliseconds=declared.cache,
        unknown_milliseconds=declared.unknown_cache,
        stale_milliseconds=declared.outage_max if declared.on_outage == "serve-cached" else 0,
    )
