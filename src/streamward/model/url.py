"""Addresses of services that the gateway asks over HTTP."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints


def _url(text: str) -> str:
    parts = urlsplit(text)
    try:
        usable = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or parts.fragment:
        raise ValueError("write it as `https://HOST/PATH`, without a user or a fragment")
    return text


Url = Annotated[
    str, StringConstraints(max_length=1000, pattern=r"^https?://[!-~]+$"), AfterValidator(_url)
]


def is_loopback_url(url: str) -> bool:
    """Whether a URL leads to this machine only."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
