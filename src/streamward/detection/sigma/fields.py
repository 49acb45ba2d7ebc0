"""Which fields an entry of the log can have, by dotted path."""

from typing import Any, Final, get_args

import msgspec

from streamward.model.event import Event

_MORE: Final = (
    "metadata.version",
    "metadata.product.name",
    "metadata.product.vendor_name",
    "api.operation",
    "finding_info.title",
    "finding_info.uid",
    "finding_info_list.title",
    "finding_info_list.uid",
)
"""OCSF fields that entries have and this product doesn't decode."""

_OPEN: Final = ("streaming.control.arguments.",)
"""Below these anything may stand."""


def _paths(kind: Any, prefix: str = "") -> set[str]:
    """The paths below a type; a struct within is walked, whether optional or in a tuple."""
    found: set[str] = set()
    for struct in _structs(kind):
        for field in msgspec.structs.fields(struct):
            path = f"{prefix}{field.encode_name}"
            found.add(path)
            found |= _paths(field.type, f"{path}.")
    return found


def _structs(kind: Any) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [struct for part in get_args(kind) for struct in _structs(part)]


FIELDS: Final = frozenset(_paths(Event)) | frozenset(_MORE)


def unknown_field(path: str) -> list[str] | None:
    """None where an entry can have this field; else the fields that it can have."""
    if path in FIELDS or path.startswith(_OPEN):
        return None
    return sorted(FIELDS)
