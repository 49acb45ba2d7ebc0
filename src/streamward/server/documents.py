"""Bodies of the control door's requests and answers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from streamward.response.containment import Containment, TargetType, Verb

Line = Annotated[str, StringConstraints(min_length=1, max_length=1024, strip_whitespace=True)]
NameText = Annotated[str, StringConstraints(min_length=1, max_length=249)]
ExpiryText = Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,8}[smhd]|never)$")]


class Body(BaseModel):
    """Base of every body: no field that isn't declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TargetBody(Body):
    """What is contained."""

    type: TargetType
    name: NameText


class ContainBody(Body):
    """A containment to open."""

    verb: Verb
    target: TargetBody
    reason: Line
    expires: ExpiryText = Field(description="How long: `30m`, `2h`, `1d`, or `never`.")
    owner: Line | None = Field(default=None, description="Who answers for it; else the caller.")


class LiftBody(Body):
    """Why a containment ends before its time."""

    reason: Line
    owner: Line | None = None


class ContainmentView(Body):
    """An open containment."""

    id: str
    verb: Verb
    target: TargetBody
    owner: str
    reason: str
    expires: str | None = Field(description="Milliseconds since 1970, or null: until lifted.")
    alert: str | None

    @classmethod
    def of(cls, containment: Containment) -> "ContainmentView":
        """The view of a containment."""
        expires = containment.expires_milliseconds
        return cls(
            id=containment.id,
            verb=containment.verb,
            target=TargetBody(type=containment.target_type, name=containment.name),
            owner=containment.owner,
            reason=containment.reason,
            expires=None if expires is None else str(expires),
            alert=containment.alert,
        )


class ContainmentsView(Body):
    """The open containments."""

    containments: tuple[ContainmentView, ...]


class ReloadView(BaseModel):
    """What a reload put in force."""

    version: str
    overlay_epoch: int | None = None


class PolicyView(Body):
    """The policy in force."""

    version: str


class HealthView(Body):
    """The door answers."""

    status: str


class HealthCheckView(BaseModel):
    """One part of the gateway, and what is wrong with it."""

    name: str
    ok: bool
    detail: str | None = None


class ReadinessView(BaseModel):
    """Whether clients may come; one cluster of several may be missing all the same."""

    live: bool
    ready: bool
    checks: tuple[HealthCheckView, ...]


class LivenessView(BaseModel):
    """Whether the data plane's event loop turns."""

    live: bool


class Problem(BaseModel):
    """An error (RFC 9457): `code` is stable, `help` says what to do next."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    help: str = ""
    mistakes: tuple[str, ...] = ()
