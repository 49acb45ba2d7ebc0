"""The list of devices: `{"as_of": "2026-07-01T12:00:00Z", "devices": [{"principal", …}]}`."""

import datetime
from typing import Annotated, Final

import msgspec

from streamward.errors import InvalidArgument

DEVICES_MAX: Final = 100_000

State = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """One device; what is left out is not known."""

    principal: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    posture: State | None = None
    status: State | None = None


class Inventory(msgspec.Struct, frozen=True):
    """What was read; without `as_of` it is of when it was read, or its file was written."""

    devices: Annotated[tuple[Device, ...], msgspec.Meta(max_length=DEVICES_MAX)]
    as_of: datetime.datetime | None = None


def read_inventory(text: bytes) -> Inventory:
    """Read the list. Raises InvalidArgument."""
    try:
        return msgspec.json.decode(text, type=Inventory)
    except msgspec.MsgspecError as error:
        raise InvalidArgument(f"the device inventory can't be read: {error}") from error


def supply_document(inventory: Inventory, read_at_milliseconds: int) -> bytes:
    """What the data plane is told (docs/concepts/boundary.md)."""
    as_of = read_at_milliseconds
    if inventory.as_of is not None:
        stated = inventory.as_of
        stated = stated if stated.tzinfo is not None else stated.replace(tzinfo=datetime.UTC)
        # A clock that goes ahead must not keep it fresh for longer.
        as_of = min(as_of, int(stated.timestamp() * 1000))
    devices: dict[str, dict[str, str | None]] = {}
    for device in inventory.devices:
        known = {"posture": device.posture, "status": device.status}
        first = devices.setdefault(device.principal, known)
        # SECURITY: nobody knows from which of several devices a principal calls: what is not true
        # of all of them is not known.
        devices[device.principal] = {
            field: value if first[field] == value else None for field, value in known.items()
        }
    return msgspec.json.encode({"as_of_milliseconds": as_of, "devices": devices})
