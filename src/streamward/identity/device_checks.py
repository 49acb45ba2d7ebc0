"""What must hold of the inventory of devices."""

from collections.abc import Iterator

from streamward.model.device_inventory import DeviceInventory
from streamward.model.document import Bundle, Mistake
from streamward.model.manifest import Environment, Manifest
from streamward.model.url import is_loopback_url


def one_inventory_over_https(bundle: Bundle) -> Iterator[Mistake]:
    """Two would contradict each other, and whoever can change one can be on any device."""
    heads = bundle.of(Manifest)
    development = bool(heads) and heads[0].environment is Environment.DEVELOPMENT
    for number, document in enumerate(bundle.documents_of(DeviceInventory)):
        inventory = document.value
        assert isinstance(inventory, DeviceInventory)
        if number > 0:
            what = "a bundle has at most one document of kind DeviceInventory"
            yield document.mistake(what, suggestion="remove one of them")
        url = inventory.url
        if url is None or url.startswith("https://") or (development and is_loopback_url(url)):
            continue
        yield document.mistake(
            f"`{url}` is not over TLS, so others could say what devices are like",
            "url",
            suggestion="use `https:`; `http:` is for loopback in environment `development`",
        )


CHECKS = (one_inventory_over_https,)
