"""The control door over TLS, as the data plane has it: a listener that grants keys."""

from typing import Final

from msgspec.structs import replace

from streamward.gateway.documents import (
    GrantsEntry,
    ListenerEntry,
    ListenerLimits,
    ListenerTls,
    PortNodes,
    PortRouting,
)
from streamward.gateway.limit_entries import listener_limits
from streamward.model.control_door import ControlDoor
from streamward.model.limits import ListenerLimits as DeclaredLimits

CONNECTIONS_PER_PRINCIPAL_MAX: Final = 1_000_000
"""Those at listeners count too, and it is their limit that holds."""


def door_entry(door: ControlDoor) -> ListenerEntry:
    """Accepted, proved, bounded and counted as a listener's connections are; it has no brokers."""
    return ListenerEntry(
        name=door.name,
        cluster=door.cluster,
        bind=door.bind,
        advertise=door.bind,
        routing=PortRouting(
            bootstrap_port=door.port, nodes=PortNodes(first_id=0, count=0, first_port=door.port)
        ),
        proxy_protocol=None,
        tls=ListenerTls(
            certificate=door.tls.certificate,
            key=door.tls.key,
            client_ca=door.tls.client_ca,
            client_authorities=door.tls.client_authorities,
            client_certificate="required",
            version_min="1.3",
        ),
        mechanisms=(),
        bound_tokens=False,
        plaintext_principal=None,
        durability="strict",
        unrecorded="refuse",
        authentication="certificate",
        session_lifetime_milliseconds_max=None,
        limits=_limits(door),
        grants=GrantsEntry(
            milliseconds=door.grant,
            per_second=door.grants_per_second,
            burst=door.grants_burst,
        ),
    )


def _limits(door: ControlDoor) -> ListenerLimits:
    declared = DeclaredLimits(
        connections_max=door.connections_max,
        connections_per_principal_max=CONNECTIONS_PER_PRINCIPAL_MAX,
    )
    limits, within = listener_limits(declared), door.request_timeout
    timeouts = replace(
        limits.timeout_milliseconds, request=within, request_total=within, answer=within
    )
    return replace(limits, timeout_milliseconds=timeouts)
