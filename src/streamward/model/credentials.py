"""Where stored passwords are, and how long those of each class last."""

from typing import Self

from pydantic import Field, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import DatabaseReference, Name, StoreKeyReference, Text

_DAY = 86_400_000


class IdentityStore(Noun):
    """Passwords that no document declares: made and ended by `streamward identity`.

    A bundle has at most one.
    """

    name: Name
    key: StoreKeyReference
    """32 random bytes in base64, as `openssl rand -base64 32` prints them: verifiers are encrypted
    with it. Other keys are derived from it, so all gateways with one store need the same."""
    previous_keys: tuple[StoreKeyReference, ...] = Field(default=(), max_length=5)
    """Keys of before: what they encrypt can be read, and is encrypted anew at the start."""
    url: DatabaseReference | None = None
    """A database's URL, such as `postgresql+psycopg://user:password@host/name`. Without it, SQLite
    in the gateway's state directory."""
    iterations: int = Field(default=8192, ge=4096, le=1_000_000)
    """How slow each guess is; new verifiers take so many rounds."""


class CredentialClass(Noun):
    """How long stored passwords last; one named `default` holds for those without a class."""

    name: Name
    description: Text | None = None
    lifetime: Duration | None = None
    """From when it is made until it ends. Without it, for ever, unless `--expires` says otherwise.
    """
    warn_before: Duration = 14 * _DAY
    """An entry of the log warns so long before the end."""
    overlap: Duration = _DAY
    """After a rotation the old password holds as long, so that clients change without a gap."""
    unused_after: Duration | None = None
    """What nobody has used for so long is reported in the log."""
    disable_unused: bool = False
    """And ended at once."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.disable_unused and self.unused_after is None:
            raise ValueError("`disable_unused` needs `unused_after`")
        return self
