"""How the records of a stream are sealed, and what happens to those that are not as declared."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from streamward.model.document import Noun
from streamward.model.fields import ClusterName, KeyRingName, StreamText

HeaderName = Annotated[str, StringConstraints(min_length=1, max_length=249)]

FieldText = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^.]+(\.[^.]+)*$")
]


class Sealing(Noun):
    """What of each record is sealed, under which ring, and how mistakes are answered."""

    ring: KeyRingName
    value: bool = True
    fields: tuple[FieldText, ...] = Field(default=(), max_length=200)
    """Single fields of values that are sealed, with `value: false`: names with dots between them,
    `*` for the keys of a map. The stream needs a contract with a schema."""
    key: Literal["plain", "deterministic"] = "plain"
    """`deterministic`: equal keys seal to equal bytes, so that compaction and partitioning go on;
    whoever holds the ciphertext sees which are equal."""
    headers: tuple[HeaderName, ...] = Field(default=(), max_length=50)
    """Headers whose values are sealed."""
    partition_bound: bool = False
    """An envelope opens only in the partition that it was written to."""
    sealed_by: Literal["gateway", "producer"] = "gateway"
    """`producer`: programs seal what they write (`streamward.sdk`); the gateway takes nothing but
    envelopes of living keys of the ring, and opens none."""
    opened_by: Literal["gateway", "consumer"] = "gateway"
    """`consumer`: readers get what lies at the broker, and open it themselves."""
    unreadable: Literal["refuse", "ciphertext", "mask"] = "refuse"
    """What a reader gets who may read the stream and isn't in the ring's access class."""
    on_violation: Literal["refuse", "mark"] = "refuse"
    """What becomes of plaintext, or of an envelope from elsewhere: the batch is refused, or the
    record is marked by a header. What is refused is copied where the stream says `dead_letter`."""
    accepts_from: tuple[StreamText, ...] = Field(default=(), max_length=50)
    """Streams whose envelopes may lie here too: those of which this is a mirror or dead letters."""
    home: ClusterName | None = None
    """The cluster where the stream was written first, for a mirror. Without it, the cluster of the
    listener that a record comes through."""

    @field_validator("on_violation", mode="before")
    @classmethod
    def _copied_beside(cls, value: object) -> object:
        if value == "dead-letter":
            raise ValueError(
                "say `refuse` (the default), and `dead_letter: STREAM` beside `seal`: it holds for"
                " all that is refused of the stream"
            )
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not (self.value or self.fields or self.headers) and self.key == "plain":
            raise ValueError("nothing is sealed: give `value: true`, `fields`, `key` or `headers`")
        if self.value and self.fields:
            raise ValueError("give `value: false` where single `fields` are sealed")
        if self.fields and (self.sealed_by, self.opened_by) != ("gateway", "gateway"):
            raise ValueError("single `fields` are sealed and opened by the gateway only")
        if self.sealed_by == "producer" and self.on_violation == "mark":
            raise ValueError(
                "`mark` changes records, and those that producers seal stay as they are"
            )
        if self.opened_by == "consumer" and self.unreadable == "mask":
            raise ValueError("`mask` needs the gateway to open: `opened_by: gateway`")
        if len(set(self.headers)) != len(self.headers):
            raise ValueError("a header stands twice in `headers`")
        if len(set(self.fields)) != len(self.fields):
            raise ValueError("a field stands twice in `fields`")
        return self
