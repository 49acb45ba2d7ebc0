"""Secrets by reference: files, environment variables, and stores that lease and rotate them."""

from streamward.secrets.keeper import SecretKeeper, Tended
from streamward.secrets.local import resolve
from streamward.secrets.material import (
    MATERIAL_BYTES_MAX,
    MaterialMissing,
    MaterialRefused,
    Secret,
)
from streamward.secrets.ports import Access, SecretUnavailable, Store, StoreSettings
from streamward.secrets.reference import (
    STORE_SCHEMES,
    TOKEN_SCHEME,
    StoreReference,
    parse_reference,
)

__all__ = [
    "MATERIAL_BYTES_MAX",
    "STORE_SCHEMES",
    "TOKEN_SCHEME",
    "Access",
    "MaterialMissing",
    "MaterialRefused",
    "Secret",
    "SecretKeeper",
    "SecretUnavailable",
    "Store",
    "StoreReference",
    "StoreSettings",
    "Tended",
    "parse_reference",
    "resolve",
]
