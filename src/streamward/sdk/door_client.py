"""Asks the control door for keys: HTTP over TLS 1.3, with a certificate at both ends."""

import http.client
import json
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from streamward.errors import InvalidArgument, NotPermitted, StreamwardError, Unavailable
from streamward.sdk.ports import ByGateway, Operation

PATH: Final = "/v1/key-grants"
ANSWER_BYTES_MAX: Final = 128 * 1024
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):([0-9]{1,5})")


class DoorUnavailable(Unavailable):
    """The control door can't be reached, or can't grant keys now."""

    code = "door.unavailable"
    help = (
        "Is the gateway running, with a document of kind ControlDoor at this address? Keys that "
        "were granted serve until they end; then nothing is sealed or opened."
    )


class DoorUntrusted(Unavailable):
    """Who answers is not the door that the authority vouches for, or takes no such certificate."""

    code = "door.untrusted"
    help = (
        "Compare the address with the names in the door's certificate, `authority` with who signed "
        "it, and the program's certificate with `client_ca` or `client_authorities` of the door."
    )


class DoorFilesUnusable(Unavailable, InvalidArgument):
    """The program's certificate, key or authority can't be used now: they may be just renewed."""

    code = "door.files"
    help = (
        "Compare the paths, and certificate and key with each other. While they are replaced one "
        "after the other, keys that were granted serve on."
    )


class DoorConfused(Unavailable):
    """The door's answer does not mean anything to this version."""

    code = "door.confused"
    help = "Is it the control door of a Streamward gateway? Compare the versions of both."


class GrantDenied(NotPermitted):
    """The program gets no keys of this stream for this."""

    code = "grant.denied"
    help = (
        "The gateway's log says by which rule; ask whoever keeps the policy. To seal takes the "
        "right to write the stream, to open the right to read it and a place in the access class "
        "of its key ring."
    )


class Door:
    """The control door at `host:port`. Each request is a connection of its own, and blocks.

    INVARIANT: no answer is quoted in an error or a log: it may hold keys.
    """

    def __init__(
        self, address: str, certificate: Path, key: Path, authority: Path, timeout_seconds: float
    ) -> None:
        found = _ADDRESS.fullmatch(address)
        if found is None or not 1 <= int(found[2]) <= 65_535:
            raise InvalidArgument(f"the door's address `{address}` is not written as `host:port`")
        self._host, self._port = found[1].strip("[]"), int(found[2])
        self._address = address
        self._certificate, self._key, self._authority = certificate, key, authority
        self._timeout_seconds = timeout_seconds

    def __repr__(self) -> str:
        return f"Door({self._address!r})"

    def ask(self, stream: str, operation: Operation, **wanted: Any) -> Mapping[str, Any]:
        """One grant. Raises GrantDenied, ByGateway, Unavailable and InvalidArgument."""
        body = json.dumps({"stream": stream, "operation": operation, **wanted}).encode()
        status, answer = self._exchange(body)
        document = _document(answer)
        if status == http.client.OK:
            return document
        raise _error(status, document, f"`{stream}`: the door at {self._address}")

    def _exchange(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout_seconds, context=self._context()
        )
        where = f"the control door at {self._address}"
        try:
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read(ANSWER_BYTES_MAX + 1)
        except ssl.SSLCertVerificationError as error:
            raise DoorUntrusted(f"{where} does not prove that it is it") from error
        except ssl.SSLError as error:
            raise DoorUntrusted(f"{where} ended the TLS handshake") from error
        except (OSError, http.client.HTTPException) as error:
            raise DoorUnavailable(f"{where} does not answer") from error
        finally:
            connection.close()
        if len(answer) > ANSWER_BYTES_MAX:
            raise DoorConfused(f"the answer of {where} is longer than {ANSWER_BYTES_MAX} bytes")
        return response.status, answer

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        for what, path in (
            ("authority", self._authority),
            ("certificate", self._certificate),
            ("key", self._key),
        ):
            if not path.is_file():
                raise DoorFilesUnusable(f"the {what} `{path}` is no file")
        try:
            context.load_verify_locations(self._authority)
        except (OSError, ssl.SSLError) as error:
            raise DoorFilesUnusable(f"`{self._authority}` holds no certificate in PEM") from error
        try:
            # A key that needs a password would ask for it at the terminal.
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as error:
            what = f"`{self._certificate}` and `{self._key}` are no certificate with its key"
            raise DoorFilesUnusable(what) from error
        return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _document(answer: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        # SECURITY: without the cause, which would quote the answer.
        raise DoorConfused("the door's answer is not JSON") from None
    if not isinstance(document, dict):
        raise DoorConfused("the door's answer is no object")
    return document


def _error(status: int, problem: Mapping[str, Any], where: str) -> StreamwardError:
    detail = str(problem.get("detail", ""))[:300]
    if problem.get("code") == ByGateway.code:
        return ByGateway(f"{where}: {detail}")
    match status:
        case 403:
            return GrantDenied(f"{where}: {detail}")
        case 429 | 503:
            return DoorUnavailable(f"{where}: {detail}")
        case 400 | 404 | 405 | 413 | 422 | 431:
            return InvalidArgument(f"{where}: {detail}")
        case _:
            return DoorConfused(f"{where} answers with the status {status}")
