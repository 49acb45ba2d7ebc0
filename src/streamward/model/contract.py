"""A data contract in the Open Data Contract Standard 3.1 (https://bitol.io): names and meanings of
fields are the standard's; what it leaves open stands in `customProperties`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.contract_settings import FieldName, FieldSetting, ObjectSetting, OtherSetting
from streamward.model.document import Noun
from streamward.model.fields import ClassName, StreamText, Text

_Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\s]+$")]
_Tags = Annotated[tuple[Text, ...], Field(max_length=100)]
_Any = tuple[dict[str, Any], ...]
LogicalType = Literal[
    "string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"
]


class ContractDescription(Noun):
    """What the data is for, and what not."""

    usage: Text | None = None
    purpose: Text | None = None
    limitations: Text | None = None
    authoritativeDefinitions: _Any = ()  # noqa: N815 - the standard's name
    customProperties: _Any = ()  # noqa: N815


class TeamMember(Noun):
    """Somebody who answers for the data."""

    username: Text
    name: Text | None = None
    id: _Id | None = None
    description: Text | None = None
    role: Text | None = None
    dateIn: Text | None = None  # noqa: N815
    dateOut: Text | None = None  # noqa: N815
    replacedByUsername: Text | None = None  # noqa: N815
    tags: _Tags = ()
    customProperties: _Any = ()  # noqa: N815
    authoritativeDefinitions: _Any = ()  # noqa: N815


class Team(Noun):
    """Who owns the data."""

    name: Text | None = None
    id: _Id | None = None
    description: Text | None = None
    members: tuple[TeamMember, ...] = Field(default=(), max_length=200)
    tags: _Tags = ()
    customProperties: _Any = ()  # noqa: N815
    authoritativeDefinitions: _Any = ()  # noqa: N815


class _Element(Noun):
    """What objects and their properties have in common."""

    id: _Id | None = None
    name: FieldName
    physicalName: Text | None = None  # noqa: N815
    physicalType: Text | None = None  # noqa: N815
    businessName: Text | None = None  # noqa: N815
    description: Text | None = None
    tags: _Tags = ()
    quality: _Any = ()
    relationships: _Any = ()
    authoritativeDefinitions: _Any = ()  # noqa: N815


class ContractItem(Noun):
    """The entries of a list."""

    logicalType: LogicalType | None = None  # noqa: N815
    logicalTypeOptions: dict[str, Any] | None = None  # noqa: N815
    physicalType: Text | None = None  # noqa: N815
    name: FieldName | None = None
    description: Text | None = None
    classification: ClassName | None = None
    required: bool = False
    properties: tuple[ContractProperty, ...] = Field(default=(), max_length=1000)
    customProperties: tuple[FieldSetting, ...] = Field(  # noqa: N815
        default=(), max_length=100
    )


class ContractProperty(_Element):
    """A field: its class, and what readers see of it who may not see it all."""

    logicalType: LogicalType | None = None  # noqa: N815
    logicalTypeOptions: dict[str, Any] | None = None  # noqa: N815
    required: bool = False
    unique: bool = False
    primaryKey: bool = False  # noqa: N815
    primaryKeyPosition: int = -1  # noqa: N815
    partitioned: bool = False
    partitionKeyPosition: int = -1  # noqa: N815
    classification: ClassName | None = None
    """The data class that it belongs to."""
    encryptedName: Text | None = None  # noqa: N815
    transformSourceObjects: _Tags = ()  # noqa: N815
    transformLogic: Text | None = None  # noqa: N815
    transformDescription: Text | None = None  # noqa: N815
    examples: tuple[Any, ...] = Field(default=(), max_length=100)
    criticalDataElement: bool = False  # noqa: N815
    properties: tuple[ContractProperty, ...] = Field(default=(), max_length=1000)
    """Of an `object`; a name of `*` stands for the keys of a map."""
    items: ContractItem | None = None
    """Of an `array`."""
    customProperties: tuple[FieldSetting, ...] = Field(  # noqa: N815
        default=(), max_length=100
    )
    """`streamward.mask` says how the field is masked."""


ContractItem.model_rebuild()
ContractProperty.model_rebuild()


class ContractObject(_Element):
    """A stream, and the fields of its values."""

    physicalName: StreamText | None = None  # noqa: N815
    """The topic; without it, `name` is."""
    logicalType: Literal["object"] | None = None  # noqa: N815
    dataGranularityDescription: Text | None = None  # noqa: N815
    properties: tuple[ContractProperty, ...] = Field(default=(), max_length=1000)
    customProperties: tuple[ObjectSetting, ...] = Field(  # noqa: N815
        default=(), max_length=100
    )
    """`streamward.schema`, `.validate`, `.content`, `.requires` and `.unmasked`."""

    @property
    def stream(self) -> str:
        """The topic that this is about."""
        return self.physicalName or self.name


class ServiceLevel(Noun):
    """A promise about the data, such as for how long it is kept."""

    id: _Id | None = None
    property: Text
    value: Any = None
    valueExt: Any = None  # noqa: N815
    unit: Text | None = None
    element: Text | None = None
    driver: Text | None = None
    description: Text | None = None
    scheduler: Text | None = None
    schedule: Text | None = None

    @model_validator(mode="after")
    def _retention_is_a_time(self) -> Self:
        if self.property == "retention":
            retention_milliseconds(self)
        return self


class DataContract(Noun):
    """What a stream carries, who answers for it, and what it needs: one file for each stream.

    The names of its fields are those of the Open Data Contract Standard 3.1.
    """

    apiVersion: Literal["v3.1.0"]  # noqa: N815
    id: _Id
    version: Text
    status: Text
    """Such as `proposed`, `draft`, `active`, `deprecated`, `retired`."""
    name: Text | None = None
    tenant: Text | None = None
    domain: Text | None = None
    dataProduct: Text | None = None  # noqa: N815
    description: ContractDescription | None = None
    tags: _Tags = ()
    servers: _Any = ()
    # Named otherwise in Python: the library that reads documents has a method of this name.
    objects: tuple[ContractObject, ...] = Field(alias="schema", min_length=1, max_length=1)
    """Exactly one stream."""
    support: _Any = ()
    price: dict[str, Any] | None = None
    team: Team | None = None
    """Who answers for it."""
    roles: _Any = ()
    slaDefaultElement: Text | None = None  # noqa: N815
    slaProperties: tuple[ServiceLevel, ...] = Field(  # noqa: N815
        default=(), max_length=100
    )
    """`retention` with a `value` and a `unit` (`d`, `m`, `y`) says for how long it is kept."""
    authoritativeDefinitions: _Any = ()  # noqa: N815
    customProperties: tuple[OtherSetting, ...] = Field(  # noqa: N815
        default=(), max_length=100
    )
    contractCreatedTs: Text | None = None  # noqa: N815

    @property
    def object(self) -> ContractObject:
        """The stream that it is about."""
        return self.objects[0]


_DAY_MILLISECONDS = 86_400_000
_UNITS = {
    "d": 1,
    "day": 1,
    "days": 1,
    "m": 30,
    "month": 30,
    "months": 30,
    "y": 365,
    "year": 365,
    "years": 365,
}


def retention_milliseconds(level: ServiceLevel) -> int:
    """The time that a `retention` stands for; months have 30 days. Raises ValueError."""
    days = _UNITS.get(level.unit or "d")
    value = level.value
    if days is None or isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("`retention` needs a `value` of 1 or more and a `unit` of `d`, `m` or `y`")
    return value * days * _DAY_MILLISECONDS
