"""Where applied versions of a bundle are kept, and who signs them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from streamward.model.document import Noun
from streamward.model.fields import Name, SigningKeyReference


class VersionHistory(Noun):
    """Where applied versions are kept, and by which key they are signed; else as defaults say."""

    name: Name
    folder: Annotated[str, StringConstraints(pattern=r"^/.+", max_length=1000)] | None = None
    """An absolute path; by default `versions` beside the folder of the log."""
    key: SigningKeyReference | None = None
    """The Ed25519 key that signs each version, PKCS#8 in PEM. Required in production; elsewhere
    one is made in the folder by default."""
    previous_keys: tuple[SigningKeyReference, ...] = Field(default=(), max_length=10)
    """Keys before it: what they signed is still believed, and they sign nothing new."""
