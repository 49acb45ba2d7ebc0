"""Where the state of devices is looked up."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import AuthorityReference, Name, PasswordReference, Text
from streamward.model.url import Url

_MINUTE = 60_000


class DeviceInventory(Noun):
    """A list of devices by principal: `device_posture` and `device_status` come from it alone.

    When it can't be read for so long that it is older than `age_max`, nothing is known of any
    device, and what requires something of one is denied.
    """

    name: Name
    description: Text | None = None
    file: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None
    """A JSON file that something else keeps up to date; its age counts from its last change."""
    url: Url | None = None
    """Or where it is read over HTTP; exactly one of `file` and `url`."""
    token: PasswordReference | None = None
    """The bearer token to read it with."""
    ca: AuthorityReference | None = None
    """Who signed the certificate of the host in `url`, if no authority of the system's."""
    covers: Literal["users", "everyone"] = "users"
    """Whose devices it knows; of others, what a token or the bundle says counts."""
    refresh: Duration = Field(default=_MINUTE, ge=1_000)
    """How often it is read."""
    age_max: Duration = 15 * _MINUTE
    """From then on it is too old."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.file is None) == (self.url is None):
            raise ValueError("give exactly one of `file` and `url`")
        if self.url is None and (self.token is not None or self.ca is not None):
            raise ValueError("`token` and `ca` belong to a `url`")
        if self.age_max < self.refresh:
            raise ValueError("`age_max` is less than `refresh`, so it would always be too old")
        return self
