"""What a reader of a stream sees whom the policy lets read it: all, masks, ciphertext, or nothing.

The gateway decides it for each connection (`Session::reading`); here it is told beforehand, from
the same declarations.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streamward.contracts.contract import (
    contracts,
    fields_of,
    masked_reading,
    unmasked_for,
)
from streamward.contracts.readers import Readers, readers_of
from streamward.contracts.sealing import ByStream, by_stream, sealed_streams
from streamward.model.contract_settings import FieldMasks, MaskedReading
from streamward.model.document import Bundle
from streamward.model.keys import KeyRing
from streamward.model.sealing import Sealing


class Form(StrEnum):
    """How the records of a stream leave for a reader."""

    CLEAR = "clear"
    """As they were written; nothing of them was sealed."""
    OPENED = "opened"
    """They are sealed at the broker, and opened for this reader."""
    MASKED = "masked"
    """With masks on fields."""
    CIPHERTEXT = "ciphertext"
    """As they lie at the broker: the whole value is sealed."""
    PARTLY_SEALED = "partly_sealed"
    """As they lie at the broker: the sealed fields, headers or keys are ciphertext, the rest is
    clear."""
    REFUSED = "refused"
    """Not at all: the read is denied, whatever the policy says."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reader sees of one stream."""

    form: Form
    why: str
    """For people: which ring, which access class, what is masked."""
    ring: str | None = None
    """The ring that the stream is sealed under."""
    access_class: str | None = None
    """Whose readers may see it opened."""
    masks: tuple[tuple[str, str], ...] = ()
    """Fields that this reader sees otherwise than they are, and how."""
    key: str | None = None
    """Of masked reading, what is left of keys of records: `withhold`, `hash` or `keep`."""
    headers: tuple[str, ...] | None = None
    """Of masked reading, the headers that are seen."""
    stays_sealed: bool = False
    """Whether what is sealed is ciphertext for the reader's program too: it gets no key."""

    def is_like(self, other: "Sight") -> bool:
        """Whether a reader sees the same, whatever the reason."""
        return self._seen == other._seen

    @property
    def _seen(self) -> tuple[object, ...]:
        return self.form, self.masks, self.key, self.headers, self.stays_sealed

    def told_beside(self, other: "Sight") -> str:
        """What it is, for people, as far as it isn't what another one is."""
        if self.form is not other.form:
            found = [f"{name}: {mask}" for name, mask in self.masks]
            if self.form is Form.MASKED:
                found += [f"key: {self.key}", f"headers: {' '.join(self.headers or ()) or 'none'}"]
            return f"{self.form.value} ({'; '.join(found)})" if found else self.form.value
        before = dict(other.masks)
        after = dict(self.masks)
        fields = dict.fromkeys((*before, *after))
        found = [
            f"{name}: {after.get(name, 'as it is')}"
            for name in fields
            if before.get(name) != after.get(name)
        ]
        if self.key != other.key:
            found.append(f"key: {self.key}")
        if self.headers != other.headers:
            found.append(f"headers: {' '.join(self.headers or ()) or 'none'}")
        if self.stays_sealed != other.stays_sealed:
            found.append("its program opens it" if not self.stays_sealed else "no program opens it")
        return f"{self.form.value} ({'; '.join(found)})" if found else self.form.value

    def document(self) -> dict[str, Any]:
        """The sight as JSON values."""
        return {
            "form": self.form.value,
            "why": self.why,
            "ring": self.ring,
            "access_class": self.access_class,
            "masks": [{"field": field, "mask": mask} for field, mask in self.masks],
            "key": self.key,
            "headers": None if self.headers is None else list(self.headers),
            "stays_sealed": self.stays_sealed,
        }


def seal_on(bundle: Bundle, stream: str) -> Sealing | None:
    """How a topic is sealed: as the document of its name says, or that of its longest prefix."""
    return bundle.once(_seals).on(stream)


def _seals(bundle: Bundle) -> ByStream[Sealing]:
    return by_stream(sealed_streams(bundle))


@dataclass(frozen=True, slots=True)
class MaskedField:
    """A field, and what readers see instead of it."""

    name: str
    others: str
    access_classes: tuple[tuple[str, str], ...]
    """What readers of these see. The first one that has a reader counts, so another order is
    another mask."""
    hash_group: str | None


@dataclass(frozen=True, slots=True)
class Masking:
    """Whose contract masks fields of a stream, which ones, and who sees what of them."""

    stream: str
    fields: tuple[MaskedField, ...]
    unmasked: tuple[str, ...]
    """Access classes whose readers see the fields as they are."""
    masked: MaskedReading | None
    """Who may read with masks; None: nobody."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that decides what readers of a stream see: two that are equal show the same to whoever is
    in the same access classes.
    """

    seal: Sealing | None
    access_class: str
    """Of the ring that it is sealed under; empty where nothing is sealed."""
    masking: Masking | None

    @property
    def access_classes(self) -> frozenset[str]:
        """Every access class that it asks about."""
        found = {self.access_class} if self.seal is not None else set()
        if self.masking is not None:
            masked = self.masking.masked
            found.update(self.masking.unmasked, () if masked is None else masked.access_classes)
            for field in self.masking.fields:
                found.update(name for name, _ in field.access_classes)
        return frozenset(found)


def reading_of(bundle: Bundle, stream: str) -> Reading:
    """What decides what readers of a topic see."""
    seal = seal_on(bundle, stream)
    ring = None if seal is None else bundle.find(KeyRing, seal.ring)
    return Reading(
        seal, "" if ring is None else ring.access_class, bundle.once(_maskings).get(stream)
    )


def sight_of(bundle: Bundle, principal: str, roles: Collection[str], stream: str) -> Sight:
    """What a principal in these roles (declared, and given by its token) sees of a topic."""
    known = bundle.once(_readers)

    def is_in(access_classes: tuple[str, ...]) -> bool:
        if access_classes not in known:
            known[access_classes] = readers_of(bundle, access_classes)
        readers = known[access_classes]
        return principal in readers.principals or not readers.roles.isdisjoint(roles)

    return sight_by(reading_of(bundle, stream), principal, is_in)


def sight_by(reading: Reading, principal: str, is_in: Callable[[tuple[str, ...]], bool]) -> Sight:
    """What a principal sees of whom it is known whether it is in one of some access classes."""
    reader = _Reader(principal, is_in)
    if reading.seal is None:
        whole = Sight(Form.CLEAR, "nothing of it is sealed")
        return _past_masks(reader, reading.masking, whole)
    return _of_sealed(reader, reading.seal, reading.access_class, reading.masking)


def parts(seal: Sealing) -> str:
    """What of records is sealed, for people."""
    said = ["values"] if seal.value else []
    said += [f"the fields {', '.join(seal.fields)}"] if seal.fields else []
    said += ["keys"] if seal.key == "deterministic" else []
    said += [f"the headers {', '.join(seal.headers)}"] if seal.headers else []
    return " and ".join(said)


@dataclass(frozen=True, slots=True)
class _Reader:
    principal: str
    is_among: Callable[[tuple[str, ...]], bool]

    def is_in(self, *access_classes: str) -> bool:
        return self.is_among(access_classes)


def _readers(_: Bundle) -> dict[tuple[str, ...], Readers]:
    """Readers by access classes, as far as they were asked for."""
    return {}


def _maskings(bundle: Bundle) -> dict[str, Masking]:
    found: dict[str, Masking] = {}
    for _, contract in contracts(bundle):
        fields = tuple(
            _masked_field(field.name, field.masks)
            for field in fields_of(contract)
            if field.masks is not None
        )
        if fields:
            stream = contract.object.stream
            masking = Masking(stream, fields, unmasked_for(contract), masked_reading(contract))
            found.setdefault(stream, masking)
    return found


def _masked_field(name: str, masks: FieldMasks) -> MaskedField:
    return MaskedField(name, masks.others, tuple(masks.access_classes.items()), masks.hash_group)


def _sees_masks(reader: _Reader, masking: Masking | None) -> bool:
    masked = None if masking is None else masking.masked
    return masked is not None and reader.is_in(*masked.access_classes)


def _of_sealed(reader: _Reader, seal: Sealing, access_class: str, masking: Masking | None) -> Sight:
    as_it_lies = Form.CIPHERTEXT if seal.value else Form.PARTLY_SEALED
    under = f"{parts(seal)} are sealed under ring `{seal.ring}`"

    def sight(form: Form, why: str, *, stays_sealed: bool = False) -> Sight:
        return Sight(form, why, seal.ring, access_class, stays_sealed=stays_sealed)

    if reader.is_in(access_class):
        among = f"{under}, and `{reader.principal}` is in its access class `{access_class}`"
        if seal.opened_by == "consumer":
            whole = sight(as_it_lies, f"{among}: its program opens them")
        else:
            whole = sight(Form.OPENED, f"{among}: the gateway opens them")
        return _past_masks(reader, masking, whole)
    stranger = f"{under}, and `{reader.principal}` is not in its access class `{access_class}`"
    sees_masks = _sees_masks(reader, masking)
    if seal.unreadable == "ciphertext" and (seal.value or not sees_masks):
        why = f"{stranger} (`unreadable: ciphertext`)"
        whole = sight(as_it_lies, why, stays_sealed=True)
        # What is not sealed lies there in clear, and masks hold for it.
        return whole if seal.value else _past_masks(reader, masking, whole)
    if seal.unreadable == "refuse":
        return sight(Form.REFUSED, f"{stranger} (`unreadable: refuse`)")
    if masking is None or not sees_masks:
        why = f"{stranger}, nor among those who see masks (`unreadable: {seal.unreadable}`)"
        return sight(Form.REFUSED, why)
    if not _covers(reader, seal, masking):
        return sight(Form.REFUSED, f"{stranger}, and not all that is sealed has a mask")
    return _masked(reader, masking, sight(Form.MASKED, f"{stranger}: masks are made of them"))


def _past_masks(reader: _Reader, masking: Masking | None, whole: Sight) -> Sight:
    """What who sees all else sees of a stream whose fields may have masks."""
    if masking is None or reader.is_in(*masking.unmasked):
        return whole
    if _sees_masks(reader, masking):
        return _masked(reader, masking, whole)
    why = (
        f"fields are masked, and `{reader.principal}` is neither among those who see them "
        "(`streamward.unmasked`) nor among those who see masks (`streamward.masked`)"
    )
    return Sight(Form.REFUSED, why, whole.ring, whole.access_class)


def _masked(reader: _Reader, masking: Masking, whole: Sight) -> Sight:
    masked = masking.masked
    assert masked is not None
    seen = ((field.name, _seen(reader, field)) for field in masking.fields)
    return Sight(
        Form.MASKED,
        f"{whole.why}; `{masking.stream}` has masks for this reader",
        whole.ring,
        whole.access_class,
        tuple((name, mask) for name, mask in seen if mask is not None),
        masked.key,
        masked.headers,
        whole.stays_sealed,
    )


def _seen(reader: _Reader, field: MaskedField) -> str | None:
    """The mask of a field, by the first of its access classes that has the reader."""
    for name, mask in field.access_classes:
        if reader.is_in(name):
            return None if mask == "none" else mask
    return field.others


def _covers(reader: _Reader, seal: Sealing, masking: Masking) -> bool:
    """Whether all that is sealed has a mask: it is opened for them, so the rest would be shown."""
    reading = masking.masked
    assert reading is not None
    masked = {it.name for it in masking.fields if _seen(reader, it) is not None}
    return (
        (seal.key == "plain" or reading.key != "keep")
        and not set(seal.headers) & set(reading.headers)
        and masked.issuperset(seal.fields)
    )
