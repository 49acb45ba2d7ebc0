"""What a contract says, with the paths that its fields have in values and in its file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from streamward.model.contract import ContractItem, ContractProperty, DataContract
from streamward.model.contract import retention_milliseconds as _milliseconds
from streamward.model.contract_settings import (
    ContentSetting,
    FieldMasks,
    FieldSetting,
    KeySchemaSetting,
    MaskedReading,
    MaskedSetting,
    MaskSetting,
    RequiresSetting,
    SchemaSetting,
    SchemaSource,
    UnmaskedSetting,
    ValidateSetting,
    Validation,
)
from streamward.model.document import Bundle, Document, FieldPath

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class ContractField:
    """A field of a contract: where it is in values, and where it stands in the file."""

    path: tuple[str, ...]
    place: FieldPath
    classification: str | None
    masks: FieldMasks | None
    mask_place: FieldPath

    @property
    def name(self) -> str:
        """For a person: names with dots between them."""
        return ".".join(self.path)


def contracts(bundle: Bundle) -> Iterator[tuple[Document, DataContract]]:
    """Every contract with its document."""
    for document in bundle.documents_of(DataContract):
        assert isinstance(document.value, DataContract)
        yield document, document.value


def contract_of(bundle: Bundle, stream: str) -> tuple[Document, DataContract] | None:
    """The contract of a stream."""
    found = (each for each in contracts(bundle) if each[1].object.stream == stream)
    return next(found, None)


def fields_of(contract: DataContract) -> tuple[ContractField, ...]:
    """Every field, each before those within it."""
    return tuple(_below(contract.object.properties, (), ("schema", 0)))


def _below(
    properties: tuple[ContractProperty, ...], path: tuple[str, ...], place: FieldPath
) -> Iterator[ContractField]:
    for index, each in enumerate(properties):
        here = (*place, "properties", index)
        below = (*path, each.physicalName or each.name)
        yield _field(each, below, here)
        yield from _below(each.properties, below, here)
        if each.items is not None:
            within = (*here, "items")
            if each.items.classification is not None or each.items.customProperties:
                # A list is looked through: its entries have the path that it has.
                yield _field(each.items, below, within)
            yield from _below(each.items.properties, below, within)


def _field(
    each: ContractProperty | ContractItem, path: tuple[str, ...], place: FieldPath
) -> ContractField:
    index, masks = _masks(each.customProperties)
    where = place if index is None else (*place, "customProperties", index, "value")
    return ContractField(path, place, each.classification, masks, where)


def _masks(settings: tuple[FieldSetting, ...]) -> tuple[int | None, FieldMasks | None]:
    for index, setting in enumerate(settings):
        if isinstance(setting, MaskSetting):
            value = setting.value
            if isinstance(value, FieldMasks):
                return index, value
            return index, FieldMasks(others=value)
    return None, None


def setting_of(contract: DataContract, kind: type[S]) -> tuple[FieldPath, S] | None:
    """A setting of the contract's stream, and where its value stands."""
    for index, setting in enumerate(contract.object.customProperties):
        if isinstance(setting, kind):
            return ("schema", 0, "customProperties", index, "value"), setting
    return None


def schema_of(contract: DataContract) -> tuple[FieldPath, SchemaSource] | None:
    """Where its schema is."""
    found = setting_of(contract, SchemaSetting)
    return None if found is None else (found[0], found[1].value)


def key_schema_of(contract: DataContract) -> tuple[FieldPath, SchemaSource] | None:
    """Where the schema of its keys is."""
    found = setting_of(contract, KeySchemaSetting)
    return None if found is None else (found[0], found[1].value)


def sources_of(contract: DataContract) -> Iterator[tuple[FieldPath, SchemaSource]]:
    """Where the schemas of its values and of its keys are."""
    for found in (schema_of(contract), key_schema_of(contract)):
        if found is not None:
            yield found


def validation_of(contract: DataContract) -> Validation:
    """Where records are held to the schema; on write alone unless it says otherwise."""
    found = setting_of(contract, ValidateSetting)
    return Validation() if found is None else found[1].value


def patterns_of(contract: DataContract) -> tuple[str, ...]:
    """Patterns of injections that are refused."""
    found = setting_of(contract, ContentSetting)
    return () if found is None else tuple(found[1].value)


def required_controls(contract: DataContract) -> tuple[FieldPath, tuple[str, ...]]:
    """The controls that it asks for, and where it does."""
    found = setting_of(contract, RequiresSetting)
    return ((), ()) if found is None else (found[0], tuple(found[1].value))


def unmasked_for(contract: DataContract) -> tuple[str, ...]:
    """Access classes whose readers see every field as it is."""
    found = setting_of(contract, UnmaskedSetting)
    return () if found is None else tuple(found[1].value)


def masked_reading(contract: DataContract) -> MaskedReading | None:
    """Who may read the stream with masks; None: nobody."""
    found = setting_of(contract, MaskedSetting)
    return None if found is None else found[1].value


def owner_of(contract: DataContract) -> str | None:
    """Who answers for it: the team, or else a member whose role is owner."""
    team = contract.team
    if team is None:
        return None
    if team.name is not None:
        return team.name
    owners = (each for each in team.members if (each.role or "").lower() in ("owner", "data owner"))
    return next((each.name or each.username for each in owners if each.dateOut is None), None)


def retention_milliseconds(contract: DataContract) -> int | None:
    """For how long its records are kept; None: it doesn't say."""
    for level in contract.slaProperties:
        if level.property == "retention":
            return _milliseconds(level)
    return None
