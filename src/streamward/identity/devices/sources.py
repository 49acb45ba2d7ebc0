"""Where an inventory is read: a file beside the bundle, or HTTP."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final

from streamward.errors import Unavailable
from streamward.identity.ports import ReadSecret
from streamward.lazy import lazy
from streamward.model.device_inventory import DeviceInventory

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy("httpx")

BYTES_MAX: Final = 16 * 1024 * 1024
SECONDS_MAX: Final = 20.0
_OK: Final = 200


class InventoryUnreadable(Unavailable):
    """The inventory of devices can't be read."""

    code = "device_inventory.unreadable"
    help = "Look at `file`, or at `url`, `token` and `ca`, of the DeviceInventory."


def read_file(path: Path) -> tuple[bytes, int]:
    """A file's bytes, and when it was last changed (ms since 1970). Raises InventoryUnreadable."""
    try:
        with path.open("rb") as file:
            text = file.read(BYTES_MAX + 1)
            changed = path.stat().st_mtime_ns // 1_000_000
    except OSError as error:
        raise InventoryUnreadable(f"`{path.name}` can't be read: {error.strerror}") from error
    if len(text) > BYTES_MAX:
        raise InventoryUnreadable(f"`{path.name}` has more than {BYTES_MAX} bytes")
    return text, changed


async def read_url(declared: DeviceInventory, read_secret: ReadSecret) -> bytes:
    """What the URL answers. Raises InventoryUnreadable, and what reading a secret raises."""
    assert declared.url is not None  # the model demands exactly one of both
    authorities = None if declared.ca is None else read_secret(declared.ca).decode()
    trust = ssl.create_default_context(cadata=authorities)
    trust.minimum_version = ssl.TLSVersion.TLSv1_2
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    if declared.token is not None:
        headers["authorization"] = f"Bearer {read_secret(declared.token).decode().strip()}"
    try:
        async with asyncio.timeout(SECONDS_MAX):
            return await _get(declared.url, headers, trust)
    except TimeoutError:
        what = f"`{declared.url}` gave no answer within {SECONDS_MAX:g} s"
        raise InventoryUnreadable(what) from None
    except httpx.HTTPError as error:
        what = f"`{declared.url}` can't be asked: {type(error).__name__}"
        raise InventoryUnreadable(what) from error


async def _get(url: str, headers: dict[str, str], trust: ssl.SSLContext) -> bytes:
    # SECURITY: a redirect would carry the token elsewhere, and the environment to a proxy.
    client = httpx.AsyncClient(
        verify=trust, follow_redirects=False, trust_env=False, timeout=SECONDS_MAX
    )
    async with client, client.stream("GET", url, headers=headers) as response:
        if response.status_code != _OK:
            raise InventoryUnreadable(f"`{url}` answered {response.status_code}")
        if response.headers.get("content-encoding", "identity") != "identity":
            # SECURITY: a few compressed bytes can stand for more than memory holds.
            raise InventoryUnreadable(f"`{url}` answered in an encoding that wasn't asked for")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > BYTES_MAX:
                raise InventoryUnreadable(f"`{url}` answered more than {BYTES_MAX} bytes")
        return bytes(body)
