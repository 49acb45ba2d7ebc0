"""What must hold between providers, rings and access classes."""

from collections.abc import Iterator

from streamward.model.document import Bundle, Document, Mistake
from streamward.model.keys import AccessClass, KeyProvider, KeyRing, KeyStore
from streamward.model.manifest import Environment, Manifest
from streamward.model.nearest import meant
from streamward.model.sealing import Sealing
from streamward.model.stream import DataClass, Stream


def local_files_for_development(bundle: Bundle) -> Iterator[Mistake]:
    """Whoever reads the disk of the gateway has the keys in a local file."""
    heads = bundle.of(Manifest)
    if not heads or heads[0].environment is not Environment.PRODUCTION:
        return
    for document in bundle.documents_of(KeyProvider):
        assert isinstance(document.value, KeyProvider)
        if document.value.type == "local-file":
            yield document.mistake(
                "keys in a local file are refused in environment `production`",
                "type",
                suggestion="use `vault-transit`, `aws-kms` or `pkcs11`",
            )


def a_key_for_each_ring(bundle: Bundle) -> Iterator[Mistake]:
    """Two rings with one key could not be destroyed without each other."""
    seen: dict[tuple[str, str], Document] = {}
    backends = {one.name: one.backend for one in bundle.of(KeyProvider)}
    for document in bundle.documents_of(KeyRing):
        ring = document.value
        assert isinstance(ring, KeyRing)
        first = seen.setdefault((backends.get(ring.provider, ring.provider), ring.key), document)
        if first is not document:
            what = f"the key `{ring.key}` of `{ring.provider}` is that of `{first.name}` too"
            hint = f"give each ring a key of its own; the first is at {first.place('key')}"
            yield document.mistake(what, "key", suggestion=hint)


def declared_readers(bundle: Bundle) -> Iterator[Mistake]:
    """Readers are roles and principals of the bundle."""
    names = {"role": bundle.names("Role"), "principal": bundle.names("Principal")}
    for document in bundle.documents_of(AccessClass):
        assert isinstance(document.value, AccessClass)
        for index, reader in enumerate(document.value.readers):
            kind, _, name = reader.partition(":")
            if name not in names[kind]:
                hint = meant(name, names[kind]) or f"declare a document of kind {kind.title()}"
                what = f"there is no {kind.title()} `{name}`"
                yield document.mistake(what, "readers", index, suggestion=hint)
        if not document.value.readers:
            yield document.mistake(
                f"nobody is in the access class `{document.name}`",
                "readers",
                suggestion="add `role:NAME` or `principal:NAME`",
                severity="warning",
            )


def rings_in_use(bundle: Bundle) -> Iterator[Mistake]:
    """Rings that nothing is sealed under."""
    if bundle.broken:
        return
    used = {
        document.value.seal.ring
        for document in (*bundle.documents_of(Stream), *bundle.documents_of(DataClass))
        if isinstance(document.value, Stream | DataClass)
        and isinstance(document.value.seal, Sealing)
    }
    for document in bundle.documents_of(KeyRing):
        if document.name not in used:
            yield document.mistake(
                f"nothing is sealed under the ring `{document.name}`",
                suggestion="name it in the `seal:` of a Stream or a DataClass, or remove it",
                severity="warning",
            )


def one_key_store(bundle: Bundle) -> Iterator[Mistake]:
    """A data key lies in one place."""
    stores = bundle.documents_of(KeyStore)
    for store in stores[1:]:
        first = stores[0].place()
        yield store.mistake("a bundle has one key store", suggestion=f"first in {first}")


CHECKS = (
    local_files_for_development,
    a_key_for_each_ring,
    declared_readers,
    rings_in_use,
    one_key_store,
)
