"""The compiled gateway, with its errors made ours."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from streamward.audit.compiled import core_errors
from streamward.errors import Unavailable

if TYPE_CHECKING:
    from streamward import _core


class CoreDataPlane:
    """Runs the compiled gateway over one audit directory.

    It exists before it is started, so that those who record through it can be given it.
    """

    def __init__(self, audit_dir: Path, workers: int) -> None:
        self._audit_dir = audit_dir
        self._workers = workers
        self._gateway: _core.Gateway | None = None

    def start(self, snapshot: bytes, materials: dict[str, bytes]) -> None:
        """Open the journal and bind every listener. Raises StreamwardError."""
        with core_errors():
            from streamward import _core

            gateway = _core.Gateway(snapshot, materials, str(self._audit_dir), self._workers)
            gateway.start()
        self._gateway = gateway

    @property
    def _running(self) -> "_core.Gateway":
        if self._gateway is None:
            raise Unavailable("the data plane is not running")
        return self._gateway

    def apply(self, snapshot: bytes, materials: dict[str, bytes]) -> bytes:
        """Put a snapshot in force."""
        with core_errors():
            return self._running.apply(snapshot, materials)

    def supply(self, materials: dict[str, bytes], unusable: dict[str, str]) -> bytes:
        """Take over materials that were read anew, and enter why others could not be."""
        with core_errors():
            return self._running.supply(materials, unusable)

    def overlay(self, overlay: bytes) -> bytes:
        """Put an overlay in force; it is when this returns."""
        with core_errors():
            return self._running.overlay(overlay)

    def record(self, entry: bytes) -> int:
        """Append one entry to the log; durable when this returns its index."""
        with core_errors():
            return self._running.record(entry)

    def erase(self, places: Sequence[int]) -> int:
        """Erase what entries commit to at these places; how many there were. Enter it first."""
        with core_errors():
            return int(self._running.erase(list(places)))

    def decide(self, request: bytes) -> bytes:
        """The decision that a live connection would get."""
        with core_errors():
            return self._running.decide(request)

    def status(self) -> bytes:
        """What listens, who is connected, and which versions are in force."""
        with core_errors():
            return self._running.status()

    def metrics(self, accept: str) -> tuple[str, bytes]:
        """All figures: the content type that the `Accept` header asks for, and the text."""
        with core_errors():
            return self._running.metrics(accept)

    def health(self) -> bytes:
        """Whether it is alive and ready, and what is missing."""
        with core_errors():
            return self._running.health()

    def publish(self, figures: bytes) -> None:
        """Take over what is counted outside of the data plane."""
        with core_errors():
            self._running.publish(figures)

    def supply_keys(self, keys: bytes) -> int:
        """Put the keys of a token issuer in force; how many of them can be used."""
        with core_errors():
            return self._running.supply_keys(keys)

    def supply_devices(self, devices: bytes) -> None:
        """Take over what an inventory says of devices."""
        with core_errors():
            self._running.supply_devices(devices)

    def next_question(self, seconds: float) -> tuple[int, bytes] | None:
        """What the data plane must be told to go on; waits for at most so many seconds."""
        with core_errors():
            return self._running.next_question(seconds)

    def answer(self, identifier: int, answer: bytes | None) -> bool:
        """Answer a question; None where there is no answer. False: nobody waits for it."""
        with core_errors():
            return self._running.answer(identifier, answer)

    def forget_passwords(self) -> None:
        """What the identity store answered is asked anew."""
        with core_errors():
            self._running.forget_passwords()

    def forget_keys(self, ring: str) -> None:
        """Keys of a ring are asked anew."""
        with core_errors():
            self._running.forget_keys(ring)

    def drain(self, seconds: float) -> None:
        """Take no new connection, wait for what is in flight, then stop."""
        with core_errors():
            self._running.drain(seconds)
