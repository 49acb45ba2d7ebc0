"""References to secrets in stores: `SCHEME:STORE/PATH?version=V#FIELD`."""

import re
from dataclasses import dataclass
from typing import Final

from streamward.secrets.material import MaterialRefused

STORE_SCHEMES: Final = ("vault", "aws-sm", "spiffe")
"""Schemes whose secrets are in a declared store."""

TOKEN_SCHEME: Final = "token"  # noqa: S105
"""`token:CLUSTER` is the access token of a cluster's OAuth client. No bundle can refer to it."""

_FORM: Final = re.compile(
    r"(?P<scheme>vault|aws-sm|spiffe):(?P<store>[A-Za-z0-9][A-Za-z0-9._@-]*)/(?P<path>[A-Za-z0-9/_+=.@:-]+)"
    r"(?:\?(?P<key>version|stage)=(?P<value>[A-Za-z0-9_.-]{1,256}))?(?:#(?P<field>[^#?\s]{1,256}))?"
)


@dataclass(frozen=True, slots=True)
class Location:
    """What a store is asked for at once: a path, and which version of it; None: the present one."""

    path: str
    version: str | None = None
    stage: str | None = None
    """A version's label in AWS Secrets Manager, such as `AWSPREVIOUS`."""


@dataclass(frozen=True, slots=True)
class StoreReference:
    """A secret in a store; `field` selects one value of a secret that holds several."""

    scheme: str
    store: str
    location: Location
    field: str | None


def parse_reference(reference: str) -> StoreReference | None:
    """The parts of a reference to a store; None where its scheme is another.

    Raises MaterialRefused where it isn't of the form.
    """
    scheme = reference.partition(":")[0]
    if scheme == TOKEN_SCHEME:
        name = reference.removeprefix(f"{TOKEN_SCHEME}:")
        return StoreReference(scheme, name, Location(name), None)
    if scheme not in STORE_SCHEMES:
        return None
    match = _FORM.fullmatch(reference)
    # SECURITY: `..` and empty parts could lead to another endpoint than the one that was reviewed.
    if match is None or not all(part.strip(".") for part in match["path"].split("/")):
        raise MaterialRefused(
            f"`{reference}` is not a reference: write `{scheme}:STORE/PATH#FIELD`"
        )
    version = match["value"] if match["key"] == "version" else None
    stage = match["value"] if match["key"] == "stage" else None
    if scheme == "vault" and (match["field"] is None or stage is not None):
        what = "names no field (`#FIELD`)" if stage is None else "has a stage, which Vault lacks"
        raise MaterialRefused(f"`{reference}` {what}")
    if scheme == "spiffe" and (match["field"] is None or match["key"] is not None):
        raise MaterialRefused(
            f"`{reference}` is not of the Workload API: write `spiffe:STORE/svid#certificate`, "
            "`spiffe:STORE/svid#key` or `spiffe:STORE/bundle#TRUST_DOMAIN`"
        )
    if version is not None and scheme == "vault" and not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise MaterialRefused(f"`{reference}`: versions of Vault are numbers")
    return StoreReference(
        scheme, match["store"], Location(match["path"], version, stage), match["field"]
    )
