"""The `contracts` section of a snapshot: what streams are held to, and who sees masked fields."""

import msgspec

from streamward.contracts.compiled import text_of
from streamward.contracts.contract import (
    contracts,
    fields_of,
    patterns_of,
    schema_of,
    unmasked_for,
    validation_of,
)
from streamward.gateway.sealing import ReadersEntry, readers_of
from streamward.model.contract import DataContract
from streamward.model.document import Bundle
from streamward.model.keys import AccessClass


class ReferenceEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schema that another one refers to."""

    name: str
    text: str


class SchemaEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schema, its text and those that it refers to; what else values are held to."""

    format: str
    text: str
    references: tuple[ReferenceEntry, ...]
    message: str | None
    admit_undeclared: bool
    schema_ids: tuple[int, ...]
    refused_patterns: tuple[str, ...]


class ContractEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contract of a stream; `unmasked` is None where no field is masked."""

    name: str
    write: SchemaEntry | None
    unmasked: ReadersEntry | None


class ContractsSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The streams that are held to a contract, or whose fields are masked."""

    streams: tuple[ContractEntry, ...]


def contracts_section(bundle: Bundle) -> ContractsSection:
    """What the bundle's contracts ask of the gateway."""
    entries = (_entry(bundle, contract) for _, contract in contracts(bundle))
    asked = (entry for entry in entries if entry.write is not None or entry.unmasked is not None)
    return ContractsSection(streams=tuple(asked))


def _entry(bundle: Bundle, contract: DataContract) -> ContractEntry:
    masked = any(field.masks is not None for field in fields_of(contract))
    named = [bundle.find(AccessClass, name) for name in unmasked_for(contract)]
    readers = tuple(reader for each in named if each is not None for reader in each.readers)
    return ContractEntry(
        name=contract.object.stream,
        write=_schema(bundle, contract),
        unmasked=readers_of(bundle, readers) if masked else None,
    )


def _schema(bundle: Bundle, contract: DataContract) -> SchemaEntry | None:
    found = schema_of(contract)
    if found is None or validation_of(contract).write == "off":
        return None
    source = found[1]
    text = text_of(bundle, source)
    assert text is not None, "a bundle whose files are missing has mistakes"
    return SchemaEntry(
        format=text.format,
        text=text.text,
        references=tuple(ReferenceEntry(name=name, text=each) for name, each in text.references),
        message=text.message,
        admit_undeclared=text.undeclared,
        schema_ids=source.schema_ids,
        refused_patterns=patterns_of(contract),
    )
