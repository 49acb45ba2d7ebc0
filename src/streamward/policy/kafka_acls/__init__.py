"""Kafka's ACLs as grants: what they decide is what the grants decide."""

from streamward.policy.kafka_acls.acl import Acl, Operation, PatternType, Permission, ResourceType
from streamward.policy.kafka_acls.convert import Conversion, convert
from streamward.policy.kafka_acls.finding import Finding, Outcome
from streamward.policy.kafka_acls.listing import Listing, read_listing
from streamward.policy.kafka_acls.names import Declared
from streamward.policy.kafka_acls.write import is_ours, report, write_files, yaml_text

__all__ = [
    "Acl",
    "Conversion",
    "Declared",
    "Finding",
    "Listing",
    "Operation",
    "Outcome",
    "PatternType",
    "Permission",
    "ResourceType",
    "convert",
    "is_ours",
    "read_listing",
    "report",
    "write_files",
    "yaml_text",
]
