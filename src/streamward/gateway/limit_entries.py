"""Limits and quotas as the snapshot says them: every default resolved, times in milliseconds."""

from streamward.gateway.documents import (
    GatewayLimits,
    ListenerLimits,
    Lockout,
    QuotaEntry,
    Timeouts,
)
from streamward.model import limits as model


def gateway_limits(limits: model.GatewayLimits) -> GatewayLimits:
    """What the whole gateway takes in at most."""
    return GatewayLimits(
        buffered_bytes_max=limits.buffered_bytes_max, throttle_milliseconds_max=limits.throttle_max
    )


def listener_limits(limits: model.ListenerLimits) -> ListenerLimits:
    """What a listener takes in at most."""
    derived = {
        "connections_per_source_max",
        "connections_per_principal_max",
        "rate_burst",
        "lockout",
        "timeouts",
    }
    return ListenerLimits(
        **limits.model_dump(exclude=derived),
        connections_per_source_max=limits.per_source_max,
        connections_per_principal_max=limits.per_principal_max,
        rate_burst_milliseconds=limits.rate_burst,
        lockout=Lockout(
            **limits.lockout.model_dump(exclude={"longest"}),
            milliseconds_max=limits.lockout.longest,
        ),
        timeout_milliseconds=Timeouts(**limits.timeouts.model_dump()),
    )


def quota_entry(quota: model.Quota) -> QuotaEntry:
    """How much principals may ask for."""
    return QuotaEntry(
        **quota.model_dump(exclude={"description", "burst"}), burst_milliseconds=quota.burst
    )
