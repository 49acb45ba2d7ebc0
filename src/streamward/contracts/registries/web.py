"""HTTP towards a registry: bounded in bytes and time, never redirected, never through a proxy."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, unquote

import msgspec

from streamward.clock import monotonic_seconds
from streamward.errors import Unavailable
from streamward.lazy import lazy
from streamward.secrets import MaterialRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from streamward.model.schema_registry import SchemaRegistry
else:
    httpx = lazy("httpx")

BODY_BYTES_MAX: Final = 4 << 20
"""A schema of 1 MiB, every character of which is escaped, and what stands around it."""

DEFAULT_CONTEXT: Final = "."
_CONNECTING_SHARE: Final = 0.5
"""Of the time that is left for a conversation, what a connection may take."""

_OK: Final = 200
_NOT_FOUND: Final = 404
T = TypeVar("T")
_NOT_THERE: Final = frozenset({40401, 40402, 40403})
"""Codes of the API for a subject, a version and a schema that don't exist."""


class RegistryUnreachable(Unavailable):
    """There is no connection to a registry: nothing can be asked of it."""

    code = "schema_registry.unreachable"
    help = "Look at `url` and `ca` of the SchemaRegistry, and whether it is up."


class RegistryAnswerInvalid(Unavailable):
    """A registry gave no answer about one thing, or none that can be used."""

    code = "schema_registry.answer"
    help = "Look at `url`, `user` and `token` of the SchemaRegistry, and at the registry's log."


class RegistryPathUnknown(RegistryAnswerInvalid):
    """A registry does not have that part of the API."""


class _Refusal(msgspec.Struct):
    error_code: int = 0


class RegistryWeb:
    """A client for one registry; `authorities` (PEM) replace those that the system trusts.

    `authorization` gives the header of that name, read anew for each schema.
    """

    def __init__(
        self,
        registry: SchemaRegistry,
        authorities: bytes | None,
        authorization: Callable[[], str | None],
    ) -> None:
        self._url = registry.url.rstrip("/")
        self._timeout = registry.timeout / 1_000
        self._authorization = authorization
        try:
            self._trust = ssl.create_default_context(
                cadata=authorities.decode("ascii") if authorities is not None else None
            )
        except ValueError as error:
            what = f"the `ca` of the schema registry `{registry.name}` is no PEM"
            raise MaterialRefused(what) from error
        self._trust.minimum_version = ssl.TLSVersion.TLSv1_2

    def asking(self) -> Asking:
        """A conversation about one schema, with all the time that there is for it."""
        return Asking(self._url, self._timeout, self._trust, self._authorization())

    @property
    def context(self) -> str:
        """The context of the registry's subjects that its `url` leads to; `.` is the default."""
        _, found, context = self._url.rpartition("/contexts/")
        return unquote(context.partition("/")[0]) if found else DEFAULT_CONTEXT


class Asking:
    """Several requests to one registry that must all be over in time. A context manager."""

    def __init__(
        self, url: str, seconds: float, trust: ssl.SSLContext, authorization: str | None
    ) -> None:
        self._url, self._seconds = url, seconds
        self._ends = monotonic_seconds() + seconds
        headers = {
            "accept": "application/vnd.schemaregistry.v1+json, application/json",
            "accept-encoding": "identity",
        }
        if authorization is not None:
            headers["authorization"] = authorization
        # SECURITY: a redirect would lead to where nobody declared, and the environment to a proxy.
        self._client = httpx.Client(
            verify=trust, timeout=seconds, follow_redirects=False, trust_env=False, headers=headers
        )
        self._line = _Line()
        self._is_answered = False
        self._end = threading.Timer(seconds, self._line.cut)
        self._end.daemon = True

    def __enter__(self) -> Asking:
        self._end.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.cancel()
        self._client.close()

    def get(self, answer: type[T], *path: str | int, **query: str) -> T | None:
        """What the registry has there; None where it says that there is nothing.

        Raises RegistryUnreachable where there is no connection from the beginning on,
        RegistryAnswerInvalid for any other answer, and where time is over.
        """
        place = "/".join(quote(str(part), safe="") for part in path)
        try:
            with self._client.stream(
                "GET",
                f"{self._url}/{place}",
                params=query,
                timeout=self._patience(),
                extensions={"trace": self._line.trace},
            ) as response:
                self._is_answered = True
                body = self._read(response, place)
        except (httpx.HTTPError, ValueError) as error:
            # SECURITY: errors about a request may show its headers, and so what proves who asks.
            shown = str(error) if isinstance(error, httpx.ConnectError) else ""
            what = f"`{self._url}` can't be asked: {shown or type(error).__name__}"
            self._left()
            # SECURITY: of a registry that can't be reached, nothing is asked for any stream. One
            # that has answered is there: how long it takes, and so whether there is time for one
            # more connection, may be up to the id that somebody wrote.
            no_connection = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
            if no_connection and not self._is_answered:
                raise RegistryUnreachable(what) from None
            raise RegistryAnswerInvalid(what) from None
        if response.status_code == _NOT_FOUND and _says_not_there(body):
            return None
        if response.status_code == _NOT_FOUND:
            raise RegistryPathUnknown(f"`{self._url}/{place}` is no path of the registry")
        if response.status_code != _OK:
            raise RegistryAnswerInvalid(f"`{self._url}/{place}` answered {response.status_code}")
        try:
            return msgspec.json.decode(body, type=answer)
        except msgspec.DecodeError as error:
            what = f"`{self._url}/{place}` answered what is not of the API"
            raise RegistryAnswerInvalid(what) from error

    def _left(self) -> float:
        left = self._ends - monotonic_seconds()
        if left <= 0:
            what = f"`{self._url}` gave no answer within {self._seconds:g} s"
            raise RegistryAnswerInvalid(what)
        return left

    def _patience(self) -> httpx.Timeout:
        # Who isn't there is found out while there is time left to say so.
        left = self._left()
        return httpx.Timeout(left, connect=left * _CONNECTING_SHARE)

    def _read(self, response: Any, place: str) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            # SECURITY: a few compressed bytes can stand for more than memory holds.
            what = f"`{self._url}/{place}` answered in an encoding that wasn't asked for"
            raise RegistryAnswerInvalid(what)
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                what = f"`{self._url}/{place}` answered more than {BODY_BYTES_MAX} bytes"
                raise RegistryAnswerInvalid(what)
            self._left()
        return bytes(body)


class _Line:
    """The connection of a conversation, so that it can be ended from without: each byte of an
    answer may come just in time, and all of them together never do.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_cut = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What the client tells of its work."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
            if self._is_cut:
                self.cut()

    def cut(self) -> None:
        """End it, whoever waits for it."""
        with self._lock, contextlib.suppress(OSError):
            self._is_cut = True
            if self._socket is not None:
                # Of TLS too the line itself: its own end would wait for the other side.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _says_not_there(body: bytes) -> bool:
    # Whatever else answers 404, a wrong path in `url` for one, doesn't know of the id.
    try:
        return msgspec.json.decode(body, type=_Refusal).error_code in _NOT_THERE
    except msgspec.DecodeError:
        return False
