"""The control door for a command: that of the gateway that runs, or one of the command's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from streamward.app import (
    OfflineDoor,
    bundle_name,
    find_socket,
    in_force,
    offline_door,
    paths_of,
    valid_bundle,
)
from streamward.server.client import DoorClient
from streamward.server.service import answers

Verbs = TypeVar("Verbs")

BundleOption = Annotated[
    Path | None,
    typer.Option(
        "--bundle",
        metavar="DIR",
        help="The bundle; needed where no gateway runs: then this command does it itself.",
    ),
]


@contextmanager
def open_door(
    state_dir: Path | None,
    socket: Path | None,
    directory: Path | None,
    audit_dir: Path | None,
    offline: Callable[[OfflineDoor], Verbs],
) -> Iterator[DoorClient | Verbs]:
    """The door of the gateway that runs; else, where the bundle is given, one of our own.

    `offline` gives the same verbs over our own. Raises Unavailable where somebody else holds the
    log, and what reading the bundle raises.
    """
    if directory is not None and socket is None:
        bundle = valid_bundle(directory, materials=False)
        where = paths_of(bundle_name(bundle), state_dir, audit_dir)
        if not answers(where.socket):
            # SECURITY: what decides is the version in force, not what was edited in its folder.
            newest = in_force(bundle, where)
            door = offline_door(newest.bundle_in(directory) if newest else bundle, where)
            try:
                yield offline(door)
            finally:
                door.close()
            return
        socket = where.socket
    with DoorClient(find_socket(state_dir, socket, None)) as client:
        yield client
