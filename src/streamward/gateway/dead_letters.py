"""The `dead_letters` section of a snapshot: where what is refused of streams is copied to."""

import msgspec

from streamward.contracts.dead_letters import streams_with_dead_letters
from streamward.model.document import Bundle


class DeadLettersEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stream, or all that start with a prefix, and the stream that takes the copies."""

    name: str | None
    prefix: str | None
    target: str


class DeadLettersSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The streams whose refused batches are copied."""

    streams: tuple[DeadLettersEntry, ...] = ()


def dead_letters_section(bundle: Bundle) -> DeadLettersSection:
    """What the bundle says of dead letters."""
    return DeadLettersSection(
        streams=tuple(
            DeadLettersEntry(name=declared.name, prefix=declared.prefix, target=target)
            for declared, target in streams_with_dead_letters(bundle)
        )
    )
