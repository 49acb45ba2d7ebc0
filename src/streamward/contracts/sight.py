"""What a reader of a stream sees whom the policy lets read it: all, masks, ciphertext, or nothing.

The gateway decides it for each connection (`Session::reading`); here it is told beforehand, from
the same declarations.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streamward.contracts.contract import (
    ContractField,
    contracts,
    fields_of,
    masked_reading,
    unmasked_for,
)
from streamward.contracts.readers import Readers, readers_of
from streamward.contracts.sealing import ByStream, by_stream, sealed_streams
from streamward.model.contract import DataContract
from streamward.model.contract_settings import FieldMasks
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
        }


def seal_on(bundle: Bundle, stream: str) -> Sealing | None:
    """How a topic is sealed: as the document of its name says, or that of its longest prefix."""
    return bundle.once(_seals).on(stream)


def _seals(bundle: Bundle) -> ByStream[Sealing]:
    return by_stream(sealed_streams(bundle))


def sight_of(bundle: Bundle, principal: str, roles: Collection[str], stream: str) -> Sight:
    """What a principal in these roles (declared, and given by its token) sees of a topic."""
    seal = seal_on(bundle, stream)

    def is_among(readers: Readers) -> bool:
        return principal in readers.principals or not readers.roles.isdisjoint(roles)

    masking = bundle.once(_maskings).get(stream)
    reader = _Reader(bundle, principal, is_among)
    if seal is None:
        return _past_masks(reader, masking, Sight(Form.CLEAR, "nothing of it is sealed"))
    return _of_sealed(reader, seal, masking)


def parts(seal: Sealing) -> str:
    """What of records is sealed, for people."""
    said = ["values"] if seal.value else []
    said += [f"the fields {', '.join(seal.fields)}"] if seal.fields else []
    said += ["keys"] if seal.key == "deterministic" else []
    said += [f"the headers {', '.join(seal.headers)}"] if seal.headers else []
    return " and ".join(said)


@dataclass(frozen=True, slots=True)
class _Reader:
    bundle: Bundle
    principal: str
    is_among: Callable[[Readers], bool]

    def is_in(self, *access_classes: str) -> bool:
        known = self.bundle.once(_readers)
        if access_classes not in known:
            known[access_classes] = readers_of(self.bundle, access_classes)
        return self.is_among(known[access_classes])


def _readers(_: Bundle) -> dict[tuple[str, ...], Readers]:
    """Readers by access classes, as far as they were asked for."""
    return {}


@dataclass(frozen=True, slots=True)
class _Masking:
    contract: DataContract
    fields: tuple[ContractField, ...]


def _maskings(bundle: Bundle) -> dict[str, _Masking]:
    found: dict[str, _Masking] = {}
    for _, contract in contracts(bundle):
        fields = tuple(field for field in fields_of(contract) if field.masks is not None)
        if fields:
            found.setdefault(contract.object.stream, _Masking(contract, fields))
    return found


def _sees_masks(reader: _Reader, masking: _Masking | None) -> bool:
    reading = None if masking is None else masked_reading(masking.contract)
    return reading is not None and reader.is_in(*reading.access_classes)


def _of_sealed(reader: _Reader, seal: Sealing, masking: _Masking | None) -> Sight:
    ring = reader.bundle.find(KeyRing, seal.ring)
    access_class = "" if ring is None else ring.access_class
    as_it_lies = Form.CIPHERTEXT if seal.value else Form.PARTLY_SEALED
    under = f"{parts(seal)} are sealed under ring `{seal.ring}`"

    def sight(form: Form, why: str) -> Sight:
        return Sight(form, why, seal.ring, access_class)

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
        whole = sight(as_it_lies, f"{stranger} (`unreadable: ciphertext`)")
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


def _past_masks(reader: _Reader, masking: _Masking | None, whole: Sight) -> Sight:
    """What who sees all else sees of a stream whose fields may have masks."""
    if masking is None or reader.is_in(*unmasked_for(masking.contract)):
        return whole
    if _sees_masks(reader, masking):
        return _masked(reader, masking, whole)
    why = (
        f"fields are masked, and `{reader.principal}` is neither among those who see them "
        "(`streamward.unmasked`) nor among those who see masks (`streamward.masked`)"
    )
    return Sight(Form.REFUSED, why, whole.ring, whole.access_class)


def _masked(reader: _Reader, masking: _Masking, whole: Sight) -> Sight:
    reading = masked_reading(masking.contract)
    assert reading is not None
    seen = ((field.name, _seen(reader, field)) for field in masking.fields)
    return Sight(
        Form.MASKED,
        f"{whole.why}; `{masking.contract.object.stream}` has masks for this reader",
        whole.ring,
        whole.access_class,
        tuple((name, mask) for name, mask in seen if mask is not None),
        reading.key,
        reading.headers,
    )


def _seen(reader: _Reader, field: ContractField) -> str | None:
    """The mask of a field, by the first of its access classes that has the reader."""
    masks = field.masks
    assert isinstance(masks, FieldMasks)
    for name, mask in masks.access_classes.items():
        if reader.is_in(name):
            return None if mask == "none" else mask
    return masks.others


def _covers(reader: _Reader, seal: Sealing, masking: _Masking) -> bool:
    """Whether all that is sealed has a mask: it is opened for them, so the rest would be shown."""
    reading = masked_reading(masking.contract)
    assert reading is not None
    masked = {field.name for field in masking.fields if _seen(reader, field) is not None}
    return (
        (seal.key == "plain" or reading.key != "keep")
        and not set(seal.headers) & set(reading.headers)
        and masked.issuperset(seal.fields)
    )
