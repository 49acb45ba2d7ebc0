"""Cases that say what a policy must decide, how they end, and which rules none of them needed."""

from streamward.policy.cases.gate import failed_cases
from streamward.policy.cases.junit import junit
from streamward.policy.cases.run import Report, Result, run_cases

__all__ = ["Report", "Result", "failed_cases", "junit", "run_cases"]
