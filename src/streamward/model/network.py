"""Where callers come from."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from streamward.model.document import Noun
from streamward.model.fields import Name, Text


def _addresses(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        if "host bits" not in str(error):
            raise
        whole, host = ip_network(text, strict=False), text.partition("/")[0]
        what = f"`{text}` has host bits set: write `{whole}` for the network, or `{host}` alone"
        raise ValueError(what) from None
    return text


AddressRange = Annotated[str, Field(max_length=64), AfterValidator(_addresses)]
"""Addresses in CIDR notation, without host bits: `10.0.0.0/8`, `2001:db8::/32`."""


class Network(Noun):
    """Addresses that go by one name in rules."""

    name: Name
    description: Text | None = None
    addresses: tuple[AddressRange, ...] = Field(min_length=1, max_length=1000)


def _source(text: str) -> str:
    if not text.startswith("network:"):
        network = ip_network(text)
        if network.version == 6 and network.network_address.ipv4_mapped is not None:
            raise ValueError("write an IPv4 address as such, not in IPv6 form")
    return text


Source = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_source)]
"""`network:NAME`, or addresses as in a Network: `10.0.0.7`, `10.0.0.0/8`, `2001:db8::/32`."""
