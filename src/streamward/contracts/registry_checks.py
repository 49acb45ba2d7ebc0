"""What must hold of schema registries, and of contracts whose schemas are in one."""

from collections.abc import Iterator

from streamward.contracts.contract import contracts, fields_of, schema_of, sources_of, validation_of
from streamward.model.document import Bundle, Mistake
from streamward.model.manifest import Environment, Manifest
from streamward.model.schema_registry import SchemaRegistry
from streamward.model.url import is_loopback_url


def registries_over_https(bundle: Bundle) -> Iterator[Mistake]:
    """Whoever can change what a registry says decides what a stream may carry."""
    heads = bundle.of(Manifest)
    development = bool(heads) and heads[0].environment is Environment.DEVELOPMENT
    for document in bundle.documents_of(SchemaRegistry):
        registry = document.value
        assert isinstance(registry, SchemaRegistry)
        if registry.url.startswith("https://"):
            continue
        if not (development and is_loopback_url(registry.url)):
            yield document.mistake(
                f"`{registry.url}` is not over TLS, so others could answer for the registry",
                "url",
                suggestion="use `https:`; `http:` is for loopback in environment `development`",
            )


def masks_of_known_schemas(bundle: Bundle) -> Iterator[Mistake]:
    """A mask must fit its field, and which fields a registry's schemas have is not known here."""
    for document, contract in contracts(bundle):
        found = schema_of(contract)
        if found is None or found[1].registry is None:
            continue
        for field in fields_of(contract):
            if field.masks is not None:
                yield document.mistake(
                    f"`{field.name}` has a mask, but its schema is in a registry",
                    *field.mask_place,
                    suggestion="name the schema by `file`, with its `schema_ids`",
                )


def validations_of_something(bundle: Bundle) -> Iterator[Mistake]:
    """Reads are held to a schema only where there is one."""
    for document, contract in contracts(bundle):
        said = validation_of(contract)
        if said.read != "off" and not list(sources_of(contract)):
            yield document.mistake(
                "reads can't be validated: the contract has no schema",
                "schema",
                0,
                suggestion="add `streamward.schema` to `customProperties`",
            )


CHECKS = (registries_over_https, masks_of_known_schemas, validations_of_something)
