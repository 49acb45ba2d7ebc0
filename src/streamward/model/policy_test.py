"""What a policy is expected to decide, case by case."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.fields import Name, PrincipalName, Text
from streamward.model.grant import TARGET_CHARACTERS_MAX, ActionWord
from streamward.model.network import AddressRange

ContextText = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Seconds = Annotated[int, Field(ge=0, le=2**53)]


class CaseContext(Noun):
    """The circumstances of a case. Its time is a Monday at noon unless it says otherwise, in UTC;
    everything else that is left out is as in `streamward policy explain`.
    """

    source: AddressRange | None = None
    """The address of the caller; it says in which networks the caller is."""
    tls: bool | None = None
    tls_version: Literal["1.2", "1.3"] | None = None
    tls_cipher: ContextText | None = None
    mechanism: (
        Literal[
            "certificate",
            "PLAIN",
            "SCRAM-SHA-256",
            "SCRAM-SHA-512",
            "OAUTHBEARER",
            "plaintext",
            "unix",
        ]
        | None
    ) = None
    mfa: bool | None = None
    mfa_age: Seconds | None = None
    credential_age: Seconds | None = None
    authentication_age: Seconds | None = None
    environment: ContextText | None = None
    hour: int | None = Field(default=None, ge=0, le=23)
    minute: int | None = Field(default=None, ge=0, le=1439)
    """Minute of the day."""
    weekday: int | None = Field(default=None, ge=1, le=7)
    """1 Monday to 7 Sunday."""
    device_posture: ContextText | None = None
    device_status: ContextText | None = None
    client_software_name: ContextText | None = None
    client_software_version: ContextText | None = None
    roles: tuple[Name, ...] | None = Field(default=None, max_length=100)
    """Roles that the caller's token asserts beside the declared ones."""

    def request(self) -> dict[str, Any]:
        """The context of a decision request."""
        fields = self.model_dump(mode="json", exclude_none=True)
        has_time = self.hour is not None or self.minute is not None
        return {"weekday": 1} | ({} if has_time else {"hour": 12}) | fields


class Case(Noun):
    """One request, and what must be decided."""

    name: Text
    """What it is about, in words: reports name it."""
    principal: PrincipalName
    action: ActionWord
    on: Annotated[str, StringConstraints(min_length=1, max_length=TARGET_CHARACTERS_MAX)]
    """A stream's `NAME`, `group:NAME`, `transaction:NAME` or `cluster`."""
    context: CaseContext = CaseContext()
    expect: Literal["allow", "deny"]
    rule: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    """One of the rules that must decide it: its whole id, or a grant's or class's without `#…`;
    `default` where no rule may allow it."""


class PolicyTest(Noun):
    """Cases that `streamward policy test` decides with the evaluator of the gateway."""

    name: Name
    description: Text | None = None
    cases: tuple[Case, ...] = Field(min_length=1, max_length=1_000)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [case.name for case in self.cases]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two cases are called `{twice}`")
        return self
