"""Kafka compares a host with the text that Java makes of the caller's address, and so must we."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address


def address_of(host: str) -> str | None:
    """The one address whose text in Java is `host`; None where no address is written so."""
    try:
        if ":" not in host:
            return host if str(IPv4Address(host)) == host else None
        address = IPv6Address(host)
        if address.scope_id is not None:
            return None
    except AddressValueError:
        return None
    # Java shortens nothing, and turns an IPv4 address in IPv6 form into IPv4.
    groups = ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))
    return str(address) if groups == host and address.ipv4_mapped is None else None


def address_in_scope(host: str) -> str | None:
    """The address of `fe80:0:…%eth0` without its scope, which the gateway doesn't know."""
    address, percent, scope = host.partition("%")
    return address_of(address) if percent and re.fullmatch(r"\S+", scope) else None
