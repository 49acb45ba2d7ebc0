"""What must hold of the authorities of listeners, and of the proxies in front of them."""

from collections.abc import Iterator

from streamward.model.authority import CertificateAuthority
from streamward.model.control_door import ControlDoor
from streamward.model.document import Bundle, Mistake
from streamward.model.nearest import meant
from streamward.model.network import Network
from streamward.model.principal import CertificateCredential, Principal
from streamward.model.topology import Listener


def authorities_asked(bundle: Bundle) -> Iterator[Mistake]:
    """Authorities whose certificates no listener takes."""
    if bundle.broken:
        return
    taken = _taken(bundle)
    for document in bundle.documents_of(CertificateAuthority):
        if document.name not in taken:
            yield document.mistake(
                "no listener takes certificates of this authority",
                suggestion="name it in `client_authorities` of a listener, or remove it",
                severity="warning",
            )


def certificates_without_an_issuer(bundle: Bundle) -> Iterator[Mistake]:
    """Where no listener has a `client_ca`, a credential that names no issuer is nobody's."""
    taken = _taken(bundle)
    if bundle.broken or not taken or None in taken:
        return
    for document in bundle.documents_of(Principal):
        assert isinstance(document.value, Principal)
        for index, credential in enumerate(document.value.credentials):
            if isinstance(credential, CertificateCredential) and credential.issuer is None:
                yield document.mistake(
                    "nobody can prove it: it names no issuer, and no listener has a `client_ca`",
                    "credentials",
                    index,
                    suggestion="name who signs it in `issuer`",
                    severity="warning",
                )


def _taken(bundle: Bundle) -> set[str | None]:
    """The authorities of all listeners and doors; None stands for a `client_ca`."""
    taken: set[str | None] = set()
    for listener in bundle.of(Listener):
        if listener.tls is not None and listener.tls.client_certificate != "none":
            taken.update(listener.tls.client_authorities)
            taken.update({None} if listener.tls.client_ca is not None else ())
    for door in bundle.of(ControlDoor):
        taken.update(door.tls.client_authorities)
        taken.update({None} if door.tls.client_ca is not None else ())
    return taken


def proxies_are_declared(bundle: Bundle) -> Iterator[Mistake]:
    """The networks of proxies exist, and are not everybody."""
    networks = {network.name: network.addresses for network in bundle.of(Network)}
    declared = bundle.names("Network")
    for document in bundle.documents_of(Listener):
        assert isinstance(document.value, Listener)
        proxies = document.value.proxy_protocol
        for index, source in enumerate(proxies.sources if proxies is not None else ()):
            path = ("proxy_protocol", "sources", index)
            name = source.removeprefix("network:")
            if source.startswith("network:") and name not in declared:
                hint = meant(name, declared) or "declare a document of kind Network"
                yield document.mistake(f"there is no Network `{name}`", *path, suggestion=hint)
            addresses = networks.get(name, ()) if source != name else (source,)
            if any(address.endswith("/0") for address in addresses):
                yield document.mistake(
                    "everybody would be a proxy, and could claim to come from anywhere",
                    *path,
                    suggestion="name the addresses of the proxies",
                )


CHECKS = (authorities_asked, certificates_without_an_issuer, proxies_are_declared)
