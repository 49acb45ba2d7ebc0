"""The HTTP shape of the control door: parse, call one verb, render."""

from typing import Any, Final, Literal

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from streamward import __version__
from streamward.errors import (
    BundleInvalid,
    InvalidArgument,
    NotFound,
    NotPermitted,
    PolicyInvalid,
    StreamwardError,
    Unavailable,
)
from streamward.log import Logger
from streamward.server.body_limit import BodyLimit
from streamward.server.caller import Peer
from streamward.server.credentials import (
    AddBody,
    CredentialDoor,
    CredentialsView,
    CredentialView,
    IssuedView,
    ReasonBody,
    RotateBody,
)
from streamward.server.documents import (
    ContainBody,
    ContainmentsView,
    ContainmentView,
    HealthView,
    LiftBody,
    LivenessView,
    PolicyView,
    Problem,
    ReadinessView,
    ReloadView,
)
from streamward.server.door import ControlDoor
from streamward.server.door import Request as ContainRequest
from streamward.server.erasing import EraseBody, EraseDoor, ErasedView
from streamward.server.keys import KeyDoor
from streamward.server.keys_api import key_routes
from streamward.server.versions import ApplyBody, VersionDoor, VersionView

log = Logger(__name__)

PEER_SCOPE: Final = "streamward.peer"
"""Where the protocol puts the peer's process in the ASGI scope."""

_STATUS: Final[tuple[tuple[type[StreamwardError], int], ...]] = (
    (NotPermitted, 403),
    (NotFound, 404),
    (BundleInvalid, 409),
    (PolicyInvalid, 409),
    (InvalidArgument, 400),
    (Unavailable, 503),
)

_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": text}
    for status, text in (
        (400, "has no meaning"),
        (403, "denied by the policy"),
        (404, "does not exist"),
        (409, "the bundle has mistakes"),
        (413, "the body is too long"),
        (422, "the body is not as described"),
        (503, "can't be recorded or done now; nothing happened"),
    )
}


def peer(request: Request) -> Peer:
    """The process at the other end. Raises NotPermitted where nobody says who it is."""
    found = request.scope.get(PEER_SCOPE)
    if not isinstance(found, Peer):
        raise NotPermitted("the caller's process is unknown")
    return found


def control_api(
    door: ControlDoor,
    credentials: CredentialDoor,
    versions: VersionDoor,
    erasing: EraseDoor,
    keys: KeyDoor,
) -> FastAPI:
    """The application; the verbs, their authorisation and their record are the door's."""
    api = FastAPI(
        title="Streamward control door",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=_PROBLEMS,
        generate_unique_id_function=lambda route: route.name,
    )
    _watchers(api, door)
    _readers(api, door)
    _writers(api, door)
    _credentials(api, credentials)
    _versions(api, versions)
    _erasing(api, erasing)
    key_routes(api, keys, peer)
    _errors(api)
    api.add_middleware(BodyLimit)
    return api


def _watchers(api: FastAPI, door: ControlDoor) -> None:
    """What monitoring asks: nothing of the policy, and without a record."""

    @api.get("/metrics", response_class=Response)
    async def metrics(request: Request) -> Response:
        """All figures, as Prometheus' text or OpenMetrics."""
        peer(request)
        content_type, text = await door.metrics(request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    @api.get("/health/live")
    async def live(request: Request, response: Response) -> LivenessView:
        """Whether the data plane's event loop turns; 503 where it doesn't."""
        peer(request)
        view = LivenessView.model_validate(await door.health(), extra="ignore")
        response.status_code = 200 if view.live else 503
        return view

    @api.get("/health/ready")
    async def ready(request: Request, response: Response) -> ReadinessView:
        """Whether clients may come, and what is missing; 503 where they may not."""
        peer(request)
        view = ReadinessView.model_validate(await door.health())
        response.status_code = 200 if view.ready else 503
        return view


def _readers(api: FastAPI, door: ControlDoor) -> None:
    @api.get("/v1/health")
    async def health(request: Request) -> HealthView:
        """Whether the door answers; asks nothing of the policy and records nothing."""
        peer(request)
        return HealthView(status="ok")

    @api.get("/v1/status")
    async def status(request: Request) -> dict[str, Any]:
        """Listeners, connections, counters and versions."""
        return await door.status(peer(request))

    @api.get("/v1/policy")
    async def policy(request: Request) -> PolicyView:
        """The version of the policy in force."""
        return PolicyView.model_validate(await door.policy(peer(request)))

    @api.get("/v1/containments")
    async def list_containments(request: Request) -> ContainmentsView:
        """The containments that are open."""
        found = await door.containments(peer(request))
        return ContainmentsView(containments=tuple(ContainmentView.of(one) for one in found))


def _writers(api: FastAPI, door: ControlDoor) -> None:
    @api.post("/v1/containments", status_code=201)
    async def contain(request: Request, body: ContainBody) -> ContainmentView:
        """Open a containment; it is in force when the answer arrives."""
        wanted = ContainRequest(
            verb=body.verb,
            target_type=body.target.type,
            name=body.target.name,
            reason=body.reason,
            expires=body.expires,
            owner=body.owner,
        )
        return ContainmentView.of(await door.contain(peer(request), wanted))

    @api.delete("/v1/containments/{identifier}", status_code=204)
    async def lift(request: Request, identifier: str, body: LiftBody) -> None:
        """End a containment before its time."""
        await door.lift(peer(request), identifier, body.reason, body.owner)

    @api.post("/v1/reload")
    async def reload(request: Request) -> ReloadView:
        """Read the bundle again; with mistakes in it the old one stays in force."""
        return ReloadView.model_validate(await door.reload(peer(request)))


def _credentials(api: FastAPI, door: CredentialDoor) -> None:
    @api.get("/v1/credentials")
    async def list_credentials(request: Request, principal: str | None = None) -> CredentialsView:
        """Passwords in the identity store."""
        found = await door.list(peer(request), principal)
        return CredentialsView(credentials=tuple(CredentialView.of(one) for one in found))

    @api.get("/v1/credentials/{identifier}")
    async def show_credential(request: Request, identifier: str) -> CredentialView:
        """One of them."""
        return CredentialView.of(await door.show(peer(request), identifier))

    @api.post("/v1/credentials", status_code=201)
    async def add_credential(request: Request, body: AddBody) -> IssuedView:
        """Make a password for a principal; the answer is the only place where it is shown."""
        return IssuedView.of(await door.add(peer(request), body))

    @api.post("/v1/credentials/{identifier}/rotate", status_code=201)
    async def rotate_credential(request: Request, identifier: str, body: RotateBody) -> IssuedView:
        """Make another password beside one, which ends after the overlap."""
        return IssuedView.of(await door.rotate(peer(request), identifier, body))

    @api.post("/v1/credentials/{identifier}/{verb}")
    async def change_credential(
        request: Request,
        identifier: str,
        verb: Literal["disable", "enable", "revoke", "remove"],
        body: ReasonBody,
    ) -> CredentialView:
        """End a credential, or take that back; connections feel it within a second."""
        return CredentialView.of(await door.change(peer(request), identifier, verb, body.reason))


def _versions(api: FastAPI, door: VersionDoor) -> None:
    @api.post("/v1/versions", status_code=201)
    async def apply(request: Request, body: ApplyBody) -> VersionView:
        """Put a version of the bundle in force; it is, and is kept, when the answer arrives."""
        return VersionView.of(await door.apply(peer(request), body))


def _erasing(api: FastAPI, door: EraseDoor) -> None:
    @api.post("/v1/erasures", status_code=201)
    async def erase(request: Request, body: EraseBody) -> ErasedView:
        """Erase what entries of the log only commit to; they stay valid."""
        return await door.erase(peer(request), body)


def _errors(api: FastAPI) -> None:
    @api.exception_handler(StreamwardError)
    async def known(request: Request, error: StreamwardError) -> JSONResponse:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        mistakes = error.mistakes if isinstance(error, BundleInvalid) else ()
        return _problem(status, str(error), error.code, error.help, map(str, mistakes))

    @api.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg'].lower()}" for e in error.errors()]
        return _problem(422, "; ".join(problems), "invalid", "")

    @api.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> JSONResponse:
        return _problem(error.status_code, str(error.detail).lower(), "invalid", "")

    @api.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> JSONResponse:
        log.error("control door failed", cause=repr(error))
        return _problem(500, "the control door failed; see the gateway's log", "internal", "")


def _problem(
    status: int, detail: str, code: str, help_text: str, mistakes: Any = ()
) -> JSONResponse:
    problem = Problem(
        type="about:blank",
        title=code,
        status=status,
        detail=detail,
        code=code,
        help=help_text,
        mistakes=tuple(mistakes),
    )
    return JSONResponse(
        problem.model_dump(), status_code=status, media_type="application/problem+json"
    )
