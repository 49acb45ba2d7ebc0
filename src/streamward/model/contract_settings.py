"""What a data contract says to this product: the standard's `customProperties`, by their names."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from streamward.model.document import Noun
from streamward.model.fields import (
    AccessClassName,
    MaskSecretReference,
    Name,
    RegistryName,
    Text,
)
from streamward.model.nearest import meant
from streamward.model.sealing import HeaderName

PREFIX: Final = "streamward."

MaskName = Literal["redact", "hash", "keep-last", "year"]
"""What a reader sees instead: nothing, a keyed hash, the last four characters, the year."""
ControlName = Literal["encrypt", "sign", "schema", "tls", "mask"]
PatternName = Literal["template", "jndi", "sql", "html"]
BundlePath = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=500,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$",
    ),
]
"""Path of a file, relative to the bundle."""
SchemaFormat = Literal["avro", "protobuf", "json"]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=250)]


class SchemaReference(Noun):
    """A schema that another one refers to, by the name that it uses."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    file: BundlePath


RecordName = Annotated[
    str, StringConstraints(min_length=1, max_length=250, pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")
]


class RegisteredSchemas(Noun):
    """Schemas of a registry: which of them a stream may carry."""

    name: RegistryName
    subjects: Literal["topic", "record", "topic-record"] = "topic"
    """How producers name subjects: by the stream (`orders-value`, `orders-key`), by the schema's
    full name, or by both (`orders-com.example.Order`). A schema must be registered under one of
    the stream's subjects; that it is registered elsewhere does not help."""
    records: tuple[RecordName, ...] = Field(default=(), max_length=100)
    """Full names of schemas, for `record` and `topic-record`."""
    ids: Literal["prefix", "header", "either"] = "prefix"
    """Where records have the ids of their schemas: in front of the value or key, in a header
    (`__value_schema_id`, `__key_schema_id`: a number or a GUID, as Confluent's
    `HeaderSchemaIdSerializer` writes it), or in the header and in front where there is none."""

    @model_validator(mode="after")
    def _of_its_subjects(self) -> Self:
        if (self.subjects == "topic") == bool(self.records):
            raise ValueError("`records` is for `subjects: record` or `topic-record`, which need it")
        return self

    def subjects_of(self, stream: str, part: Literal["value", "key"]) -> tuple[str, ...]:
        """The subjects of a stream (Confluent's subject name strategies)."""
        match self.subjects:
            case "topic":
                return (f"{stream}-{part}",)
            case "record":
                return self.records
            case "topic-record":
                return tuple(f"{stream}-{record}" for record in self.records)


class SchemaSource(Noun):
    """Which schema a stream's values are of, and how they begin."""

    format: SchemaFormat
    file: BundlePath | None = None
    """A `.avsc`, `.proto` or `.schema.json` file of the bundle."""
    registry: RegisteredSchemas | None = None
    """Instead of a file: the id of each value says which schema of a registry it is of
    (Confluent's wire formats)."""
    references: tuple[SchemaReference, ...] = Field(default=(), max_length=100)
    """Files that it refers to, by the names that it uses."""
    message: Text | None = None
    """Of Protobuf, the full name of the message; without it, the first of a file, any of a
    registry's schema."""
    schema_ids: tuple[Annotated[int, Field(ge=0, lt=1 << 32)], ...] = Field(
        default=(), max_length=100
    )
    """Ids under which registries know this schema: one of them stands in front of each value, as
    serializers write it (Confluent's wire format); others are refused. Without any, values begin
    at once."""
    undeclared: Literal["refuse", "admit"] = "refuse"
    """Of Protobuf: whether fields that the message doesn't declare are taken as they are."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (self.registry is None):
            raise ValueError("give `file` or `registry`, one of them")
        if self.registry is not None and (self.references or self.schema_ids):
            raise ValueError(
                "`references` and `schema_ids` are for `file`: the registry knows them"
            )
        return self

    @model_validator(mode="after")
    def _of_its_format(self) -> Self:
        if self.format != "protobuf" and (self.message or self.undeclared == "admit"):
            raise ValueError("`message` and `undeclared` are for `protobuf`")
        return self


class Validation(Noun):
    """What becomes of records that are not as the schema says."""

    write: Literal["refuse", "off"] = "refuse"
    """`refuse`: INVALID_RECORD for the partition, with the index of the record."""
    read: Literal["refuse", "mark", "off"] = "off"
    """`refuse`: CORRUPT_MESSAGE for the partition, which a consumer does not get past by itself;
    `mark`: the record is delivered with the header `streamward.violation`."""


class FieldMasks(Noun):
    """What readers of an access class see of a field, where it isn't what all others see."""

    others: MaskName
    """What everybody sees who is named nowhere here and may not see it."""
    access_classes: dict[
        AccessClassName, Literal["redact", "hash", "keep-last", "year", "none"]
    ] = Field(default={})
    """`none`: they see the field as it is."""
    hash_group: Name | None = None
    """Equal values have equal hashes in all fields and keys of a group, of any stream with the same
    secret. Without one, hashes of this field are equal to none of another field or stream."""

    @model_validator(mode="after")
    def _hashes(self) -> Self:
        if self.hash_group is not None and "hash" not in (
            self.others,
            *self.access_classes.values(),
        ):
            raise ValueError("`hash_group` is for fields that somebody sees as a `hash`")
        return self


class MaskedReading(Noun):
    """Who may read a stream with masks on its fields, and what they see beside these."""

    access_classes: tuple[AccessClassName, ...] = Field(min_length=1, max_length=50)
    """Whose readers see masks. Who is neither here nor in `streamward.unmasked` is refused."""
    key: Literal["withhold", "hash", "keep"] = "withhold"
    """What they see of the keys of records: nothing, a keyed hash, or all."""
    key_hash_group: Name | None = None
    """The group that hashes of keys are of (`hash_group` of a field). Without one, they are equal
    to none of another stream, or of a field."""
    headers: tuple[HeaderName, ...] = Field(default=(), max_length=50)
    """Headers that they see as they are; all others are left out."""
    secret: MaskSecretReference | None = None
    """What the keys of hashes are derived from, at least 16 bytes: needed where a field's mask or
    `key` is `hash`."""
    on_invalid: Literal["refuse", "mark"] = "refuse"
    """What becomes of a value that can't be masked, because it is not as the schema says: its batch
    is refused, or it is delivered empty and marked by a header."""

    @model_validator(mode="after")
    def _hashes(self) -> Self:
        if self.key_hash_group is not None and self.key != "hash":
            raise ValueError("`key_hash_group` is for `key: hash`")
        return self


class _Setting(Noun):
    id: Name | None = None
    description: Text | None = None


class SchemaSetting(_Setting):
    """The schema of a stream's values."""

    property: Literal["streamward.schema"]
    value: SchemaSource


class KeySchemaSetting(_Setting):
    """The schema of the keys of a stream's records."""

    property: Literal["streamward.key_schema"]
    value: SchemaSource


class ValidateSetting(_Setting):
    """Where records are held to the schema."""

    property: Literal["streamward.validate"]
    value: Validation


class ContentSetting(_Setting):
    """Patterns of injections that no text of a value may hold."""

    property: Literal["streamward.content"]
    value: tuple[PatternName, ...] = Field(min_length=1, max_length=4)


class RequiresSetting(_Setting):
    """Controls without which the contract does not pass the check."""

    property: Literal["streamward.requires"]
    value: tuple[ControlName, ...] = Field(min_length=1, max_length=5)


class UnmaskedSetting(_Setting):
    """Access classes whose readers see the fields as they are."""

    property: Literal["streamward.unmasked"]
    value: tuple[AccessClassName, ...] = Field(min_length=1, max_length=50)


class MaskedSetting(_Setting):
    """Who may read the stream with masks, and what they see beside the fields."""

    property: Literal["streamward.masked"]
    value: MaskedReading


class MaskSetting(_Setting):
    """The mask of a field."""

    property: Literal["streamward.mask"]
    value: Annotated[
        Annotated[MaskName, Tag("mask")] | Annotated[FieldMasks, Tag("masks")],
        Discriminator(lambda value: "mask" if isinstance(value, str) else "masks"),
    ]
    """One mask for everybody, or what each access class sees."""


class OtherSetting(_Setting):
    """A property of somebody else's: kept, and not looked at."""

    property: Annotated[str, StringConstraints(min_length=1, max_length=250)]
    value: Any = None

    @model_validator(mode="after")
    def _of_somebody_else(self) -> Self:
        if self.property.startswith(PREFIX):
            hint = meant(self.property, (*OBJECT_SETTINGS, *FIELD_SETTINGS))
            raise ValueError(f"there is no property `{self.property}` here: {hint}")
        return self


OBJECT_SETTINGS: Final = (
    "streamward.schema",
    "streamward.key_schema",
    "streamward.validate",
    "streamward.content",
    "streamward.requires",
    "streamward.unmasked",
    "streamward.masked",
)
FIELD_SETTINGS: Final = ("streamward.mask",)


def _tag(known: tuple[str, ...], value: Any) -> str:
    name = value.get("property") if isinstance(value, dict) else getattr(value, "property", None)
    return name if isinstance(name, str) and name in known else "other"


ObjectSetting = Annotated[
    Annotated[SchemaSetting, Tag("streamward.schema")]
    | Annotated[KeySchemaSetting, Tag("streamward.key_schema")]
    | Annotated[ValidateSetting, Tag("streamward.validate")]
    | Annotated[ContentSetting, Tag("streamward.content")]
    | Annotated[RequiresSetting, Tag("streamward.requires")]
    | Annotated[UnmaskedSetting, Tag("streamward.unmasked")]
    | Annotated[MaskedSetting, Tag("streamward.masked")]
    | Annotated[OtherSetting, Tag("other")],
    Discriminator(lambda value: _tag(OBJECT_SETTINGS, value)),
]
FieldSetting = Annotated[
    Annotated[MaskSetting, Tag("streamward.mask")] | Annotated[OtherSetting, Tag("other")],
    Discriminator(lambda value: _tag(FIELD_SETTINGS, value)),
]
