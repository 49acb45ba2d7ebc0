"""A registry that knows schemas by the ids that records carry (Confluent's API)."""

import hashlib
import json
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import AuthorityReference, Name, PasswordReference, Text
from streamward.model.url import Url

_SECOND = 1_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE


class RegistryUser(Noun):
    """As whom the registry is asked, with HTTP Basic authentication (RFC 7617)."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^:]+$")]
    password: PasswordReference


class SchemaRegistry(Noun):
    """A schema registry that speaks Confluent's API: Confluent's own, Apicurio, Karapace.

    Contracts name it in `streamward.schema`; each record then says by an id which schema it is of.
    """

    name: Name
    description: Text | None = None
    url: Url
    """Where its API is: what stands before `/schemas` and `/subjects`."""
    user: RegistryUser | None = None
    token: PasswordReference | None = None
    """Shown as a bearer token (RFC 6750)."""
    ca: AuthorityReference | None = None
    """Who signed its certificate; without it, one of the authorities that the system trusts."""
    timeout: Duration = Field(default=4 * _SECOND, ge=100, le=4_500)
    """For one schema with all that it refers to; the data plane waits for 5 s."""
    cache: Duration = Field(default=5 * _MINUTE, ge=_SECOND, le=24 * _HOUR)
    """How long an id that is known is not asked for again; a version that was deleted is refused
    after so long."""
    unknown_cache: Duration = Field(default=30 * _SECOND, ge=_SECOND, le=10 * _MINUTE)
    """How long an id that isn't known is not asked for again. For one principal on one stream, at
    most 32 ids are asked for in vain in this time."""
    on_outage: Literal["refuse", "serve-cached"] = "refuse"
    """While it gives no answer: producers are told to try again once `cache` is over, or what is
    cached serves on. An id that is not cached can't be judged: producers try again."""
    outage_max: Duration = Field(default=_HOUR, ge=_MINUTE, le=7 * 24 * _HOUR)
    """For how long what is cached serves on, with `serve-cached`."""

    def digest(self) -> str:
        """`sha256:` and the digest of all that it declares: where the registry is, as whom it is
        asked (references, never secrets), by which rules. Another digest is another registry,
        whose answers are not those of this one.
        """
        declared = self.model_dump(mode="json", exclude={"description"})
        text = json.dumps(declared, sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.user is not None and self.token is not None:
            raise ValueError("give `user` or `token`, not both")
        return self
