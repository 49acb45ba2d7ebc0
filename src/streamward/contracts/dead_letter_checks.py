"""Streams of dead letters: what was refused elsewhere must be as safe in them as it was to be."""

from collections.abc import Iterator

from streamward.contracts.classification import classes_of, declarations_of, level_of
from streamward.contracts.contract import (
    contract_of,
    contracts,
    fields_of,
    sources_of,
    unmasked_for,
    validation_of,
)
from streamward.contracts.dead_letters import (
    dead_letter_candidates,
    dead_letter_of,
    dead_letter_on,
    refuses,
)
from streamward.contracts.readers import Readers, readers_of, strangers
from streamward.contracts.sealing import classes_under, sealing_of, text_of
from streamward.contracts.signing import signing_of
from streamward.model.document import ANY_KIND, Bundle, Document, Mistake
from streamward.model.keys import KeyRing
from streamward.model.nearest import meant
from streamward.model.sealing import Sealing
from streamward.model.stream import DataClass, Stream


def dead_letters_can_be_written(bundle: Bundle) -> Iterator[Mistake]:
    """A stream of dead letters is declared, and takes what the gateway writes."""
    if _broken(bundle):
        return
    for document in (*bundle.documents_of(Stream), *bundle.documents_of(DataClass)):
        target = getattr(document.value, "dead_letter", None)
        if target is not None:
            yield from _target(bundle, document, target)


def dead_letters_are_as_safe(bundle: Bundle) -> Iterator[Mistake]:
    """What takes dead letters is of every class of its sources, as secret, and read by no more."""
    if _broken(bundle):
        return
    for document in bundle.documents_of(Stream):
        declared = document.value
        assert isinstance(declared, Stream)
        target = dead_letter_of(bundle, declared)
        if target is None or target == declared.name or not declarations_of(bundle, target):
            continue
        yield from _classed_as_high(bundle, document, declared, target)
        yield from _as_secret(bundle, document, declared, target)
        if declared.dead_letter is not None and not refuses(bundle, declared):
            yield _mistake(
                document,
                f"nothing of `{document.name}` is refused, so nothing is copied to `{target}`",
                "seal it, sign it, give it a contract that refuses, or remove `dead_letter`",
            )


def masked_fields_stay_masked(bundle: Bundle) -> Iterator[Mistake]:
    """Who sees a field masked does not see it in the dead letters."""
    if _broken(bundle):
        return
    for _, contract in contracts(bundle):
        stream = contract.object.stream
        target = dead_letter_on(bundle, stream)
        masked = any(field.masks is not None for field in fields_of(contract))
        if target is None or not masked or not declarations_of(bundle, target):
            continue
        document = _document_of(bundle, stream)
        seal = _sealing(bundle, target)
        if seal is None:
            what = f"fields of `{stream}` have masks, and `{target}` would show them: it is not"
            hint = f"add `seal: {{ring: …}}` to the Stream `{target}`"
            yield _mistake(document, f"{what} sealed", hint)
            continue
        if seal.unreadable == "mask" and _sealing(bundle, stream) is None:
            what = f"`{target}` gives more to those who may not open it than its dead letters do"
            yield _mistake(document, what, f"say `unreadable: refuse` in the seal of `{target}`")
        seeing = readers_of(bundle, unmasked_for(contract))
        more = strangers(bundle, _readers(bundle, seal), seeing)
        if more:
            what = f"`{target}` is opened for `{'`, `'.join(more)}`, who see `{stream}` masked"
            hint = "seal it under a ring whose readers are among `streamward.unmasked`"
            yield _mistake(document, what, hint)


def one_stream_of_dead_letters(bundle: Bundle) -> Iterator[Mistake]:
    """Streams whose classes have dead letters in several streams."""
    for document in bundle.documents_of(Stream):
        assert isinstance(document.value, Stream)
        found = dead_letter_candidates(bundle, document.value)
        if len(found) > 1:
            yield document.mistake(
                f"the classes of `{document.name}` have dead letters in `{'`, `'.join(found)}`",
                "classes",
                suggestion="say in this document which one takes them: add `dead_letter:`",
            )


def _broken(bundle: Bundle) -> bool:
    kinds = ("Stream", "DataClass", "DataContract", ANY_KIND)
    return any(kind in kinds for kind, _ in bundle.broken)


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
    if seal is not None:
        for what, hint in _unwritable(target, seal):
            yield _mistake(document, what, hint)
    if signing_of(bundle, _nearest(bundle, target)) is not None:
        what = f"`{target}` is signed, and what the gateway copies there is not"
        yield _mistake(document, what, "name a stream that is not signed")
    found = contract_of(bundle, target)
    if found is not None and any(sources_of(found[1])) and validation_of(found[1]).write != "off":
        what = f"`{target}` is held to a schema, which what was refused does not meet"
        hint = "name a stream whose contract has no schema, or `validate: {write: off}`"
        yield _mistake(document, what, hint)


def _unwritable(target: str, seal: Sealing) -> Iterator[tuple[str, str]]:
    if not seal.value:
        what = f"`{target}` takes records whole, and its values are not sealed as a whole"
        yield what, f"remove `value: false` from the seal of `{target}`"
    if seal.sealed_by == "producer":
        what = f"`{target}` is sealed by its producers, and the gateway would write there"
        yield what, f"say `sealed_by: gateway` in the seal of `{target}`"
    if seal.partition_bound:
        what = f"`{target}` is bound to its partitions, of which the gateway chooses one"
        yield what, f"remove `partition_bound` from the seal of `{target}`"


def _classed_as_high(
    bundle: Bundle, document: Document, declared: Stream, target: str
) -> Iterator[Mistake]:
    missing = sorted(set(classes_under(bundle, declared)) - set(classes_of(bundle, target)))
    if missing:
        # Else a rule about the class would not hold for the same records there.
        what = f"`{target}` does not carry `{'`, `'.join(missing)}`, which its dead letters do"
        hint = f"add them to the `classes` of the Stream `{target}`"
        yield _mistake(document, what, hint)
        return
    own, other = level_of(bundle, text_of(declared)), level_of(bundle, target)
    if other.rank < own.rank:
        what = f"`{target}` is {other.value}, and what it takes counts as {own.value}"
        hint = f"give `{document.name}` the classes that it carries, or name another stream"
        yield _mistake(document, what, hint)


def _as_secret(
    bundle: Bundle, document: Document, declared: Stream, target: str
) -> Iterator[Mistake]:
    """What of a sealed stream the target leaves in clear, or gives to more readers."""
    source, seal = sealing_of(bundle, declared), _sealing(bundle, target)
    if source is None:
        return
    if seal is None:
        what = f"`{target}` takes what is refused of a sealed stream, and is not sealed"
        yield _mistake(document, what, f"add `seal: {{ring: …}}` to the Stream `{target}`")
        return
    if source.key == "deterministic" and seal.key != "deterministic":
        what = f"`{target}` does not seal keys of records, which its dead letters have sealed"
        yield _mistake(document, what, f"say `key: deterministic` in the seal of `{target}`")
    missing = sorted(set(source.headers) - set(seal.headers))
    if missing:
        what = f"`{target}` does not seal the headers `{'`, `'.join(missing)}` of its dead letters"
        yield _mistake(document, what, f"add them to `headers` in the seal of `{target}`")
    if seal.opened_by != source.opened_by:
        what = f"`{target}` is opened by the {seal.opened_by}, its dead letters are not"
        hint = f"say `opened_by: {source.opened_by}` in the seal of `{target}`"
        yield _mistake(document, what, hint)
    if seal.unreadable == "mask" or seal.unreadable not in ("refuse", source.unreadable):
        what = f"`{target}` gives more to those who may not open it than its dead letters do"
        yield _mistake(document, what, f"say `unreadable: refuse` in the seal of `{target}`")
    # SECURITY: whoever may write can have any record refused, and so opened for these readers.
    more = strangers(bundle, _readers(bundle, seal), _readers(bundle, source))
    if more:
        what = f"`{target}` is opened for `{'`, `'.join(more)}`, its dead letters are not"
        hint = f"seal it under `{source.ring}`, or a ring with fewer readers"
        yield _mistake(document, what, hint)


def _readers(bundle: Bundle, seal: Sealing) -> Readers:
    ring = bundle.find(KeyRing, seal.ring)
    return readers_of(bundle, () if ring is None else (ring.access_class,))


def _nearest(bundle: Bundle, name: str) -> Stream:
    """What speaks of a topic: the document of its name, or that of its longest prefix."""
    around = declarations_of(bundle, name)
    return max(around, key=lambda one: (one.name == name, len(text_of(one))))


def _document_of(bundle: Bundle, name: str) -> Document:
    nearest = _nearest(bundle, name)
    return next(one for one in bundle.documents_of(Stream) if one.value is nearest)


def _sealing(bundle: Bundle, name: str) -> Sealing | None:
    return sealing_of(bundle, _nearest(bundle, name))


def _mistake(document: Document, what: str, hint: str) -> Mistake:
    return document.mistake(what, "dead_letter", suggestion=hint)


CHECKS = (
    dead_letters_can_be_written,
    dead_letters_are_as_safe,
    masked_fields_stay_masked,
    one_stream_of_dead_letters,
)
