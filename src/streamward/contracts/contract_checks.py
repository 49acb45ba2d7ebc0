"""What must hold of contracts: their streams, classes, controls, schemas and masks."""

from collections.abc import Iterator

from streamward.contracts.classification import declarations_of
from streamward.contracts.compiled import (
    CompiledSchema,
    SchemaInvalid,
    compile_schema,
    declared,
    files_of,
    problem,
    text_of,
)
from streamward.contracts.contract import (
    contracts,
    fields_of,
    owner_of,
    required_controls,
    retention_milliseconds,
    schema_of,
    sources_of,
)
from streamward.contracts.mask_checks import mask_fits
from streamward.contracts.sealing import classes_under, sealing_of
from streamward.contracts.signing import signing_of
from streamward.errors import Unavailable
from streamward.model.contract import DataContract
from streamward.model.contract_settings import SchemaSource
from streamward.model.document import ANY_KIND, Bundle, Document, FieldPath, Mistake, Place
from streamward.model.duration import format_duration
from streamward.model.nearest import meant
from streamward.model.sealing import Sealing
from streamward.model.stream import DataClass, Stream
from streamward.model.topology import Listener


def contracts_of_declared_streams(bundle: Bundle) -> Iterator[Mistake]:
    """A contract is about one declared stream, and a stream has one contract."""
    seen: dict[str, Document] = {}
    for document, contract in contracts(bundle):
        stream = contract.object.stream
        path = ("schema", 0, "physicalName" if contract.object.physicalName else "name")
        first = seen.setdefault(stream, document)
        if first is not document:
            what = f"`{stream}` has a contract already"
            hint = f"the first is at {first.place()}; remove one"
            yield document.mistake(what, *path, suggestion=hint)
        if not declarations_of(bundle, stream) and not _broken(bundle, "Stream"):
            names = frozenset(each.name for each in bundle.of(Stream) if each.name)
            hint = meant(stream, names) or "declare a Stream of this name"
            yield document.mistake(f"there is no Stream `{stream}`", *path, suggestion=hint)


def owned_contracts(bundle: Bundle) -> Iterator[Mistake]:
    """Somebody answers for each contract."""
    for document, contract in contracts(bundle):
        if owner_of(contract) is None:
            yield document.mistake(
                f"nobody answers for the contract `{document.name}`",
                "team",
                suggestion="add `team: {name: …}`, or a member with `role: owner`",
            )


def _broken(bundle: Bundle, kind: str) -> bool:
    return any(of in (kind, ANY_KIND) for of, _ in bundle.broken)


def classified_fields(bundle: Bundle) -> Iterator[Mistake]:
    """The classes of fields are those of the stream, and have the controls that they require."""
    for document, contract in contracts(bundle):
        streams = declarations_of(bundle, contract.object.stream)
        if not streams:
            continue
        carried = {name for each in streams for name in classes_under(bundle, each)}
        # The document of its own name speaks last; then that of the longest prefix.
        nearest = max(streams, key=lambda each: len(each.name or each.prefix or ""))
        seal = sealing_of(bundle, nearest)
        for field in fields_of(contract):
            found = bundle.find(DataClass, field.classification or "")
            if field.classification is None or found is None:
                continue
            place = (*field.place, "classification")
            if found.name not in carried:
                what = f"`{field.name}` is of the class `{found.name}`, which the stream"
                what += f" `{contract.object.stream}` does not carry"
                hint = f"add `{found.name}` to the `classes` of the stream"
                yield document.mistake(what, *place, suggestion=hint)
            sealed = seal is not None and (seal.value or field.name in seal.fields)
            if found.requires.encrypt and not sealed:
                what = f"`{field.name}` is of the class `{found.name}`, which requires encryption,"
                what += f" but `{contract.object.stream}` is not sealed"
                hint = "add `seal: {ring: …}` to the stream or to the class"
                yield document.mistake(what, *place, suggestion=hint)


def classes_with_contracts(bundle: Bundle) -> Iterator[Mistake]:
    """Streams of a class that requires a contract have one, with a schema and a retention."""
    requiring = {
        each.name: each.requires
        for each in bundle.of(DataClass)
        if each.requires.contract or each.requires.retention_max is not None
    }
    if not requiring or _broken(bundle, "DataContract"):
        return
    held = {
        contract.object.stream: (document, contract) for document, contract in contracts(bundle)
    }
    for document in bundle.documents_of(Stream):
        declared_stream = document.value
        assert isinstance(declared_stream, Stream)
        if declared_stream.name is None:
            continue
        for name in classes_under(bundle, declared_stream):
            requires = requiring.get(name)
            if requires is None:
                continue
            found = held.get(declared_stream.name)
            if found is None:
                what = f"`{declared_stream.name}` carries `{name}`, which requires a contract"
                hint = "add a DataContract whose `physicalName` is this stream"
                yield document.mistake(what, "name", suggestion=hint)
                continue
            if requires.contract and schema_of(found[1]) is None:
                what = f"the class `{name}` requires a schema, and this contract has none"
                hint = "add `streamward.schema` to `customProperties`"
                yield found[0].mistake(what, "schema", 0, suggestion=hint)
            yield from _retention(name, requires.retention_max, *found)


def _retention(
    name: str, longest: int | None, document: Document, contract: DataContract
) -> Iterator[Mistake]:
    if longest is None:
        return
    kept = retention_milliseconds(contract)
    bound = format_duration(longest)
    if kept is None:
        what = f"the class `{name}` is kept for at most {bound}; this contract has no retention"
        hint = "add `{property: retention, value: …, unit: d}` to `slaProperties`"
        yield document.mistake(what, "slaProperties", suggestion=hint)
    elif kept > longest:
        what = f"the class `{name}` is kept for at most {bound}, here it is {format_duration(kept)}"
        index = [each.property for each in contract.slaProperties].index("retention")
        path = ("slaProperties", index, "value")
        yield document.mistake(what, *path, suggestion=f"keep it for at most {bound}")


def required_controls_in_place(bundle: Bundle) -> Iterator[Mistake]:
    """The controls that a contract asks for are there."""
    for document, contract in contracts(bundle):
        path, controls = required_controls(contract)
        streams = declarations_of(bundle, contract.object.stream)
        if not streams:
            continue
        nearest = max(streams, key=lambda each: len(each.name or each.prefix or ""))
        seal = sealing_of(bundle, nearest)
        missing = {
            "encrypt": not _encrypts(bundle, contract, seal),
            "schema": schema_of(contract) is None,
            "tls": any(each.tls is None for each in bundle.of(Listener)),
            "mask": not any(field.masks for field in fields_of(contract)),
            "sign": signing_of(bundle, nearest) is None,
        }
        for index, control in enumerate(controls):
            if missing[control]:
                what = f"the contract requires `{control}`, and `{contract.object.stream}` "
                what += _LACKS[control]
                yield document.mistake(what, *path, index, suggestion=_HINTS[control])


def _encrypts(bundle: Bundle, contract: DataContract, seal: Sealing | None) -> bool:
    """Whether values are sealed, or else every field that must be."""
    if seal is None or seal.value:
        return seal is not None
    requiring = {one.name for one in bundle.of(DataClass) if one.requires.encrypt}
    classified = [field for field in fields_of(contract) if field.classification is not None]
    wanted = [field for field in classified if field.classification in requiring] or classified
    return bool(wanted) and all(field.name in seal.fields for field in wanted)


_LACKS = {
    "encrypt": "is not sealed, or not in every field that is classified",
    "schema": "has no schema",
    "tls": "can be reached without TLS",
    "mask": "has no masked field",
    "sign": "is not signed",
}
_HINTS = {
    "encrypt": "add `seal: {ring: …}` to the stream or to its class",
    "schema": "add `streamward.schema` to `customProperties`",
    "tls": "add `tls:` to every listener",
    "mask": "add `streamward.mask` to the `customProperties` of a field",
    "sign": "add `sign: {key: …}` to the stream or to its class",
}


def usable_schemas(bundle: Bundle) -> Iterator[Mistake]:
    """Schemas compile, have the contract's fields, and these can carry their masks."""
    for document, contract in contracts(bundle):
        for path, source in sources_of(contract):
            if source.file is None:
                continue
            yield from _missing_files(bundle, document, path, source)
            text = text_of(bundle, source)
            if text is None:
                continue
            try:
                wrong = problem(text)
            except Unavailable:
                return
            if wrong is not None:
                file = next(
                    (each.file for each in source.references if each.name == wrong.reference),
                    source.file,
                )
                yield Mistake(
                    Place(file, wrong.line),
                    wrong.what,
                    f"DataContract {document.name}",
                    f"it is the schema of {document.place(*path)}",
                )
            elif (path, source) == schema_of(contract):
                yield from _fields_fit(document, contract, compile_schema(text))


def _missing_files(
    bundle: Bundle, document: Document, path: FieldPath, source: SchemaSource
) -> Iterator[Mistake]:
    files = files_of(bundle)
    named: list[tuple[FieldPath, str]] = []
    if source.file is not None:
        named.append((("file",), source.file))
    named += [
        (("references", index, "file"), each.file) for index, each in enumerate(source.references)
    ]
    for where, file in named:
        if file not in files:
            hint = meant(file, files) or "add a `.avsc`, `.proto` or `.schema.json` file"
            yield document.mistake(f"there is no file `{file}`", *path, *where, suggestion=hint)


def _fields_fit(
    document: Document, contract: DataContract, schema: CompiledSchema
) -> Iterator[Mistake]:
    if not fields_of(contract):
        return
    try:
        known = {field.path for field in declared(schema)}
    except SchemaInvalid as error:
        found = schema_of(contract)
        yield document.mistake(
            f"the contract's fields can't be found in the schema: {error}",
            *(() if found is None else found[0]),
            suggestion="hold the stream to a smaller schema, or leave `properties` out",
        )
        return
    names = {".".join(path) for path in known}
    for field in fields_of(contract):
        if field.path not in known:
            hint = meant(field.name, names) or "name a field of the schema"
            what = f"the schema has no field `{field.name}`"
            yield document.mistake(what, *field.place, "name", suggestion=hint)
            continue
        yield from mask_fits(document, field, schema)


CHECKS = (
    contracts_of_declared_streams,
    owned_contracts,
    classified_fields,
    classes_with_contracts,
    required_controls_in_place,
    usable_schemas,
)
