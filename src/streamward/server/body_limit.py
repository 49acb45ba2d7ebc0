"""How long the body of a request may be: it is read whole before anybody looks at it."""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streamward.versions.content import CONTENT_BYTES_MAX

BODY_BYTES_MAX: Final = 1024 * 1024
VERSION_BODY_BYTES_MAX: Final = 2 * CONTENT_BYTES_MAX
"""Of a version to apply: its files, and what JSON adds to them."""

LIMITS: Final = {"/v1/versions": VERSION_BODY_BYTES_MAX}


class BodyLimit:
    """Answers 413 to a body that is longer, as soon as it is or says that it will be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a body that ends where it is too long."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = LIMITS.get(scope["path"], BODY_BYTES_MAX)
        declared = _declared(scope)
        read = 0

        async def bounded() -> Message:
            nonlocal read
            if declared > limit:
                raise _too_long(limit)
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise _too_long(limit)
            return message

        await self._app(scope, bounded, send)


def _declared(scope: Scope) -> int:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    found: Any = dict(headers).get(b"content-length", b"0")
    return int(found) if found.isdigit() else 0


def _too_long(limit: int) -> HTTPException:
    return HTTPException(413, f"a body of this request has at most {limit} bytes")
