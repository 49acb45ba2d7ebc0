"""The `policy` section of a snapshot: what the evaluator in Rust reads."""

import hashlib
import json
from typing import Any

import msgspec


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Cedar policy, where it was written, and for which prefixes it can matter."""

    id: str
    source: str
    cedar: str
    slices: tuple[str, ...] = ()


class RoleEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role and those that it includes."""

    name: str
    includes: tuple[str, ...]


class NamespaceEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A prefix of names and the tenant that it belongs to."""

    prefix: str
    tenant: str


class StreamEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stream, or all that start with a prefix, and what they carry."""

    name: str | None
    prefix: str | None
    classes: tuple[str, ...]


class ClassEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data class and its level."""

    name: str
    level: str


class NetworkEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A network and its addresses."""

    name: str
    addresses: tuple[str, ...]


class PolicySection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides, under one version."""

    version: str
    schema: str
    rules: tuple[Rule, ...]
    roles: tuple[RoleEntry, ...]
    tenants: tuple[str, ...]
    namespaces: tuple[NamespaceEntry, ...]
    streams: tuple[StreamEntry, ...]
    classes: tuple[ClassEntry, ...]
    networks: tuple[NetworkEntry, ...]


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no blanks, UTF-8."""
    text = json.dumps(
        msgspec.to_builtins(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return text.encode()


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """What rules look at in a principal; its credentials are not part of a policy."""

    id: str
    type: str
    tenant: str | None
    roles: tuple[str, ...]
    mfa: bool
    device_posture: str | None


def version_of(section: PolicySection, environment: str, members: tuple[Member, ...]) -> str:
    """`sha256:` and the digest over everything that decides: the canonical section without its
    version, the environment, and what rules look at in the principals.
    """
    fields = msgspec.to_builtins(section)
    del fields["version"]
    decides = {"environment": environment, "policy": fields, "principals": members}
    return "sha256:" + hashlib.sha256(canonical(decides)).hexdigest()
