"""What is configured wrongly around the gateway: brokers that let others in."""

from streamward.posture.access import gateway_access, known_access
from streamward.posture.finding import Finding, Severity
from streamward.posture.inventory import BrokerListener, Brokers
from streamward.posture.ports import Access, Attempt, Outcome
from streamward.posture.service import Checked, check_cluster

__all__ = [
    "Access",
    "Attempt",
    "BrokerListener",
    "Brokers",
    "Checked",
    "Finding",
    "Outcome",
    "Severity",
    "check_cluster",
    "gateway_access",
    "known_access",
]
