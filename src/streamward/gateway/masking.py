"""The `masking` section of a snapshot: what readers see of streams with masked fields."""

import msgspec

from streamward.contracts.contract import (
    ContractField,
    contracts,
    fields_of,
    masked_reading,
    unmasked_for,
)
from streamward.gateway.contracts import SchemaEntry, schema_entry
from streamward.gateway.sealing import ReadersEntry, readers_of
from streamward.model.contract import DataContract
from streamward.model.contract_settings import FieldMasks
from streamward.model.document import Bundle


class ViewEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some readers see of a field; None: all of it."""

    readers: ReadersEntry
    mask: str | None


class MaskedFieldEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field: what readers see of it by the first of its views that has them, else `others`."""

    path: tuple[str, ...]
    others: str
    hash_group: str | None
    views: tuple[ViewEntry, ...]


class MaskedStreamEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stream with masked fields. Who is neither `unmasked` nor `masked` is refused."""

    name: str
    schema: SchemaEntry | None
    unmasked: ReadersEntry
    masked: ReadersEntry
    fields: tuple[MaskedFieldEntry, ...]
    key: str
    headers: tuple[str, ...]
    key_hash_group: str | None
    secret: str | None
    on_invalid: str


class MaskingSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The streams with masked fields."""

    streams: tuple[MaskedStreamEntry, ...] = ()


def masking_section(bundle: Bundle) -> MaskingSection:
    """What the bundle's contracts say of masks."""
    streams = []
    for _, contract in contracts(bundle):
        fields = [field for field in fields_of(contract) if field.masks is not None]
        if fields:
            streams.append(_stream(bundle, contract, fields))
    return MaskingSection(streams=tuple(streams))


def _stream(
    bundle: Bundle, contract: DataContract, fields: list[ContractField]
) -> MaskedStreamEntry:
    reading = masked_reading(contract)
    return MaskedStreamEntry(
        name=contract.object.stream,
        schema=None if reading is None else schema_entry(bundle, contract),
        unmasked=readers_of(bundle, unmasked_for(contract)),
        masked=readers_of(bundle, () if reading is None else reading.access_classes),
        # Without readers who see them, masks are never made.
        fields=() if reading is None else tuple(_field(bundle, field) for field in fields),
        key="withhold" if reading is None else reading.key,
        headers=() if reading is None else reading.headers,
        key_hash_group=None if reading is None else reading.key_hash_group,
        secret=None if reading is None else reading.secret,
        on_invalid="refuse" if reading is None else reading.on_invalid,
    )


def _field(bundle: Bundle, field: ContractField) -> MaskedFieldEntry:
    masks = field.masks
    assert isinstance(masks, FieldMasks)
    return MaskedFieldEntry(
        path=field.path,
        others=masks.others,
        hash_group=masks.hash_group,
        views=tuple(
            ViewEntry(readers=readers_of(bundle, (name,)), mask=None if mask == "none" else mask)
            for name, mask in masks.access_classes.items()
        ),
    )
