"""What must hold of the control door over TLS: a place of its own, and somebody who can come."""

from collections.abc import Iterator

from streamward.contracts.sealing import sealed_streams
from streamward.model.control_door import ControlDoor
from streamward.model.document import Bundle, Document, Mistake
from streamward.model.topology import Listener, Metrics, same_address


def _doors(bundle: Bundle) -> Iterator[tuple[Document, ControlDoor]]:
    for document in bundle.documents_of(ControlDoor):
        assert isinstance(document.value, ControlDoor)
        yield document, document.value


def place_of_its_own(bundle: Bundle) -> Iterator[Mistake]:
    """No listener, door or place of figures has the same port, and none the same name."""
    taken = [
        (document, f"listener `{listener.name}`", listener.bind, listener.used_ports())
        for document in bundle.documents_of(Listener)
        if isinstance(listener := document.value, Listener)
    ]
    taken += [
        (document, "the figures", metrics.bind, (metrics.port,))
        for document in bundle.documents_of(Metrics)
        if isinstance(metrics := document.value, Metrics)
    ]
    listeners = {document.name: document for document in bundle.documents_of(Listener)}
    for document, door in _doors(bundle):
        for other, called, bind, ports in taken:
            if door.port in ports and same_address(door.bind, bind):
                yield document.mistake(
                    f"port {door.port} is also taken by {called}",
                    "port",
                    suggestion=f"choose another; the first is at {other.place()}",
                )
        if door.name in listeners:
            yield document.mistake(
                f"a Listener is called `{door.name}` too, and the log names both in one field",
                "name",
                suggestion=f"choose another; the first is at {listeners[door.name].place()}",
            )
        taken.append((document, f"ControlDoor `{door.name}`", door.bind, (door.port,)))


def somebody_can_come(bundle: Bundle) -> Iterator[Mistake]:
    """Nobody gets in without a certificate, so somebody must be known to sign them."""
    for document, door in _doors(bundle):
        if door.tls.client_ca is None and not door.tls.client_authorities:
            yield document.mistake(
                "programs prove who they are by certificates, but no authority is named",
                "tls",
                suggestion="add `client_ca:` or `client_authorities:`",
            )


def something_to_grant(bundle: Bundle) -> Iterator[Mistake]:
    """Keys are for programs that seal or open by themselves."""
    if bundle.broken or not bundle.documents_of(ControlDoor):
        return
    for _, seal in sealed_streams(bundle):
        if seal.sealed_by == "producer" or seal.opened_by == "consumer":
            return
    for document, _ in _doors(bundle):
        yield document.mistake(
            "there is no key to grant: the gateway seals and opens every sealed stream",
            suggestion="declare `sealed_by: producer` or `opened_by: consumer` of a stream, or "
            "remove the door",
            severity="warning",
        )


CHECKS = (place_of_its_own, somebody_can_come, something_to_grant)
