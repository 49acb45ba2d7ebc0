"""What must hold where masks, sealing and classes meet: nothing is shown for being left out."""

from collections.abc import Iterator

from streamward.contracts.classification import declarations_of
from streamward.contracts.compiled import SchemaInvalid, compile_schema, declared, text_of
from streamward.contracts.contract import (
    ContractField,
    contract_of,
    contracts,
    fields_of,
    key_schema_of,
    masked_reading,
    schema_of,
    setting_of,
)
from streamward.contracts.sealing import classes_under, sealing_of
from streamward.contracts.signing import signing_of
from streamward.errors import Unavailable
from streamward.model.contract import DataContract
from streamward.model.contract_settings import MaskedSetting
from streamward.model.document import Bundle, Document, FieldPath, Mistake
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.principal import Principal, Role
from streamward.model.sealing import Sealing
from streamward.model.stream import DataClass, Stream


def seal_of(bundle: Bundle, contract: DataContract) -> Sealing | None:
    """How the stream of a contract is sealed; None: it isn't."""
    around = declarations_of(bundle, contract.object.stream)
    if not around:
        return None
    # The document of its own name speaks last; then that of the longest prefix.
    nearest = max(around, key=lambda each: len(each.name or each.prefix or ""))
    return sealing_of(bundle, nearest)


def masks_cover_what_is_sealed(bundle: Bundle) -> Iterator[Mistake]:
    """Who is no reader of the ring sees nothing of it without a mask."""
    for document, contract in contracts(bundle):
        seal = seal_of(bundle, contract)
        masked = [field for field in fields_of(contract) if field.masks is not None]
        if seal is None or not masked:
            continue
        if seal.unreadable == "ciphertext" and not seal.value:
            yield document.mistake(
                f"fields of `{contract.object.stream}` have masks, but it is sealed in part with"
                " `unreadable: ciphertext`: what is not sealed would be seen as it is",
                *masked[0].mask_place,
                suggestion="say `unreadable: mask` or `refuse`, or seal the whole value",
            )
        if seal.unreadable == "mask":
            yield from _beside_fields(document, contract, seal)
            yield from _bare_fields(document, contract, seal)
            yield from _views_past_the_ring(bundle, document, seal, masked)


def _beside_fields(document: Document, contract: DataContract, seal: Sealing) -> Iterator[Mistake]:
    found = setting_of(contract, MaskedSetting)
    reading = masked_reading(contract)
    if found is None or reading is None:
        return
    if reading.key == "keep" and seal.key == "deterministic":
        yield document.mistake(
            "keys of records are sealed, and readers with masks would see them as they are",
            *found[0],
            "key",
            suggestion="say `key: hash` or `key: withhold`",
        )
    for index, name in enumerate(reading.headers):
        if name in seal.headers:
            yield document.mistake(
                f"the header `{name}` is sealed, and readers with masks would see it as it is",
                *found[0],
                "headers",
                index,
                suggestion="remove it here",
            )


def _bare_fields(document: Document, contract: DataContract, seal: Sealing) -> Iterator[Mistake]:
    if masked_reading(contract) is None:
        return
    by_name = {field.name: field for field in fields_of(contract)}
    for name in seal.fields:
        field = by_name.get(name)
        if field is None or field.masks is None:
            place: FieldPath = ("schema", 0) if field is None else field.place
            yield document.mistake(
                f"`{name}` is sealed and has no mask: readers with masks would see it as it is",
                *place,
                suggestion=f"add `{name}` with `streamward.mask` to `properties`",
            )


def _views_past_the_ring(
    bundle: Bundle, document: Document, seal: Sealing, masked: list[ContractField]
) -> Iterator[Mistake]:
    ring = bundle.find(KeyRing, seal.ring)
    access = None if ring is None else bundle.find(AccessClass, ring.access_class)
    if access is None:
        return
    for field in masked:
        if field.masks is None or not (seal.value or field.name in seal.fields):
            continue
        for name, mask in field.masks.access_classes.items():
            viewers = bundle.find(AccessClass, name)
            if mask == "none" and viewers and not _within(bundle, viewers, access):
                yield document.mistake(
                    f"`{name}` sees `{field.name}` as it is, which is sealed, and not all of its"
                    f" readers are of `{access.name}`, the access class of the ring `{seal.ring}`",
                    *field.mask_place,
                    "access_classes",
                    name,
                    suggestion=f"give them a mask, or add its readers to `{access.name}`",
                )


def _within(bundle: Bundle, inner: AccessClass, outer: AccessClass) -> bool:
    """Whether every reader of one access class is a reader of another, as far as is declared."""
    allowed = set(outer.readers)
    grown = True
    while grown:
        more = {
            f"role:{role.name}"
            for role in bundle.of(Role)
            if any(f"role:{name}" in allowed for name in role.includes)
        }
        grown = not more <= allowed
        allowed |= more
    for principal in bundle.of(Principal):
        if any(f"role:{name}" in allowed for name in principal.roles):
            allowed.add(f"principal:{principal.name}")
    return set(inner.readers) <= allowed


def all_of_a_class_sealed(bundle: Bundle) -> Iterator[Mistake]:
    """Where single fields are sealed, all of a class that requires encryption are known to be."""
    requiring = {one.name for one in bundle.of(DataClass) if one.requires.encrypt}
    for document in bundle.documents_of(Stream):
        stream = document.value
        assert isinstance(stream, Stream)
        seal = sealing_of(bundle, stream)
        wanted = [name for name in classes_under(bundle, stream) if name in requiring]
        held = contract_of(bundle, stream.name or "")
        if seal is None or seal.value or not seal.fields or held is None:
            continue
        for name in wanted:
            if not any(field.classification == name for field in fields_of(held[1])):
                yield document.mistake(
                    f"`{document.name}` carries `{name}`, which requires encryption, and its"
                    " contract says of no field that it is of this class",
                    *(("seal", "fields") if stream.seal else ()),
                    suggestion=f"add `classification: {name}` to the fields that are, and seal"
                    " them, or seal the whole value",
                )
        if wanted:
            yield from _left_open(bundle, wanted[0], *held)


def _left_open(
    bundle: Bundle, name: str, document: Document, contract: DataContract
) -> Iterator[Mistake]:
    """What the schema lets in of which the contract can't say whether it is of the class."""
    found = schema_of(contract)
    text = None if found is None else text_of(bundle, found[1])
    if found is None or text is None:
        return
    why = f"nobody says whether it is of `{name}`, which requires encryption"
    hint = "or seal the whole value"
    try:
        schema = compile_schema(text)
    except (SchemaInvalid, Unavailable):
        return
    try:
        known = declared(schema)
    except SchemaInvalid as error:
        yield document.mistake(f"{error}", *found[0], suggestion="seal the whole value")
        return
    open_at = schema.open_at()
    if open_at is not None or text.undeclared:
        where = f"`{'.'.join(open_at)}`" if open_at else "a value"
        what = f"{where} may hold what the schema does not declare: {why}"
        close = "say `undeclared: refuse`" if text.undeclared else "add what it may hold, and no"
        close += "" if text.undeclared else " `additionalProperties`"
        yield document.mistake(what, *found[0], suggestion=f"{close}, {hint}")
    listed = {field.path for field in fields_of(contract)}
    paths = [field.path for field in known]
    for field in known:
        nested = any(
            other[: len(field.path)] == field.path and other != field.path for other in paths
        )
        if field.recursive or (not nested and field.path not in listed):
            what = f"`{field.name}` of the schema isn't in the contract: {why}"
            if field.recursive:
                what = f"`{field.name}` of the schema is of a type that it lies in: {why}"
            yield document.mistake(what, *found[0], suggestion=f"add it to `properties`, {hint}")


def movable_fields(bundle: Bundle) -> Iterator[Mistake]:
    """Sealed fields of records that nothing tells apart."""
    for document in bundle.documents_of(Stream):
        stream = document.value
        assert isinstance(stream, Stream)
        seal = sealing_of(bundle, stream)
        held = contract_of(bundle, stream.name or "")
        if seal is None or not seal.fields or signing_of(bundle, stream) is not None:
            continue
        if held is not None and key_schema_of(held[1]) is not None:
            continue
        yield document.mistake(
            f"fields of `{document.name}` are sealed, it is not signed, and nothing says that its"
            " records have keys: brokers can put a field of one record into another",
            *(("seal", "fields") if stream.seal else ()),
            suggestion="add `sign:`, or `streamward.key_schema` to the contract",
            severity="warning",
        )


CHECKS = (masks_cover_what_is_sealed, all_of_a_class_sealed, movable_fields)
