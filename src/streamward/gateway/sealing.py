"""The `sealing` section of a snapshot: what is sealed, under which ring, and who may open it."""

import msgspec

from streamward.contracts import readers
from streamward.contracts.contract import contract_of
from streamward.contracts.sealing import sealed_streams, tenant_of, text_of
from streamward.gateway.contracts import SchemaEntry, schema_entry
from streamward.model.document import Bundle
from streamward.model.keys import KeyRing
from streamward.model.sealing import Sealing
from streamward.model.stream import Stream


class ReadersEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may open: holders of these roles, and these principals. Roles that include one of them
    are among them.
    """

    roles: tuple[str, ...]
    principals: tuple[str, ...]


class RingEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key ring. Its keys are asked for (docs/concepts/boundary.md), never in a snapshot."""

    name: str
    data_class: str
    access_class: str
    readers: ReadersEntry


class SealedFieldsEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Single fields of values that are sealed, and what the values are of."""

    paths: tuple[tuple[str, ...], ...]
    schema: SchemaEntry


class SealedStreamEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stream, or all that start with a prefix, and how their records are sealed."""

    name: str | None
    prefix: str | None
    ring: str
    tenant: str | None
    home_cluster: str | None
    value: bool
    fields: SealedFieldsEntry | None = None
    key: str
    headers: tuple[str, ...]
    partition_bound: bool
    sealed_by: str
    opened_by: str
    unreadable: str
    on_violation: str
    accepts_from: tuple[str, ...]


class SealingSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sealed, and how."""

    rings: tuple[RingEntry, ...] = ()
    streams: tuple[SealedStreamEntry, ...] = ()


def sealing_section(bundle: Bundle) -> SealingSection:
    """The section of a bundle without errors; a ring that seals nothing is not in it."""
    sealed = tuple(sealed_streams(bundle))
    used = {seal.ring for _, seal in sealed}
    return SealingSection(
        rings=tuple(_ring(bundle, ring) for ring in bundle.of(KeyRing) if ring.name in used),
        streams=tuple(_stream(bundle, declared, seal) for declared, seal in sealed),
    )


def _ring(bundle: Bundle, ring: KeyRing) -> RingEntry:
    return RingEntry(
        name=ring.name,
        data_class=ring.data_class,
        access_class=ring.access_class,
        readers=readers_of(bundle, (ring.access_class,)),
    )


def readers_of(bundle: Bundle, access_classes: tuple[str, ...]) -> ReadersEntry:
    """Whom the readers of access classes stand for."""
    found = readers.readers_of(bundle, access_classes)
    return ReadersEntry(
        roles=tuple(sorted(found.roles)), principals=tuple(sorted(found.principals))
    )


def _fields(bundle: Bundle, declared: Stream, seal: Sealing) -> SealedFieldsEntry | None:
    if not seal.fields:
        return None
    found = contract_of(bundle, declared.name or "")
    schema = None if found is None else schema_entry(bundle, found[1])
    assert schema is not None, "a bundle that seals fields of what it doesn't know has mistakes"
    return SealedFieldsEntry(
        paths=tuple(tuple(field.split(".")) for field in seal.fields), schema=schema
    )


def _stream(bundle: Bundle, declared: Stream, seal: Sealing) -> SealedStreamEntry:
    return SealedStreamEntry(
        name=declared.name,
        prefix=declared.prefix,
        ring=seal.ring,
        tenant=tenant_of(bundle, text_of(declared)),
        home_cluster=seal.home,
        value=seal.value,
        fields=_fields(bundle, declared, seal),
        key=seal.key,
        headers=seal.headers,
        partition_bound=seal.partition_bound,
        sealed_by=seal.sealed_by,
        opened_by=seal.opened_by,
        unreadable=seal.unreadable,
        on_violation=seal.on_violation,
        accepts_from=seal.accepts_from,
    )
