"""What must hold of sealed streams, and which streams must be sealed."""

from collections.abc import Iterator

from streamward.contracts.classification import declarations_of
from streamward.contracts.compiled import SchemaInvalid, compile_schema
from streamward.contracts.compiled import declared as declared_fields
from streamward.contracts.compiled import text_of as schema_text
from streamward.contracts.contract import (
    contract_of,
    contracts,
    fields_of,
    key_schema_of,
    schema_of,
    validation_of,
)
from streamward.contracts.sealing import (
    candidates,
    classes_under,
    sealed_streams,
    sealing_of,
    tenant_of,
    text_of,
)
from streamward.errors import Unavailable
from streamward.model.contract import DataContract
from streamward.model.document import ANY_KIND, Bundle, Document, Mistake
from streamward.model.keys import KeyRing
from streamward.model.nearest import meant
from streamward.model.sealing import Sealing
from streamward.model.stream import DataClass, Level, Namespace, Stream


def encrypted_where_required(bundle: Bundle) -> Iterator[Mistake]:
    """Streams of a class that requires encryption, and whose values lie at the broker in clear."""
    requiring = {one.name for one in bundle.of(DataClass) if one.requires.encrypt}
    for document, declared in _streams(bundle):
        seal = sealing_of(bundle, declared)
        if seal is not None and (seal.value or seal.fields):
            # Of which fields, the contract of the stream is asked.
            continue
        for name in classes_under(bundle, declared):
            if name in requiring:
                what = f"`{document.name}` carries `{name}`, which requires encryption, but "
                what += "is not sealed" if seal is None else "its values are not sealed"
                path = ("classes", declared.classes.index(name)) if name in declared.classes else ()
                hint = f"add `seal: {{ring: …}}` here or to the class `{name}`"
                yield document.mistake(what, *path, suggestion=hint)


def one_way_of_sealing(bundle: Bundle) -> Iterator[Mistake]:
    """Streams whose classes are sealed in several ways."""
    for document, declared in _streams(bundle):
        found = candidates(bundle, declared)
        if len(found) > 1:
            rings = "`, `".join(dict.fromkeys(seal.ring for seal in found))
            yield document.mistake(
                f"the classes of `{document.name}` are sealed in {len(found)} ways (`{rings}`)",
                "classes",
                suggestion="say in this document how it is sealed: add `seal:`",
            )


def rings_of_their_classes(bundle: Bundle) -> Iterator[Mistake]:
    """A ring seals streams of its own class, and no class that is more sensitive."""
    for document in bundle.documents_of(DataClass):
        data_class = document.value
        assert isinstance(data_class, DataClass)
        if data_class.seal is None:
            continue
        ring = bundle.find(KeyRing, data_class.seal.ring)
        if ring is not None and ring.data_class != data_class.name:
            what = f"`{ring.name}` is a ring of the class `{ring.data_class}`"
            hint = f"name a ring of `{data_class.name}`"
            yield document.mistake(what, "seal", "ring", suggestion=hint)
    for document, declared in _streams(bundle):
        seal = sealing_of(bundle, declared)
        ring = None if seal is None else bundle.find(KeyRing, seal.ring)
        if ring is not None:
            yield from _unfit_ring(bundle, document, declared, ring)


def _unfit_ring(
    bundle: Bundle, document: Document, declared: Stream, ring: KeyRing
) -> Iterator[Mistake]:
    classes = classes_under(bundle, declared)
    if ring.data_class not in classes:
        what = f"`{document.name}` is sealed under `{ring.name}`, a ring of `{ring.data_class}`"
        hint = f"name a ring of a class that it carries, or add `{ring.data_class}` to `classes`"
        yield document.mistake(f"{what}, which it does not carry", "seal", "ring", suggestion=hint)
        return
    own = _level(bundle, ring.data_class)
    for name in classes:
        if _level(bundle, name).rank > own.rank:
            what = f"`{document.name}` carries `{name}`, which is more sensitive than"
            what += f" `{ring.data_class}`, the class of its ring `{ring.name}`"
            hint = f"seal it under a ring of `{name}`"
            yield document.mistake(what, "seal", "ring", suggestion=hint)


def _level(bundle: Bundle, name: str) -> Level:
    found = bundle.find(DataClass, name)
    return Level.RESTRICTED if found is None else found.level


def contracts_that_can_be_held(bundle: Bundle) -> Iterator[Mistake]:
    """What the gateway can't open, it can't hold to a contract: what producers seal, or what only
    readers open.
    """
    for document, contract in contracts(bundle):
        around = declarations_of(bundle, contract.object.stream)
        seals = [seal for one in around if (seal := sealing_of(bundle, one)) is not None]
        yield from _unseen_on_write(document, contract, seals)
        if any(seal.opened_by == "consumer" for seal in seals):
            yield from _unseen_on_read(document, contract)


def _unseen_on_write(
    document: Document, contract: DataContract, seals: list[Sealing]
) -> Iterator[Mistake]:
    stream, said = contract.object.stream, validation_of(contract)
    by_producer = [seal for seal in seals if seal.sealed_by == "producer"]
    found, of_keys = schema_of(contract), key_schema_of(contract)
    if by_producer and found is not None and said.write != "off":
        what = f"`{stream}` is sealed by its producers: the gateway sees no value"
        hint = "set `streamward.validate` to `{write: off}`, or seal it at the gateway"
        yield document.mistake(what, *found[0], suggestion=hint)
    sealed_keys = any(seal.key == "deterministic" for seal in by_producer)
    if sealed_keys and of_keys is not None and said.write != "off":
        what = f"keys of `{stream}` are sealed by its producers: the gateway sees none"
        hint = "set `streamward.validate` to `{write: off}`, or say `key: plain` in `seal`"
        yield document.mistake(what, *of_keys[0], suggestion=hint)


def _unseen_on_read(document: Document, contract: DataContract) -> Iterator[Mistake]:
    stream = contract.object.stream
    found = schema_of(contract) or key_schema_of(contract)
    if found is not None and validation_of(contract).read != "off":
        what = f"`{stream}` is opened by its consumers: the gateway can't validate what they read"
        hint = "set `streamward.validate` to `{read: off}`, or open it at the gateway"
        yield document.mistake(what, *found[0], suggestion=hint)
    for field in fields_of(contract):
        if field.masks is not None:
            what = f"`{stream}` is opened by its consumers: the gateway can't mask `{field.name}`"
            hint = "remove the mask, or say `opened_by: gateway` in the seal of the stream"
            yield document.mistake(what, *field.mask_place, suggestion=hint)


def streams_of_one_tenant(bundle: Bundle) -> Iterator[Mistake]:
    """An envelope is bound to its tenant, so one document can't seal streams of several."""
    namespaces = bundle.of(Namespace)
    for document, declared in _streams(bundle):
        prefix = declared.prefix
        if prefix is None or sealing_of(bundle, declared) is None:
            continue
        around = tenant_of(bundle, prefix)
        for inside in namespaces:
            if inside.prefix.startswith(prefix) and inside.tenant != around:
                own = "of no tenant" if around is None else f"of `{around}`"
                what = f"sealed streams of `{prefix}…` are {own}, "
                what += f"but those of `{inside.prefix}…` of `{inside.tenant}`"
                hint = "declare a Stream with `seal:` for each of these prefixes"
                yield document.mistake(what, "prefix", suggestion=hint)


def known_companions(bundle: Bundle) -> Iterator[Mistake]:
    """Mirrors are of sealed streams."""
    if any(kind in ("Stream", "DataClass", ANY_KIND) for kind, _ in bundle.broken):
        return
    places = [*bundle.documents_of(Stream), *bundle.documents_of(DataClass)]
    for document in places:
        seal = getattr(document.value, "seal", None)
        if isinstance(seal, Sealing):
            yield from _mirrored(bundle, document, seal)


def sealed_fields(bundle: Bundle) -> Iterator[Mistake]:
    """Single fields can be sealed: of one stream, whose schema has them as texts or bytes."""
    if any(kind in ("Stream", "DataClass", "DataContract", ANY_KIND) for kind, _ in bundle.broken):
        return
    for document in (*bundle.documents_of(Stream), *bundle.documents_of(DataClass)):
        seal = getattr(document.value, "seal", None)
        if isinstance(seal, Sealing) and seal.fields:
            yield from _fields_of(bundle, document, seal)


def _fields_of(bundle: Bundle, document: Document, seal: Sealing) -> Iterator[Mistake]:
    name = document.value.name if isinstance(document.value, Stream) else None
    if name is None:
        what = "single fields are those of one stream: they can't be sealed for many at once"
        hint = "say so in the Stream of each name"
        yield document.mistake(what, "seal", "fields", suggestion=hint)
        return
    held = contract_of(bundle, name)
    found = None if held is None else schema_of(held[1])
    if found is None:
        what = f"fields of `{name}` are sealed, but no contract says where in values they are"
        hint = "add a DataContract with `streamward.schema` for the stream"
        yield document.mistake(what, "seal", "fields", suggestion=hint)
        return
    if found[1].registry is not None:
        what = f"fields of `{name}` are sealed, but its schema is in a registry"
        hint = "name the schema by `file`, with its `schema_ids`"
        yield document.mistake(what, "seal", "fields", suggestion=hint)
        return
    text = schema_text(bundle, found[1])
    if text is None:
        return
    try:
        schema = compile_schema(text)
    except (SchemaInvalid, Unavailable):
        return
    try:
        known = [field.name for field in declared_fields(schema)]
    except SchemaInvalid:
        # That there are too many is what is wrong with each of them.
        known = []
    for index, field in enumerate(seal.fields):
        wrong = schema.seal_problem(field.split("."))
        if wrong is not None:
            hint = "choose another field, or seal the whole value"
            hint = hint if field in known else meant(field, frozenset(known)) or hint
            what = f"`{field}` can't be sealed: {wrong}"
            yield document.mistake(what, "seal", "fields", index, suggestion=hint)


def _mirrored(bundle: Bundle, document: Document, seal: Sealing) -> Iterator[Mistake]:
    sealed = [text_of(stream) for stream, _ in sealed_streams(bundle)]
    for index, name in enumerate(seal.accepts_from):
        if not any(name == text for text in sealed) and not _under_sealed_prefix(bundle, name):
            hint = meant(name, frozenset(sealed)) or "name a stream that is sealed"
            what = f"no sealed stream `{name}` is declared, so there are no envelopes from it"
            yield document.mistake(what, "seal", "accepts_from", index, suggestion=hint)


def _under_sealed_prefix(bundle: Bundle, name: str) -> bool:
    return any(
        stream.prefix is not None and name.startswith(stream.prefix)
        for stream, _ in sealed_streams(bundle)
    )


def _streams(bundle: Bundle) -> Iterator[tuple[Document, Stream]]:
    for document in bundle.documents_of(Stream):
        assert isinstance(document.value, Stream)
        yield document, document.value


CHECKS = (
    encrypted_where_required,
    one_way_of_sealing,
    rings_of_their_classes,
    contracts_that_can_be_held,
    streams_of_one_tenant,
    known_companions,
    sealed_fields,
)
