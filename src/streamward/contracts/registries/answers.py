"""What the data plane is told of schemas (docs/concepts/boundary.md)."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streamward.contracts.registries.schemas import (
    GuidsUnresolved,
    SchemaUnusable,
    registered_schema,
    schema_of_guid,
)
from streamward.contracts.registries.web import RegistryUnreachable, RegistryWeb
from streamward.errors import InvalidArgument
from streamward.log import Logger
from streamward.model.document import Bundle
from streamward.model.schema_registry import SchemaRegistry
from streamward.secrets import MaterialRefused

log = Logger(__name__)

ReadSecret = Callable[[str], bytes]
"""The bytes that a reference of the bundle names; raises StreamwardError."""


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The registries of a bundle, and how their secrets are read."""

    registries: Mapping[str, SchemaRegistry]
    read: ReadSecret


def registry_settings(bundle: Bundle, read: ReadSecret) -> RegistrySettings:
    """The registries of a bundle."""
    return RegistrySettings({one.name: one for one in bundle.of(SchemaRegistry)}, read)


class RegistryAnswers:
    """Asks registries for schemas by their ids. Blocks; a StreamwardError is worth trying again."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._registries = _Registries(settings)

    def configure(self, settings: RegistrySettings) -> None:
        """Another bundle is in force; whoever asks meanwhile goes on with what it began with."""
        self._registries = _Registries(settings)

    def answerers(self) -> dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]:
        """By type of question."""
        return {"schema": self.schema}

    def schema(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema of an id or GUID under one of these subjects, or that there is none.

        SECURITY: an id is what somebody wrote in front of a value; it selects a schema in the
        registry that the bundle names for the stream, and leads nowhere else.
        """
        registry, subjects = str(question["registry"]), question["subjects"]
        web = self._registries.web(registry, str(question["digest"]))
        guid = question.get("guid")
        try:
            with web.asking() as asking:
                if guid is None:
                    found = registered_schema(asking, int(question["id"]), subjects)
                else:
                    found = schema_of_guid(asking, str(guid), web.context, subjects)
        except SchemaUnusable as error:
            entry = question.get("id", guid)
            log.warning("schema not usable", target=registry, entry=entry, cause=error)
            return {"unusable": True}
        except GuidsUnresolved:
            return {"unresolved": True}
        except RegistryUnreachable as error:
            return {"unreachable": str(error)}
        if found is None:
            return {"unknown": True}
        return {
            "schema": found.text,
            "format": found.format,
            "references": [{"name": name, "schema": text} for name, text in found.references],
        }


class _Registries:
    """Those of one bundle. Clients are made from its settings, and never outlive them."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._webs: dict[str, RegistryWeb] = {}

    def web(self, name: str, digest: str) -> RegistryWeb:
        settings = self._settings
        registry = settings.registries.get(name)
        if registry is None:
            raise InvalidArgument(f"the bundle declares no schema registry `{name}`")
        if registry.digest() != digest:
            # SECURITY: while a bundle is loaded, the data plane may ask about what was declared
            # before, or is not yet: the answer of one registry is never kept as another's.
            what = f"the schema registry `{name}` is declared otherwise than where it was asked for"
            raise InvalidArgument(what)
        web = self._webs.get(name)
        if web is None:
            authorities = None if registry.ca is None else settings.read(registry.ca)
            web = RegistryWeb(registry, authorities, lambda: _authorization(registry, settings))
            self._webs[name] = web
        return web


def _authorization(registry: SchemaRegistry, settings: RegistrySettings) -> str | None:
    if registry.user is not None:
        password = settings.read(registry.user.password).rstrip(b"\r\n")
        shown = base64.b64encode(registry.user.name.encode() + b":" + password)
        return f"Basic {shown.decode()}"
    if registry.token is not None:
        token = settings.read(registry.token).strip()
        if not token or any(each not in _PRINTABLE for each in token):
            # SECURITY: what a header can't carry is shown by the errors of whoever tries.
            what = f"the token of the schema registry `{registry.name}` can't stand in a header"
            raise MaterialRefused(f"{what}: it is empty, or not printable ASCII without blanks")
        return f"Bearer {token.decode('ascii')}"
    return None


_PRINTABLE: Final = range(0x21, 0x7F)
