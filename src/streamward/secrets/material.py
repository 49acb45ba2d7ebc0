"""Values that must never be shown, and the two ways in which they can't be had."""

from dataclasses import dataclass

from streamward.errors import StreamwardError

MATERIAL_BYTES_MAX = 1_048_576


class MaterialMissing(StreamwardError):
    """What a reference names isn't there or can't be read."""

    code = "material.missing"
    help = "Run `streamward dev certificates DIR` to make them for development."


class MaterialRefused(StreamwardError):
    """What a reference names may not be used: out of the bundle, too large, readable by others."""

    code = "material.refused"


@dataclass(frozen=True, slots=True)
class Secret:
    """Bytes that are never shown: neither in a log nor in a traceback."""

    value: bytes

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__
