"""The HTTP shape of the control door's verbs on keys."""

from collections.abc import Callable

from fastapi import FastAPI, Request

from streamward.server.caller import Peer
from streamward.server.keys import (
    HygieneReportView,
    KeyDoor,
    KeyVerbBody,
    PreviewView,
    RingsView,
    RingView,
    Verb,
    VerifiedView,
)


def key_routes(api: FastAPI, door: KeyDoor, peer: Callable[[Request], Peer]) -> None:
    """Put them into the application; `peer` says who calls."""

    @api.get("/v1/keys")
    async def list_rings(request: Request) -> RingsView:
        """Key rings that are declared, or were used."""
        return await door.list(peer(request))

    @api.get("/v1/keys/{ring}")
    async def show_ring(request: Request, ring: str) -> RingView:
        """One of them with its data keys; never a key."""
        return await door.show(peer(request), ring)

    @api.get("/v1/keys/{ring}/preview")
    async def preview_destruction(request: Request, ring: str) -> PreviewView:
        """What can't be read any more once the ring is destroyed."""
        return await door.preview(peer(request), ring)

    @api.post("/v1/keys/{ring}/{verb}")
    async def change_ring(request: Request, ring: str, verb: Verb, body: KeyVerbBody) -> RingView:
        """Rotate, revoke, restore or destroy keys; connections feel it within a second."""
        return await door.change(peer(request), ring, verb, body)

    @api.get("/v1/key-check")
    async def verify_keys(request: Request, ring: str | None = None) -> VerifiedView:
        """Open every wrapped key of a ring, or of all that are active."""
        return await door.verify(peer(request), ring)

    @api.get("/v1/key-hygiene")
    async def audit_keys(request: Request) -> HygieneReportView:
        """The life-cycle report: what is old, not rotated, not used."""
        return await door.audit(peer(request))
