"""What must hold of masks: fields that can carry them, readers who see them, secrets of hashes."""

from collections.abc import Iterator

from streamward.contracts.compiled import (
    CompiledSchema,
    SchemaInvalid,
    compile_schema,
    declared,
    text_of,
)
from streamward.contracts.contract import (
    ContractField,
    contracts,
    fields_of,
    masked_reading,
    schema_of,
    setting_of,
    unmasked_for,
)
from streamward.contracts.coverage_checks import seal_of
from streamward.contracts.sealing import sealed_streams
from streamward.errors import Unavailable
from streamward.model.contract import DataContract
from streamward.model.contract_settings import MaskedSetting
from streamward.model.document import ANY_KIND, Bundle, Document, FieldPath, Mistake
from streamward.model.keys import AccessClass
from streamward.model.nearest import meant
from streamward.model.sealing import Sealing
from streamward.model.stream import DataClass, Stream


def mask_fits(
    document: Document, field: ContractField, schema: CompiledSchema
) -> Iterator[Mistake]:
    """The field of a schema can carry its masks."""
    if field.masks is None:
        return
    wanted = dict.fromkeys([field.masks.others, *field.masks.access_classes.values()])
    for mask in wanted:
        wrong = None if mask == "none" else schema.mask_problem(list(field.path), mask)
        if wrong is not None:
            what = f"`{field.name}` can't carry the mask `{mask}`: {wrong}"
            hint = "choose another mask, or seal the stream and refuse its readers"
            yield document.mistake(what, *field.mask_place, suggestion=hint)


def masks_without_schema(bundle: Bundle) -> Iterator[Mistake]:
    """Masks of values whose fields nobody can find."""
    for document, contract in contracts(bundle):
        if schema_of(contract) is not None:
            continue
        for field in fields_of(contract):
            if field.masks is not None:
                yield document.mistake(
                    f"`{field.name}` has a mask, but without a schema it can't be found in values",
                    *field.mask_place,
                    suggestion="add `streamward.schema` with a `file` to `customProperties`",
                )


def masked_for_somebody(bundle: Bundle) -> Iterator[Mistake]:
    """Access classes of masks are declared; whoever sees all fields needs no mask."""
    known = bundle.names("AccessClass")
    for document, contract in contracts(bundle):
        for field in fields_of(contract):
            for name in field.masks.access_classes if field.masks else ():
                if name not in known:
                    what = f"there is no AccessClass `{name}`"
                    hint = meant(name, known) or "declare a document of kind AccessClass"
                    path = (*field.mask_place, "access_classes", name)
                    yield document.mistake(what, *path, suggestion=hint)
        masked = any(field.masks for field in fields_of(contract))
        if unmasked_for(contract) and not masked:
            yield document.mistake(
                "no field has a mask, so nobody needs to be `streamward.unmasked`",
                "schema",
                0,
                "customProperties",
                suggestion="remove it, or add `streamward.mask` to a field",
                severity="warning",
            )
        if masked and not unmasked_for(contract) and not bundle.of(AccessClass):
            yield document.mistake(
                "fields are masked, and nobody is declared who sees them as they are",
                "schema",
                0,
                suggestion="declare an AccessClass and name it in `streamward.unmasked`",
                severity="warning",
            )


def readers_of_masks(bundle: Bundle) -> Iterator[Mistake]:
    """Who sees masks is declared, has a field to see masked, and hashes have their secret."""
    known = bundle.names("AccessClass")
    for document, contract in contracts(bundle):
        fields = [field for field in fields_of(contract) if field.masks is not None]
        found = setting_of(contract, MaskedSetting)
        named = {*unmasked_for(contract)}
        if found is not None:
            named.update(found[1].value.access_classes)
            for index, name in enumerate(found[1].value.access_classes):
                if name not in known:
                    path = (*found[0], "access_classes", index)
                    hint = meant(name, known) or "declare a document of kind AccessClass"
                    yield document.mistake(
                        f"there is no AccessClass `{name}`", *path, suggestion=hint
                    )
            yield from _of_nothing(document, found[0], fields)
            yield from _hashes_without_secret(document, contract, fields)
        for field in fields:
            assert field.masks is not None
            for name in field.masks.access_classes:
                if name in known and name not in named:
                    what = f"`{name}` sees a mask of `{field.name}`, but may not read the stream"
                    yield document.mistake(
                        what,
                        *(*field.mask_place, "access_classes", name),
                        suggestion=f"add `{name}` to the `access_classes` of `streamward.masked`",
                    )


def _of_nothing(
    document: Document, place: FieldPath, fields: list[ContractField]
) -> Iterator[Mistake]:
    if not fields:
        yield document.mistake(
            "no field has a mask, so nobody needs to be `streamward.masked`",
            *place,
            suggestion="remove it, or add `streamward.mask` to a field",
        )


def _hashes_without_secret(
    document: Document, contract: DataContract, fields: list[ContractField]
) -> Iterator[Mistake]:
    reading = masked_reading(contract)
    if reading is None or reading.secret is not None:
        return
    hint = "add `secret: file:…` to `streamward.masked`"
    for field in fields:
        assert field.masks is not None
        if "hash" in (field.masks.others, *field.masks.access_classes.values()):
            what = f"`{field.name}` is hashed, and there is no secret to do so with"
            yield document.mistake(what, *field.mask_place, suggestion=hint)
    found = setting_of(contract, MaskedSetting)
    if reading.key == "hash" and found is not None:
        what = "keys of records are hashed, and there is no secret to do so with"
        yield document.mistake(what, *found[0], "key", suggestion=hint)


def groups_of_hashes(bundle: Bundle) -> Iterator[Mistake]:
    """Hashes of a group are equal for equal values only where all of it has one secret."""
    secrets: dict[str, tuple[str, str]] = {}
    for document, contract in contracts(bundle):
        reading = masked_reading(contract)
        if reading is None or reading.secret is None:
            continue
        found = [
            (field.masks.hash_group, (*field.mask_place, "hash_group"))
            for field in fields_of(contract)
            if field.masks is not None and field.masks.hash_group is not None
        ]
        setting = setting_of(contract, MaskedSetting)
        if reading.key_hash_group is not None and setting is not None:
            found.append((reading.key_hash_group, (*setting[0], "key_hash_group")))
        stream = contract.object.stream
        for group, place in found:
            first, secret = secrets.setdefault(group, (stream, reading.secret))
            if secret != reading.secret:
                yield document.mistake(
                    f"the hash group `{group}` has another secret in `{first}`, so no hash of one "
                    "is found in the other",
                    *place,
                    suggestion=f"name the same `secret`, here `{secret}`, or another group",
                )


def classified_fields_masked(bundle: Bundle) -> Iterator[Mistake]:
    """Fields of a class that readers with masks see as they are."""
    for document, contract in contracts(bundle):
        if masked_reading(contract) is None:
            continue
        seal = seal_of(bundle, contract)
        sealed = seal is not None and seal.value and seal.unreadable == "mask"
        for field in fields_of(contract):
            if field.masks is None and field.classification is not None:
                what = f"`{field.name}` is of the class `{field.classification}` and has no mask"
                yield document.mistake(
                    f"{what}: readers with masks see it as it is",
                    *(*field.place, "classification"),
                    suggestion="add `streamward.mask` to its `customProperties`",
                    # Who is no reader of the ring would see what is sealed.
                    severity="error" if sealed else "warning",
                )


def masks_of_sealed_streams(bundle: Bundle) -> Iterator[Mistake]:
    """Sealed streams whose other readers get masks have these, for every field of the schema."""
    if any(kind in ("Stream", "DataClass", "DataContract", ANY_KIND) for kind, _ in bundle.broken):
        return
    for document in (*bundle.documents_of(Stream), *bundle.documents_of(DataClass)):
        seal = getattr(document.value, "seal", None)
        if isinstance(seal, Sealing) and seal.unreadable == "mask":
            yield from _masks_of(bundle, document, seal)


def _masks_of(bundle: Bundle, document: Document, seal: Sealing) -> Iterator[Mistake]:
    streams = [one for one, how in sealed_streams(bundle) if how == seal and one.name is not None]
    held = [
        (of, contract)
        for of, contract in contracts(bundle)
        if masked_reading(contract) is not None
        and any(contract.object.stream == one.name for one in streams)
    ]
    if not held:
        what = "`unreadable: mask`, and no contract says who of the others sees masks"
        hint = "add `streamward.masked` to the contract of the stream"
        yield document.mistake(what, "seal", "unreadable", suggestion=hint)
    for of, contract in held:
        yield from _uncovered(bundle, of, contract)


def _uncovered(bundle: Bundle, document: Document, contract: DataContract) -> Iterator[Mistake]:
    found = schema_of(contract)
    text = None if found is None else text_of(bundle, found[1])
    if found is None or text is None:
        return
    try:
        schema = compile_schema(text)
    except (SchemaInvalid, Unavailable):
        return
    try:
        fields = declared(schema)
    except SchemaInvalid as error:
        what = f"nobody can say what readers with masks would see: {error}"
        hint = "say `unreadable: refuse`"
        yield document.mistake(what, *found[0], suggestion=hint)
        return
    known = [field.path for field in fields]
    for field in fields:
        if field.recursive:
            yield document.mistake(
                f"`{field.name}` of the schema is of a type that it lies in, and the stream is"
                " sealed: readers with masks would see those that lie deeper",
                *found[0],
                suggestion="say `unreadable: refuse`, or use a schema without such types",
            )
    listed = {field.path for field in fields_of(contract)}
    for path in known:
        nested = any(other[: len(path)] == path and other != path for other in known)
        if not nested and path not in listed:
            what = (
                f"`{'.'.join(path)}` of the schema isn't in the contract, and the stream is sealed"
            )
            yield document.mistake(
                f"{what}: readers with masks would see it",
                *found[0],
                suggestion="add it to `properties`, with a mask unless all of them may see it",
            )


CHECKS = (
    masks_without_schema,
    masked_for_somebody,
    readers_of_masks,
    groups_of_hashes,
    classified_fields_masked,
    masks_of_sealed_streams,
)
