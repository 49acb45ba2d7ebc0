"""Rules that are valid and probably don't mean what they say: mostly told as warnings."""

from streamward.policy.lints import cedar_conditions, cedar_names, effects, expiry, networks

CHECKS = (*expiry.CHECKS, *cedar_names.CHECKS, *cedar_conditions.CHECKS)
WARNINGS = (*effects.WARNINGS, *networks.WARNINGS)

__all__ = ["CHECKS", "WARNINGS"]
