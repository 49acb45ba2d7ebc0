"""Networks that are smaller or larger than whoever wrote them thinks."""

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network

from streamward.model.document import Bundle, Mistake
from streamward.model.network import Network
from streamward.policy.lints.effects import grants

_ANYBODY_PREFIX = 1
"""A network of half of all addresses is no restriction."""


def _judged(text: str) -> tuple[str, str] | None:
    """What is odd about addresses, and what to do; None: nothing."""
    network = ip_network(text)
    if network.prefixlen <= _ANYBODY_PREFIX:
        what = f"`{text}` is every address, so it restricts nobody"
        return what, "name the networks from which people really come"
    is_host = network.prefixlen == network.max_prefixlen
    if is_host and isinstance(network, IPv4Network) and str(network.network_address).endswith(".0"):
        zeros = 16 if str(network.network_address).endswith(".0.0") else 24
        what = f"`{text}` is one address, and looks like a network"
        return what, f"write `{network.network_address}/{zeros}`, or another length"
    return None


def networks(bundle: Bundle) -> Iterator[Mistake]:
    """Addresses in documents of kind Network."""
    for document in bundle.documents_of(Network):
        assert isinstance(document.value, Network)
        for index, text in enumerate(document.value.addresses):
            found = _judged(text)
            if found is not None:
                what, hint = found
                yield document.mistake(
                    what, "addresses", index, suggestion=hint, severity="warning"
                )


def sources(bundle: Bundle) -> Iterator[Mistake]:
    """Addresses in grants."""
    for document, grant in grants(bundle):
        for index, text in enumerate(grant.sources):
            found = None if text.startswith("network:") else _judged(text)
            if found is not None:
                what, hint = found
                yield document.mistake(what, "sources", index, suggestion=hint, severity="warning")


WARNINGS = (networks, sources)
