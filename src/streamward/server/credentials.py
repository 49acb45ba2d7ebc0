"""The control door's verbs on stored credentials, and their bodies."""

from typing import Annotated, Any

from pydantic import Field, SecretStr, StringConstraints

from streamward.clock import now_milliseconds
from streamward.errors import InvalidArgument
from streamward.identity.credential import StoredCredential
from streamward.identity.service import IdentityService, Issued, Wanted
from streamward.model.action import Action
from streamward.model.duration import parse_duration
from streamward.secrets import Secret
from streamward.server.caller import Peer
from streamward.server.documents import Body, Line
from streamward.server.door import ControlDoor

IdText = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")
]
LengthText = Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,8}[smhd]|0)$")]


class AddBody(Body):
    """A credential to add."""

    principal: IdText
    id: IdText | None = None
    class_name: IdText | None = Field(default=None, alias="class")
    valid_for: LengthText | None = Field(default=None, description="Until it ends: `90d`.")
    valid_in: LengthText | None = Field(default=None, description="Until it begins: `2h`.")
    password: SecretStr | None = Field(
        default=None, description="Instead of one that is made; of at least 16 characters."
    )


class RotateBody(Body):
    """How long the old password holds beside the new one."""

    overlap: LengthText | None = None


class ReasonBody(Body):
    """Why; it stands in the log."""

    reason: Line


class CredentialView(Body):
    """A credential; times are milliseconds since 1970 as text. Never with its verifiers."""

    id: str
    principal: str
    class_name: str | None = Field(serialization_alias="class")
    state: str
    created: str
    not_before: str | None
    expires: str | None
    last_used: str | None
    successor: str | None
    reason: str | None

    @classmethod
    def of(cls, one: StoredCredential) -> "CredentialView":
        """The view of a credential as it is now."""

        def text(time: int | None) -> str | None:
            return None if time is None else str(time)

        return cls(
            id=one.id,
            principal=one.principal,
            class_name=one.class_name,
            state=str(one.state(now_milliseconds())),
            created=str(one.created),
            not_before=text(one.not_before),
            expires=text(one.expires),
            last_used=text(one.last_used),
            successor=one.successor,
            reason=one.reason,
        )


class IssuedView(Body):
    """A credential that was made; its password is shown this once."""

    credential: CredentialView
    password: str = Field(repr=False)

    @classmethod
    def of(cls, issued: Issued) -> "IssuedView":
        """With the password in the clear."""
        password = issued.password.value.decode()
        return cls(credential=CredentialView.of(issued.credential), password=password)


class CredentialsView(Body):
    """Credentials by principal, the newest first."""

    credentials: tuple[CredentialView, ...]


class CredentialDoor:
    """Authorised and recorded as every verb of the door is, then done."""

    def __init__(self, door: ControlDoor, identities: IdentityService) -> None:
        self._door = door
        self._identities = identities

    async def list(self, peer: Peer, principal: str | None) -> list[StoredCredential]:
        """All credentials, or those of a principal."""
        await self._door.authorize(peer, Action.INSPECT, "identity list", _given(principal))
        return await self._identities.list(principal)

    async def show(self, peer: Peer, identifier: str) -> StoredCredential:
        """One credential. Raises NotFound."""
        await self._door.authorize(peer, Action.INSPECT, "identity show", _of(identifier))
        return await self._identities.show(identifier)

    async def add(self, peer: Peer, body: AddBody) -> Issued:
        """Make a password for a principal."""
        given = body.model_dump(exclude={"password"}, exclude_none=True, by_alias=True)
        caller = await self._door.authorize(peer, Action.MANAGE_CREDENTIALS, "identity add", given)
        start = _later(body.valid_in, None)
        wanted = Wanted(
            principal=body.principal,
            id=body.id,
            class_name=body.class_name,
            not_before=start,
            expires=_later(body.valid_for, start),
            password=_password(body.password),
        )
        return await self._identities.add(caller, wanted)

    async def rotate(self, peer: Peer, identifier: str, body: RotateBody) -> Issued:
        """Give a principal another password beside the old one."""
        given = _of(identifier) | body.model_dump(exclude_none=True)
        caller = await self._door.authorize(
            peer, Action.MANAGE_CREDENTIALS, "identity rotate", given
        )
        overlap = None if body.overlap is None else _length(body.overlap)
        return await self._identities.rotate(caller, identifier, overlap)

    async def change(self, peer: Peer, identifier: str, verb: str, reason: str) -> StoredCredential:
        """`disable`, `enable`, `revoke` or `remove` a credential; felt within a second."""
        done = {
            "disable": self._identities.disable,
            "enable": self._identities.enable,
            "revoke": self._identities.revoke,
            "remove": self._identities.remove,
        }.get(verb)
        if done is None:
            raise InvalidArgument(f"`{verb}` is nothing that can be done to a credential")
        caller = await self._door.authorize(
            peer, Action.MANAGE_CREDENTIALS, f"identity {verb}", _of(identifier)
        )
        return await done(caller, identifier, reason)


PASSWORD_CHARACTERS_MIN = 16


def _password(given: SecretStr | None) -> Secret | None:
    if given is None:
        return None
    text = given.get_secret_value()
    if not PASSWORD_CHARACTERS_MIN <= len(text) <= 1024:
        raise InvalidArgument(
            f"a password has between {PASSWORD_CHARACTERS_MIN} and 1024 characters"
        )
    return Secret(text.encode())


def _of(identifier: str) -> dict[str, Any]:
    return {"credential": identifier[:200]}


def _given(principal: str | None) -> dict[str, Any]:
    return {} if principal is None else {"principal": principal[:200]}


def _length(text: str) -> int:
    return 0 if text == "0" else parse_duration(text)


def _later(text: str | None, start: int | None) -> int | None:
    if text is None:
        return None
    return (now_milliseconds() if start is None else start) + _length(text)
