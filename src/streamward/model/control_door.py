"""The control door over mutual TLS: where programs that seal and open by themselves get keys."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import (
    AuthorityName,
    AuthorityReference,
    CertificateReference,
    ClusterName,
    KeyReference,
    Name,
)
from streamward.model.topology import Host, Port

GRANT_MILLISECONDS: Final = 300_000
"""For how long a program uses a key before it asks again, unless the bundle says otherwise."""
GRANT_MILLISECONDS_MIN: Final = 60_000
GRANT_MILLISECONDS_MAX: Final = 900_000
"""A longer grant would be a longer time in which a revocation is not felt."""
REQUEST_MILLISECONDS: Final = 10_000
REQUEST_MILLISECONDS_MIN: Final = 1_000
REQUEST_MILLISECONDS_MAX: Final = 60_000


class ControlDoorTls(Noun):
    """The door's certificate, and who signs those of programs. TLS 1.3, and never without one."""

    certificate: CertificateReference
    key: KeyReference
    client_ca: AuthorityReference | None = None
    """Who signs the certificates of programs whose credentials name no `issuer`."""
    client_authorities: tuple[AuthorityName, ...] = Field(default=(), max_length=20)
    """Who else does; each speaks for its own names only."""


class ControlDoor(Noun):
    """Where programs that seal or open by themselves get data keys, over mutual TLS.

    Nothing else of the control door is reachable there.
    """

    name: Name
    """Not that of a listener: the log names both in one field."""
    cluster: ClusterName
    """Whose streams the programs write and read."""
    bind: Host = "127.0.0.1"
    """The address that is listened on."""
    port: Port = 9463
    tls: ControlDoorTls
    grant: Duration = GRANT_MILLISECONDS
    """For how long a program may use a key before it asks again, from `1m` to `15m`; a revocation
    is felt then at the latest."""
    grants_per_second: Annotated[int, Field(ge=1, le=10_000)] = 10
    """Requests of one principal."""
    grants_burst: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Requests of one principal at once, after a pause."""
    connections_max: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    """Connections at one time; half of them from one source. Each is for one request."""
    request_timeout: Duration = REQUEST_MILLISECONDS
    """How long a program may take to send its request, and to take its answer."""

    @model_validator(mode="after")
    def _minutes(self) -> Self:
        if not GRANT_MILLISECONDS_MIN <= self.grant <= GRANT_MILLISECONDS_MAX:
            raise ValueError("`grant` is between `1m` and `15m`")
        if not REQUEST_MILLISECONDS_MIN <= self.request_timeout <= REQUEST_MILLISECONDS_MAX:
            raise ValueError("`request_timeout` is between `1s` and `60s`")
        return self
