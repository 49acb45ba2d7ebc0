"""Where schemas are that a bundle does not hold itself: registries that speak Confluent's API."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import Name, PasswordReference, Text
from streamward.model.secret_store import CaFile, HttpsAddress

_MINUTE = 60_000


class RegistryBasic(Noun):
    """A user and a password (HTTP Basic)."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^:]+$")]
    password: PasswordReference


class SchemaRegistry(Noun):
    """A schema registry that speaks Confluent's API, such as Confluent's own or Apicurio."""

    name: Name
    url: HttpsAddress
    """Where the API begins: `https://registry.example.org:8081`, or Apicurio's `…/apis/ccompat/v7`.
    """
    ca: CaFile | None = None
    """Who signed its certificate; without it, the authorities that the machine trusts."""
    basic: RegistryBasic | None = None
    token: PasswordReference | None = None
    """A bearer token, instead of `basic`."""
    unavailable: Literal["refuse", "serve"] = "refuse"
    """What becomes of records whose schema id isn't known here while the registry doesn't answer:
    a retriable error, or they pass unvalidated. Masked streams refuse in any case."""
    timeout: Duration = Field(default=3_000, ge=1_000, le=4_000)
    """How long one question may take."""
    unknown_for: Duration = Field(default=30_000, ge=1_000, le=10 * _MINUTE)
    """How long an id that the registry doesn't know stays unknown without asking again."""
    description: Text | None = None

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if self.basic is not None and self.token is not None:
            raise ValueError("give `basic` or `token`, not both")
        return self
