"""The `contracts` section of a snapshot: what streams are held to."""

import msgspec

from streamward.contracts.compiled import text_of
from streamward.contracts.contract import (
    contracts,
    patterns_of,
    schema_of,
    validation_of,
)
from streamward.model.contract import DataContract
from streamward.model.document import Bundle


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
    """The contract of a stream."""

    name: str
    write: SchemaEntry | None


class ContractsSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The streams that are held to a contract."""

    streams: tuple[ContractEntry, ...]


def contracts_section(bundle: Bundle) -> ContractsSection:
    """What the bundle's contracts ask of the gateway."""
    entries = (_entry(bundle, contract) for _, contract in contracts(bundle))
    asked = (entry for entry in entries if entry.write is not None)
    return ContractsSection(streams=tuple(asked))


def _entry(bundle: Bundle, contract: DataContract) -> ContractEntry:
    return ContractEntry(
        name=contract.object.stream,
        write=_written(bundle, contract),
    )


def _written(bundle: Bundle, contract: DataContract) -> SchemaEntry | None:
    return None if validation_of(contract).write == "off" else schema_entry(bundle, contract)


def schema_entry(bundle: Bundle, contract: DataContract) -> SchemaEntry | None:
    """The schema of a contract; None: it has none."""
    found = schema_of(contract)
    if found is None:
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
