"""What a change of a contract breaks: readers, by the rules of its format, or protection."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from streamward.contracts.compiled import DeclaredField, SchemaText, compile_schema, declared
from streamward.contracts.contract import (
    fields_of,
    key_schema_of,
    masked_reading,
    owner_of,
    patterns_of,
    required_controls,
    retention_milliseconds,
    schema_of,
    unmasked_for,
    validation_of,
)
from streamward.model.contract import DataContract
from streamward.model.contract_settings import MaskedReading
from streamward.model.duration import format_duration


class Breaks(StrEnum):
    """Who is broken by a change."""

    READERS_OF_OLD = "readers of old records"
    """Programs with the new schema can't read what lies there (backward compatibility)."""
    OLD_READERS = "old readers"
    """Programs with the old schema can't read what is written now (forward compatibility)."""
    PROTECTION = "protection"
    """Somebody sees more, or less is checked."""
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions of a contract."""

    what: str
    breaks: Breaks

    @property
    def is_breaking(self) -> bool:
        """Whether somebody must act before it is put in force."""
        return self.breaks is not Breaks.NOBODY


_AVRO_PROMOTIONS: Mapping[str, frozenset[str]] = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}
"""What a reader may take each type of a writer for (Avro 1.12, "Schema Resolution")."""
_AVRO_BASES = {"date": "int", "uuid": "string", "decimal": "bytes"}
_PROTOBUF_GROUPS = (
    frozenset({"int32", "uint32", "int64", "uint64", "bool"}),
    frozenset({"sint32", "sint64"}),
    frozenset({"string", "bytes"}),
    frozenset({"fixed32", "sfixed32"}),
    frozenset({"fixed64", "sfixed64"}),
)
"""Types that lie on the wire alike (Protobuf's language guide, "Updating A Message Type")."""


def schema_changes(old: SchemaText, new: SchemaText) -> Iterator[Change]:
    """What changes between two schemas. Raises SchemaInvalid for one that can't be compiled."""
    if old.format != new.format:
        yield Change(f"the format was `{old.format}` and is `{new.format}`", Breaks.READERS_OF_OLD)
        return
    before, after = declared(compile_schema(old)), declared(compile_schema(new))
    match old.format:
        case "avro":
            yield from _avro(before, after)
        case "protobuf":
            yield from _protobuf(before, after, admits=new.undeclared)
        case _:
            yield from _json(before, after)


def layout_changes(
    contracts: tuple[DataContract, DataContract], old: SchemaText, new: SchemaText
) -> Iterator[Change]:
    """Masks that fall on other bytes of what lies there (Avro without ids in front of values).

    Nothing in such a value says which schema it was written with, so it is read as the newest says:
    where fields have other places, a mask hides one of them and shows another. Raises SchemaInvalid
    for a schema that can't be compiled.
    """
    masked = any(field.masks for contract in contracts for field in fields_of(contract))
    if not masked or (old.format, new.format) != ("avro", "avro"):
        return
    places = [
        [(field.path, field.types, field.repeated, field.symbols) for field in declared(schema)]
        for schema in map(compile_schema, (old, new))
    ]
    if places[0] != places[1]:
        yield Change(
            "values have no schema id, so old records are read as the new schema says: masks fall"
            " on other fields of them",
            Breaks.PROTECTION,
        )


def _pairs(
    before: Iterable[DeclaredField], after: Iterable[DeclaredField]
) -> tuple[list[DeclaredField], list[DeclaredField], list[tuple[DeclaredField, DeclaredField]]]:
    """Those that went, those that came, and both versions of those that stay."""
    old = {field.path: field for field in before}
    new = {field.path: field for field in after}
    lost, found = old.keys() - new.keys(), new.keys() - old.keys()
    # What is within a field that went or came is told with it.
    gone = [old[path] for path in old if path in lost and path[:-1] not in lost]
    come = [new[path] for path in new if path in found and path[:-1] not in found]
    return gone, come, [(old[path], new[path]) for path in old if path in new]


def _avro(before: Iterable[DeclaredField], after: Iterable[DeclaredField]) -> Iterator[Change]:
    gone, come, both = _pairs(before, after)
    for field in gone:
        breaks = Breaks.OLD_READERS if field.required else Breaks.NOBODY
        why = ", and old readers have no default for it" if field.required else ""
        yield Change(f"`{field.name}` is gone{why}", breaks)
    for field in come:
        breaks = Breaks.READERS_OF_OLD if field.required else Breaks.NOBODY
        why = " without a default, and old records lack it" if field.required else ""
        yield Change(f"`{field.name}` is new{why}", breaks)
    for old, new in both:
        if not _avro_reads(old, new):
            yield Change(_types(old, new), Breaks.READERS_OF_OLD)
        if not _avro_reads(new, old):
            yield Change(_types(old, new), Breaks.OLD_READERS)
        yield from _symbols(old, new)


def _avro_reads(writer: DeclaredField, reader: DeclaredField) -> bool:
    wanted = {_avro_base(name) for name in reader.types}
    return writer.repeated == reader.repeated and all(
        base in wanted or _AVRO_PROMOTIONS.get(base, frozenset()) & wanted
        for base in map(_avro_base, writer.types)
    )


def _avro_base(name: str) -> str:
    return "long" if name.startswith("timestamp/") else _AVRO_BASES.get(name, name)


def _types(old: DeclaredField, new: DeclaredField) -> str:
    def shown(field: DeclaredField) -> str:
        return ("list of " if field.repeated else "") + " or ".join(field.types)

    return f"`{old.name}` was {shown(old)} and is {shown(new)}"


def _symbols(old: DeclaredField, new: DeclaredField) -> Iterator[Change]:
    for symbol in sorted(set(old.symbols) - set(new.symbols)):
        if new.symbols:
            yield Change(f"`{old.name}` lost `{symbol}`", Breaks.READERS_OF_OLD)
    for symbol in sorted(set(new.symbols) - set(old.symbols)):
        if old.symbols:
            yield Change(f"`{old.name}` may be `{symbol}`", Breaks.OLD_READERS)


def _protobuf(
    before: Iterable[DeclaredField], after: Iterable[DeclaredField], *, admits: bool
) -> Iterator[Change]:
    old = {_numbers(field, before): field for field in before}
    new = {_numbers(field, after): field for field in after}
    for path, field in old.items():
        if path in new or path[:-1] in old.keys() - new.keys():
            continue
        if field.required:
            yield Change(f"`{field.name}` is gone, and was required", Breaks.OLD_READERS)
        elif admits:
            yield Change(f"`{field.name}` is gone: reserve its number", Breaks.NOBODY)
        else:
            what = f"`{field.name}` is gone: records that hold it are refused as undeclared"
            yield Change(what, Breaks.READERS_OF_OLD)
    for path, field in new.items():
        if path in old or path[:-1] in new.keys() - old.keys():
            continue
        breaks = Breaks.READERS_OF_OLD if field.required else Breaks.NOBODY
        yield Change(f"`{field.name}` is new" + (" and required" * field.required), breaks)
    for path in old.keys() & new.keys():
        yield from _protobuf_field(old[path], new[path])


def _numbers(field: DeclaredField, among: Iterable[DeclaredField]) -> tuple[int, ...]:
    """The numbers of a field and of those around it: on the wire there are no names."""
    by_path = {each.path: each.number or 0 for each in among}
    return tuple(by_path[field.path[:length]] for length in range(1, len(field.path) + 1))


def _protobuf_field(old: DeclaredField, new: DeclaredField) -> Iterator[Change]:
    if old.path[-1] != new.path[-1]:
        what = f"`{old.name}` is now called `{new.name}`: paths of masks and classes change"
        yield Change(what, Breaks.NOBODY)
    same = old.types == new.types or any(
        {*old.types, *new.types} <= group for group in _PROTOBUF_GROUPS
    )
    if not same or (old.repeated and not new.repeated):
        yield Change(_types(old, new), Breaks.READERS_OF_OLD)
    if not same or (new.repeated and not old.repeated):
        yield Change(_types(old, new), Breaks.OLD_READERS)
    if new.required and not old.required:
        yield Change(f"`{new.name}` is required now", Breaks.READERS_OF_OLD)


def _json(before: Iterable[DeclaredField], after: Iterable[DeclaredField]) -> Iterator[Change]:
    gone, come, both = _pairs(before, after)
    for field in gone:
        breaks = Breaks.OLD_READERS if field.required else Breaks.NOBODY
        yield Change(f"`{field.name}` is gone" + (", and was required" * field.required), breaks)
    for field in come:
        breaks = Breaks.READERS_OF_OLD if field.required else Breaks.NOBODY
        yield Change(f"`{field.name}` is new" + (" and required" * field.required), breaks)
    for old, new in both:
        if set(old.types) - set(new.types):
            yield Change(_types(old, new), Breaks.READERS_OF_OLD)
        if set(new.types) - set(old.types):
            yield Change(_types(old, new), Breaks.OLD_READERS)
        if new.required and not old.required:
            yield Change(f"`{new.name}` is required now", Breaks.READERS_OF_OLD)
        if old.required and not new.required:
            yield Change(f"`{new.name}` may be missing now", Breaks.OLD_READERS)
        yield from _symbols(old, new)


def protection_changes(old: DataContract, new: DataContract) -> Iterator[Change]:
    """What a contract protects or checks no longer, and what it does anew."""
    before = {field.path: field for field in fields_of(old)}
    after = {field.path: field for field in fields_of(new)}
    for path, field in before.items():
        now = after.get(path)
        masks = None if now is None else now.masks
        if field.masks is not None and field.masks != masks:
            shown = "none" if masks is None else _shown(masks)
            what = f"the mask of `{field.name}` was {_shown(field.masks)} and is {shown}"
            yield Change(what, Breaks.PROTECTION)
        if field.classification is not None and (
            now is None or now.classification != field.classification
        ):
            shown = "none" if now is None or now.classification is None else now.classification
            what = f"the class of `{field.name}` was `{field.classification}` and is `{shown}`"
            yield Change(what, Breaks.PROTECTION)
    yield from _less(required_controls(old)[1], required_controls(new)[1], "required control")
    yield from _less(patterns_of(old), patterns_of(new), "pattern")
    for name in sorted(set(unmasked_for(new)) - set(unmasked_for(old))):
        yield Change(f"`{name}` sees every field as it is", Breaks.PROTECTION)
    yield from _masked_readers(masked_reading(old), masked_reading(new))
    was, now_is = validation_of(old).write, validation_of(new).write
    if was != now_is:
        breaks = Breaks.PROTECTION if now_is == "off" else Breaks.NOBODY
        yield Change(f"validation on write was `{was}` and is `{now_is}`", breaks)
    yield from _read(validation_of(old).read, validation_of(new).read)
    yield from _registry(old, new)
    if (schema_of(old) is None) != (schema_of(new) is None):
        gone = schema_of(new) is None
        breaks = Breaks.PROTECTION if gone else Breaks.READERS_OF_OLD
        yield Change("it has no schema any more" if gone else "it has a schema now", breaks)
    yield from _kept(retention_milliseconds(old), retention_milliseconds(new))
    if owner_of(old) != owner_of(new):
        yield Change(f"the owner was `{owner_of(old)}` and is `{owner_of(new)}`", Breaks.NOBODY)


def _read(old: str, new: str) -> Iterator[Change]:
    if old == new:
        return
    match new:
        case "refuse":
            breaks = Breaks.READERS_OF_OLD
        case "mark" if old == "off":
            breaks = Breaks.NOBODY
        case _:
            breaks = Breaks.PROTECTION
    yield Change(f"validation on read was `{old}` and is `{new}`", breaks)


def _registry(old: DataContract, new: DataContract) -> Iterator[Change]:
    """Other schemas may be taken where a registry says which."""
    for part, of in (("values", schema_of), ("keys", key_schema_of)):
        was, now_is = of(old), of(new)
        before = None if was is None else was[1].registry
        after = None if now_is is None else now_is[1].registry
        if before != after:
            yield Change(f"schemas of {part} come from other places", Breaks.PROTECTION)


def _masked_readers(old: MaskedReading | None, new: MaskedReading | None) -> Iterator[Change]:
    if new is None:
        return
    before = () if old is None else old.access_classes
    for name in sorted(set(new.access_classes) - set(before)):
        yield Change(f"`{name}` may read the stream with masks", Breaks.PROTECTION)
    key = "withhold" if old is None else old.key
    if key != new.key and new.key != "withhold":
        what = f"what readers with masks see of keys was `{key}` and is `{new.key}`"
        yield Change(what, Breaks.PROTECTION)
    group = None if old is None else old.key_hash_group
    if group != new.key_hash_group and new.key == "hash":
        what = f"hashes of keys were {_grouped(group)} and are {_grouped(new.key_hash_group)}"
        yield Change(what, Breaks.PROTECTION)
    for header in sorted(set(new.headers) - set(() if old is None else old.headers)):
        yield Change(f"readers with masks see the header `{header}`", Breaks.PROTECTION)


def _shown(masks: object) -> str:
    others = getattr(masks, "others", None)
    classes = getattr(masks, "access_classes", {})
    parts = [f"`{others}`", *(f"`{mask}` for `{name}`" for name, mask in sorted(classes.items()))]
    group = getattr(masks, "hash_group", None)
    return ", ".join(parts) + ("" if group is None else f" ({_grouped(group)})")


def _grouped(group: str | None) -> str:
    return "the stream's own" if group is None else f"of the group `{group}`"


def _less(old: tuple[str, ...], new: tuple[str, ...], noun: str) -> Iterator[Change]:
    for name in sorted(set(old) - set(new)):
        yield Change(f"the {noun} `{name}` is gone", Breaks.PROTECTION)
    for name in sorted(set(new) - set(old)):
        yield Change(f"the {noun} `{name}` is new", Breaks.NOBODY)


def _kept(old: int | None, new: int | None) -> Iterator[Change]:
    if old == new:
        return
    was = "unsaid" if old is None else format_duration(old)
    now_is = "unsaid" if new is None else format_duration(new)
    longer = old is not None and (new is None or new > old)
    breaks = Breaks.PROTECTION if longer else Breaks.NOBODY
    yield Change(f"the retention was {was} and is {now_is}", breaks)
