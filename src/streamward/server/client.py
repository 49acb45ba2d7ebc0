"""Talks to the control door of a running gateway."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from streamward.errors import (
    BundleInvalid,
    InvalidArgument,
    NotFound,
    NotPermitted,
    PolicyInvalid,
    StreamwardError,
    Unavailable,
)
from streamward.lazy import lazy
from streamward.versions.content import OtherBundle
from streamward.versions.service import VersionChanged

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy("httpx")

TIMEOUT_SECONDS: Final = 30.0
APPLY_SECONDS: Final = 600.0
"""Proofs take their time."""
KEYS_SECONDS: Final = 600.0
"""So does to wrap many keys anew."""
_ERRORS: Final[dict[int, type[StreamwardError]]] = {
    400: InvalidArgument,
    403: NotPermitted,
    404: NotFound,
    409: BundleInvalid,
    422: InvalidArgument,
    503: Unavailable,
}


_BY_CODE: Final[dict[str, type[StreamwardError]]] = {
    it.code: it for it in (OtherBundle, VersionChanged)
}
"""Errors of which there are several for one status."""


class NotRunning(Unavailable):
    """No gateway answers at this socket."""

    code = "gateway.not_running"
    help = "Start one with `streamward gateway run DIR`, or name its `--state-dir`."


class DoorClient:
    """The verbs of the control door, over its Unix socket. Raises StreamwardErrors."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._http = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)),
            base_url="http://streamward",
            timeout=TIMEOUT_SECONDS,
        )

    def __enter__(self) -> DoorClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def status(self) -> dict[str, Any]:
        """Listeners, connections, counters and versions."""
        return self._call("GET", "/v1/status")

    def metrics(self, accept: str = "") -> str:
        """All figures as text."""
        return self._send("GET", "/metrics", headers={"accept": accept}).text

    def policy_version(self) -> str:
        """The digest of the policy in force."""
        return str(self._call("GET", "/v1/policy")["version"])

    def reload(self) -> dict[str, Any]:
        """Read the bundle again. Raises BundleInvalid with its mistakes."""
        return self._call("POST", "/v1/reload")

    def apply(
        self,
        *,
        reason: str,
        base: int,
        files: Mapping[str, str] | None = None,
        rollback_of: int | None = None,
        other_bundle: bool = False,
    ) -> dict[str, Any]:
        """Put a version in force. Raises BundleInvalid with the reasons why it may not be,
        OtherBundle where the gateway runs another one, VersionChanged.
        """
        body = {
            "reason": reason,
            "base": base,
            "files": files,
            "rollback_of": rollback_of,
            "other_bundle": other_bundle,
        }
        return self._call("POST", "/v1/versions", body, timeout=APPLY_SECONDS)

    def containments(self) -> list[dict[str, Any]]:
        """The open containments."""
        return list(self._call("GET", "/v1/containments")["containments"])

    def contain(
        self,
        verb: str,
        target_type: str,
        name: str,
        *,
        reason: str,
        expires: str,
        owner: str | None = None,
    ) -> dict[str, Any]:
        """Open a containment; it is in force when this returns."""
        body = {
            "verb": verb,
            "target": {"type": target_type, "name": name},
            "reason": reason,
            "expires": expires,
            "owner": owner,
        }
        return self._call("POST", "/v1/containments", body)

    def lift(self, identifier: str, *, reason: str, owner: str | None = None) -> None:
        """End a containment before its time."""
        path = f"/v1/containments/{quote(identifier, safe='')}"
        self._call("DELETE", path, {"reason": reason, "owner": owner})

    def credentials(self, principal: str | None = None) -> list[dict[str, Any]]:
        """Passwords in the identity store."""
        query = {} if principal is None else {"principal": principal}
        answer = self._send("GET", "/v1/credentials", params=query).json()
        return list(answer["credentials"])

    def credential(self, identifier: str) -> dict[str, Any]:
        """One of them."""
        return self._call("GET", f"/v1/credentials/{quote(identifier, safe='')}")

    def add_credential(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a password; the answer is the only place where it is shown."""
        return self._call("POST", "/v1/credentials", body)

    def rotate_credential(self, identifier: str, overlap: str | None) -> dict[str, Any]:
        """Make another password beside one, which ends after the overlap."""
        path = f"/v1/credentials/{quote(identifier, safe='')}/rotate"
        return self._call("POST", path, {"overlap": overlap})

    def change_credential(self, identifier: str, verb: str, reason: str) -> dict[str, Any]:
        """`disable`, `enable`, `revoke` or `remove` a credential."""
        path = f"/v1/credentials/{quote(identifier, safe='')}/{verb}"
        return self._call("POST", path, {"reason": reason})

    def erase(self, body: dict[str, Any]) -> dict[str, Any]:
        """Erase what entries commit to; what was done. Raises NotFound where there is nothing."""
        return self._call("POST", "/v1/erasures", body)

    def key_rings(self) -> list[dict[str, Any]]:
        """Key rings."""
        return list(self._call("GET", "/v1/keys")["rings"])

    def key_ring(self, ring: str) -> dict[str, Any]:
        """One of them, with its data keys."""
        return self._call("GET", f"/v1/keys/{quote(ring, safe='')}")

    def key_preview(self, ring: str) -> dict[str, Any]:
        """What its destruction would take away."""
        path = f"/v1/keys/{quote(ring, safe='')}/preview"
        return self._call("GET", path, timeout=KEYS_SECONDS)

    def key_check(self, ring: str | None = None) -> list[dict[str, Any]]:
        """Whether every wrapped key opens."""
        query = {} if ring is None else {"ring": ring}
        answer = self._send("GET", "/v1/key-check", params=query, timeout=KEYS_SECONDS)
        return list(answer.json()["rings"])

    def key_hygiene(self) -> list[dict[str, Any]]:
        """The life-cycle report."""
        return list(self._call("GET", "/v1/key-hygiene")["findings"])

    def change_keys(
        self, ring: str, verb: str, reason: str | None = None, kid: str | None = None
    ) -> dict[str, Any]:
        """`rotate`, `revoke`, `restore`, `destroy` or `approve`."""
        path = f"/v1/keys/{quote(ring, safe='')}/{verb}"
        return self._call("POST", path, {"reason": reason, "kid": kid}, timeout=KEYS_SECONDS)

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> dict[str, Any]:
        answer = self._send(method, path, json=body, timeout=timeout)
        return dict(answer.json()) if answer.content else {}

    def _send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **parts)
        except httpx.ConnectError as error:
            raise NotRunning(f"no gateway answers at `{self._socket}`") from error
        except httpx.HTTPError as error:
            raise Unavailable("the control door did not answer") from error
        if answer.is_success:
            return answer
        raise _error(answer)


def _error(answer: httpx.Response) -> StreamwardError:
    try:
        problem = dict(answer.json())
        detail, mistakes = str(problem["detail"]), tuple(problem.get("mistakes", ()))
    except (ValueError, KeyError, TypeError):
        problem, mistakes = {}, ()
        detail = f"the control door answered {answer.status_code}"
    kind = _ERRORS.get(answer.status_code, Unavailable)
    kind = _BY_CODE.get(str(problem.get("code")), kind)
    if kind is BundleInvalid and not mistakes:
        kind = PolicyInvalid
    error = kind(detail)
    if isinstance(error, BundleInvalid):
        error.mistakes = mistakes
    return error
