"""The text that `kafka-acls --list` prints, read back."""

import re
from dataclasses import dataclass

from streamward.errors import InvalidArgument
from streamward.policy.kafka_acls.acl import Acl, Operation, PatternType, Permission, ResourceType

LISTING_BYTES_MAX = 64 * 1024 * 1024

_RESOURCE = re.compile(
    r"Current ACLs for resource `ResourcePattern\("
    r"resourceType=(\w+), name=(.*), patternType=(\w+)\)`:"
)
# A name may hold what separates the fields, so the last of each is taken.
_ENTRY = re.compile(r"\(principal=(.*), host=(.*), operation=(\w+), permissionType=(\w+)\)")
_FILTERED = re.compile(r"ACLs for principal `(.*)`")


@dataclass(frozen=True, slots=True)
class Listing:
    """The ACLs of a listing, and the principals that it was restricted to."""

    acls: tuple[Acl, ...]
    only: tuple[str, ...] = ()
    """Not empty: ACLs of others, `User:*` among them, may exist and aren't there."""


def read_listing(text: str) -> Listing:
    """Read a listing. Raises InvalidArgument with the number of the first line that is no part."""
    acls: dict[Acl, None] = {}
    only: list[str] = []
    resource: tuple[ResourceType, str, PatternType] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        try:
            if match := _RESOURCE.fullmatch(line.strip()):
                resource = (ResourceType(match[1]), match[2], PatternType(match[3]))
            elif (match := _ENTRY.fullmatch(line.strip())) and resource is not None:
                operation, permission = Operation(match[3]), Permission(match[4])
                acls[Acl(*resource, match[1], match[2], operation, permission)] = None
            elif match := _FILTERED.fullmatch(line.strip()):
                only.append(match[1])
            elif line.strip():
                raise InvalidArgument(
                    f"line {number} is no part of what `kafka-acls --list` prints"
                )
        except ValueError as error:
            raise InvalidArgument(f"line {number} has a word that isn't known: {error}") from error
    return Listing(tuple(acls), tuple(only))
