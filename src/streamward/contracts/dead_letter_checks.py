"""Streams of dead letters: what was refused elsewhere must be as safe in them as it was to be."""

from collections.abc import Iterator

from streamward.contracts.classification import classes_of, declarations_of
from streamward.contracts.contract import contract_of, schema_of, validation_of
from streamward.contracts.sealing import classes_under, sealing_of, text_of
from streamward.model.document import ANY_KIND, Bundle, Document, Mistake
from streamward.model.nearest import meant
from streamward.model.sealing import Sealing
from streamward.model.stream import DataClass, Stream


def dead_letters_are_as_safe(bundle: Bundle) -> Iterator[Mistake]:
    """A stream of dead letters is declared, sealed, and of every class of what it takes."""
    if any(kind in ("Stream", "DataClass", ANY_KIND) for kind, _ in bundle.broken):
        return
    for document in (*bundle.documents_of(Stream), *bundle.documents_of(DataClass)):
        seal = getattr(document.value, "seal", None)
        if isinstance(seal, Sealing) and seal.dead_letter is not None:
            yield from _target(bundle, document, seal.dead_letter)


def _target(bundle: Bundle, document: Document, target: str) -> Iterator[Mistake]:
    if not declarations_of(bundle, target):
        known = frozenset(one.name for one in bundle.of(Stream) if one.name)
        hint = meant(target, known) or "declare a Stream of this name"
        yield _mistake(document, f"there is no Stream `{target}` for dead letters", hint)
        return
    if isinstance(document.value, Stream) and target == document.value.name:
        yield _mistake(document, "a stream can't be its own dead letters", "name another stream")
        return
    seal = _sealing(bundle, target)
    if seal is None or not seal.value:
        what = f"`{target}` takes what is refused of a sealed stream, and its values are not sealed"
        yield _mistake(document, what, f"add `seal: {{ring: …}}` to the Stream `{target}`")
    elif seal.sealed_by == "producer":
        what = f"`{target}` is sealed by its producers, and the gateway would write there"
        yield _mistake(document, what, f"say `sealed_by: gateway` in the seal of `{target}`")
    elif seal.partition_bound:
        what = f"`{target}` is bound to its partitions, of which the gateway chooses one"
        yield _mistake(document, what, f"remove `partition_bound` from the seal of `{target}`")
    missing = sorted(_carried(bundle, document) - set(classes_of(bundle, target)))
    if missing:
        # Else a rule about the class would not hold for the same records there.
        what = f"`{target}` does not carry `{'`, `'.join(missing)}`, which its dead letters do"
        hint = f"add them to the `classes` of the Stream `{target}`"
        yield _mistake(document, what, hint)
    found = contract_of(bundle, target)
    if found is not None and schema_of(found[1]) and validation_of(found[1]).write != "off":
        what = f"`{target}` is held to a schema, which what was refused does not meet"
        hint = "name a stream whose contract has no schema, or `validate: {write: off}`"
        yield _mistake(document, what, hint)


def _carried(bundle: Bundle, document: Document) -> set[str]:
    if isinstance(document.value, Stream):
        return set(classes_under(bundle, document.value))
    return {document.name}


def _sealing(bundle: Bundle, target: str) -> Sealing | None:
    """How a topic is sealed: as the document of its name says, or that of its longest prefix."""
    around = declarations_of(bundle, target)
    nearest = max(around, key=lambda one: (one.name == target, len(text_of(one))))
    return sealing_of(bundle, nearest)


def _mistake(document: Document, what: str, hint: str) -> Mistake:
    return document.mistake(what, "seal", "dead_letter", suggestion=hint)


CHECKS = (dead_letters_are_as_safe,)
