"""Streams of dead letters: what was refused elsewhere must be as safe in them as it was to be."""

from collections.abc import Iterator

from streamward.contracts.classification import classes_of, declarations_of
from streamward.contracts.contract import (
    contract_of,
    contracts,
    fields_of,
    schema_of,
    unmasked_for,
    validation_of,
)
from streamward.contracts.readers import Readers, readers_of, strangers
from streamward.contracts.sealing import classes_under, sealing_of, text_of
from streamward.contracts.signing import signing_of
from streamward.model.document import ANY_KIND, Bundle, Document, Mistake
from streamward.model.keys import KeyRing
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
    else:
        source = getattr(document.value, "seal", None)
        assert isinstance(source, Sealing)
        for what, hint in (*_unwritable(target, seal), *_less_sealed(target, source, seal)):
            yield _mistake(document, what, hint)
        yield from _read_by_more(bundle, document, target, source, seal)
    if signing_of(bundle, _nearest(bundle, target)) is not None:
        what = f"`{target}` is signed, and what the gateway copies there is not"
        yield _mistake(document, what, "name a stream that is not signed")
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


def _unwritable(target: str, seal: Sealing) -> Iterator[tuple[str, str]]:
    if seal.sealed_by == "producer":
        what = f"`{target}` is sealed by its producers, and the gateway would write there"
        yield what, f"say `sealed_by: gateway` in the seal of `{target}`"
    if seal.partition_bound:
        what = f"`{target}` is bound to its partitions, of which the gateway chooses one"
        yield what, f"remove `partition_bound` from the seal of `{target}`"


def _less_sealed(target: str, source: Sealing, seal: Sealing) -> Iterator[tuple[str, str]]:
    """What of its dead letters the target leaves in clear, or gives to more readers."""
    if source.key == "deterministic" and seal.key != "deterministic":
        what = f"`{target}` does not seal keys of records, which its dead letters have sealed"
        yield what, f"say `key: deterministic` in the seal of `{target}`"
    missing = sorted(set(source.headers) - set(seal.headers))
    if missing:
        what = f"`{target}` does not seal the headers `{'`, `'.join(missing)}` of its dead letters"
        yield what, f"add them to `headers` in the seal of `{target}`"
    if seal.opened_by != source.opened_by:
        what = f"`{target}` is opened by the {seal.opened_by}, its dead letters are not"
        yield what, f"say `opened_by: {source.opened_by}` in the seal of `{target}`"
    if seal.unreadable == "mask" or seal.unreadable not in ("refuse", source.unreadable):
        what = f"`{target}` gives more to those who may not open it than its dead letters do"
        yield what, f"say `unreadable: refuse` in the seal of `{target}`"


def _read_by_more(
    bundle: Bundle, document: Document, target: str, source: Sealing, seal: Sealing
) -> Iterator[Mistake]:
    """SECURITY: whoever may write can have any record refused, and so opened for these readers."""
    opening = _readers(bundle, seal)
    more = strangers(bundle, opening, _readers(bundle, source))
    if more:
        what = f"`{target}` is opened for `{'`, `'.join(more)}`, its dead letters are not"
        hint = f"seal it under `{source.ring}`, or a ring with fewer readers"
        yield _mistake(document, what, hint)
    for _, contract in contracts(bundle):
        stream = contract.object.stream
        masked = any(field.masks is not None for field in fields_of(contract))
        if not masked or not declarations_of(bundle, stream) or _sealing(bundle, stream) != source:
            continue
        more = strangers(bundle, opening, readers_of(bundle, unmasked_for(contract)))
        if more:
            what = f"`{target}` is opened for `{'`, `'.join(more)}`, who see `{stream}` masked"
            hint = "seal it under a ring whose readers are among `streamward.unmasked`"
            yield _mistake(document, what, hint)


def _readers(bundle: Bundle, seal: Sealing) -> Readers:
    ring = bundle.find(KeyRing, seal.ring)
    return readers_of(bundle, () if ring is None else (ring.access_class,))


def _nearest(bundle: Bundle, name: str) -> Stream:
    """What speaks of a topic: the document of its name, or that of its longest prefix."""
    around = declarations_of(bundle, name)
    return max(around, key=lambda one: (one.name == name, len(text_of(one))))


def _sealing(bundle: Bundle, name: str) -> Sealing | None:
    return sealing_of(bundle, _nearest(bundle, name))


def _mistake(document: Document, what: str, hint: str) -> Mistake:
    return document.mistake(what, "seal", "dead_letter", suggestion=hint)


CHECKS = (dead_letters_are_as_safe,)
