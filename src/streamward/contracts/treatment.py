"""What becomes of the records of a stream: sealed, signed, and where refused ones go."""

from dataclasses import dataclass
from typing import Any

from streamward.contracts.dead_letters import dead_letter_on
from streamward.contracts.sealing import ByStream, by_stream
from streamward.contracts.sight import parts, seal_on
from streamward.contracts.signing import signed_streams
from streamward.model.document import Bundle
from streamward.model.keys import KeyRing
from streamward.model.sealing import Sealing
from streamward.model.signing import Signing


@dataclass(frozen=True, slots=True)
class Treatment:
    """How the records of one stream are protected, as the bundle declares it."""

    seal: Sealing | None
    ring: KeyRing | None
    ring_source: str | None
    """`FILE:LINE` of the ring."""
    sign: Signing | None
    dead_letter: str | None = None
    """The stream that takes copies of what is refused."""

    @property
    def told(self) -> tuple[str, ...]:
        """For people, a line each; without any, records are kept as they are written."""
        copied = (
            ()
            if self.dead_letter is None
            else (f"batches that are refused for their records are copied to `{self.dead_letter}`",)
        )
        return (*self._sealed(), *self._signed(), *copied)

    def _sealed(self) -> tuple[str, ...]:
        seal, ring = self.seal, self.ring
        if seal is None or ring is None:
            return ()
        by = "the gateway seals" if seal.sealed_by == "gateway" else "producers seal"
        opened = "the gateway opens" if seal.opened_by == "gateway" else "consumers open"
        violation = {
            "refuse": "batches with other records are refused",
            "mark": "other records are marked by a header",
        }[seal.on_violation]
        return (
            f"{by} {parts(seal)} under ring `{ring.name}` (class `{ring.data_class}`, "
            f"{self.ring_source}), {opened} them for access class `{ring.access_class}`",
            violation,
        )

    def _signed(self) -> tuple[str, ...]:
        sign = self.sign
        if sign is None:
            return ()
        if sign.by == "gateway":
            each = sign.each.replace("_", " ")
            who = f"the gateway signs each {each} with key `{sign.key}`"
        else:
            who = f"producers sign each record with one of {_listed(sign.keys)}"
        shown = "are refused" if sign.on_violation == "refuse" else "are marked by a header"
        return (f"{who}; records that don't verify {shown} on read",)

    def document(self) -> dict[str, Any]:
        """The treatment as JSON values; `null` for what is not done."""
        seal, ring, sign = self.seal, self.ring, self.sign
        return {
            "sealing": None
            if seal is None or ring is None
            else {
                "ring": ring.name,
                "source": self.ring_source,
                "class": ring.data_class,
                "access_class": ring.access_class,
                "value": seal.value,
                "fields": list(seal.fields),
                "key": seal.key,
                "headers": list(seal.headers),
                "sealed_by": seal.sealed_by,
                "opened_by": seal.opened_by,
                "unreadable": seal.unreadable,
                "on_violation": seal.on_violation,
            },
            "signing": None
            if sign is None
            else {
                "by": sign.by,
                "each": sign.each,
                "key": sign.key,
                "keys": list(sign.keys),
                "on_violation": sign.on_violation,
            },
            "dead_letter": self.dead_letter,
        }


def treatment_of(bundle: Bundle, stream: str) -> Treatment:
    """How the records of a topic are protected."""
    seal = seal_on(bundle, stream)
    rings = bundle.documents_of(KeyRing) if seal is not None else ()
    found = next((it for it in rings if seal is not None and it.name == seal.ring), None)
    ring = None if found is None else found.value
    assert ring is None or isinstance(ring, KeyRing)
    return Treatment(
        seal=seal,
        ring=ring,
        ring_source=None if found is None else f"{found.file}:{found.place().line}",
        sign=bundle.once(_signs).on(stream),
        dead_letter=dead_letter_on(bundle, stream),
    )


def _signs(bundle: Bundle) -> ByStream[Signing]:
    return by_stream(signed_streams(bundle))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
