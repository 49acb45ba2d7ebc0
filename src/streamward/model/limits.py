"""How much anyone may ask of a gateway: bounds of listeners, of the whole gateway, and quotas."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from streamward.model.document import Noun
from streamward.model.duration import Duration
from streamward.model.fields import Name, Text

PerSecond = Annotated[int, Field(ge=1, le=10**12)]

EVERYONE = "everyone"

QuotaSubject = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^(everyone|(role|principal|tenant):.+)$")
]
"""`everyone`, `tenant:NAME`, `role:NAME` or `principal:NAME`."""


class Timeouts(Noun):
    """How long what may take before the connection ends; judged once a second."""

    handshake: Duration = 10_000
    """A TLS handshake."""
    authentication: Duration = 15_000
    """From the first byte until the client has proved who it is."""
    request: Duration = 60_000
    """From one byte of a request to the next; also its wait for memory."""
    request_total: Duration = 600_000
    """A whole request, from its first byte to its last."""
    answer: Duration = 60_000
    """A client that takes nothing of its answer."""
    idle: Duration = 600_000
    """A connection on which nothing happens; a muted client is not idle."""
    dial: Duration = 10_000
    """The connection to a broker."""
    broker: Duration = 360_000
    """A broker that owes an answer and sends nothing; longer than any poll or rebalance."""


class Lockout(Noun):
    """When somebody who guesses passwords has to wait: a second, then twice as long each time."""

    failures: int = Field(default=5, ge=1, le=1_000)
    """Failures of one name from one source without a wait."""
    source_failures: int = Field(default=100, ge=1, le=1_000_000)
    """Failures of one source without a wait, whatever the names."""
    longest: Duration = 60_000
    """The longest wait."""


class ListenerLimits(Noun):
    """What one listener takes in at most."""

    connections_max: int = Field(default=1000, ge=1, le=1_000_000)
    """Connections at one time."""
    connections_per_source_max: int | None = Field(default=None, ge=1, le=1_000_000)
    """Of them from one address, or one /64 of IPv6. By default half of `connections_max`."""
    connections_per_principal_max: int | None = Field(default=None, ge=1, le=1_000_000)
    """Connections of one principal on all listeners. By default half of `connections_max`."""
    source_connections_per_second: int = Field(default=50, ge=1, le=1_000_000)
    """New connections from one source."""
    source_connections_burst: int = Field(default=500, ge=1, le=1_000_000)
    """New connections from one source at once after a pause."""
    frame_bytes_max: int = Field(default=104_857_600, ge=1024, le=2**31 - 1)
    """Bytes of one request or answer."""
    in_flight_max: int = Field(default=64, ge=1, le=10_000)
    """Requests of one connection that wait for their answers."""
    in_flight_bytes_max: int = Field(default=134_217_728, ge=1024, le=2**40)
    """Bytes of the requests that wait for their answers; one is never too large."""
    array_elements_max: int = Field(default=250_000, ge=100, le=10_000_000)
    """Elements of all arrays of one request."""
    values_max: int = Field(default=500_000, ge=1000, le=10_000_000)
    """Values of one request that is decoded, of 56 bytes each."""
    tagged_fields_max: int = Field(default=10_000, ge=0, le=1_000_000)
    """Tagged fields of one request."""
    names_max: int = Field(default=20_000, ge=1, le=1_000_000)
    """Resources that one request names, each as often as a right on it is asked for."""
    produce_bytes_per_second: PerSecond | None = None
    """Bytes of Produce requests of all clients together; without it, no limit."""
    fetch_bytes_per_second: PerSecond | None = None
    """Bytes of answers to Fetch to all clients together; without it, no limit."""
    requests_per_second: PerSecond | None = None
    """Requests of all clients together; without it, no limit."""
    rate_burst: Duration = 10_000
    """How much of the three rates may be spent at once after a pause."""
    failure_delay_milliseconds: int = Field(default=250, ge=0, le=60_000)
    """A wrong password is answered no sooner than this."""
    lockout: Lockout = Lockout()
    """Never of a name alone, so that nobody can lock out others."""
    timeouts: Timeouts = Timeouts()

    @property
    def per_source_max(self) -> int:
        """Connections of one source, as declared or by default."""
        return self.connections_per_source_max or max(1, self.connections_max // 2)

    @property
    def per_principal_max(self) -> int:
        """Connections of one principal, as declared or by default."""
        return self.connections_per_principal_max or max(1, self.connections_max // 2)


class GatewayLimits(Noun):
    """What one gateway takes in at most, over all its listeners."""

    buffered_bytes_max: int = Field(default=536_870_912, ge=1_048_576, le=2**40)
    """Bytes that the buffers of all connections hold; one frame may go beyond it at a time."""
    throttle_max: Duration = 300_000
    """The longest that a client is told to wait; what it owes beyond that is forgotten."""


class Quota(Noun):
    """How much principals may ask for; of each limit, the most specific quota holds."""

    id: Name
    description: Text | None = None
    to: tuple[QuotaSubject, ...] = Field(min_length=1, max_length=1000)
    """`everyone`, `tenant:NAME`, `role:NAME` or `principal:NAME`."""
    shared: bool = False
    """One budget for all of them together, beside what each may; otherwise each has its own."""
    produce_bytes_per_second: PerSecond | None = None
    """Bytes of Produce requests."""
    fetch_bytes_per_second: PerSecond | None = None
    """Bytes of answers to Fetch."""
    requests_per_second: PerSecond | None = None
    """Requests of any kind."""
    connections_max: int | None = Field(default=None, ge=1, le=1_000_000)
    """Connections at one time, instead of the listener's; not of a shared quota."""
    burst: Duration = 10_000
    """How much of a rate may be spent at once after a pause."""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if not self.limits():
            raise ValueError(
                "give at least one of `produce_bytes_per_second`, `fetch_bytes_per_second`, "
                "`requests_per_second` and `connections_max`"
            )
        if self.shared and self.connections_max is not None:
            raise ValueError("`connections_max` is of each principal; a shared quota has none")
        return self

    def limits(self) -> tuple[str, ...]:
        """The names of the limits that it sets."""
        names = (
            "produce_bytes_per_second",
            "fetch_bytes_per_second",
            "requests_per_second",
            "connections_max",
        )
        return tuple(name for name in names if getattr(self, name) is not None)
