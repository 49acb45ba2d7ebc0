"""Rules that are valid and probably don't mean what they say: told as warnings."""

from streamward.policy.lints import cedar_conditions, cedar_names, effects, expiry, networks

CHECKS = (
    *effects.CHECKS,
    *expiry.CHECKS,
    *networks.CHECKS,
    *cedar_names.CHECKS,
    *cedar_conditions.CHECKS,
)

__all__ = ["CHECKS"]
