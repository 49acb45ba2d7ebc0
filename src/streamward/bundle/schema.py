"""JSON Schema of the kinds of documents, for editors."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from streamward.bundle.descriptions import describe
from streamward.model.document import DocumentKind

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: DocumentKind) -> dict[str, Any]:
    """The schema of one kind, `kind:` included."""
    describe(kind.model)
    schema = kind.model.model_json_schema(mode="validation")
    properties = {
        "kind": {"const": kind.name, "description": "What this document declares."},
        **schema.get("properties", {}),
    }
    required = ["kind", *schema.get("required", [])]
    return {
        "$schema": DIALECT,
        **schema,
        "title": kind.name,
        "properties": properties,
        "required": required,
    }


def any_kind(kinds: Iterable[DocumentKind]) -> dict[str, Any]:
    """One schema for any document of a bundle; the kinds' own schemas stand beside it."""
    return {
        "$schema": DIALECT,
        "title": "A document of a Streamward bundle",
        "type": "object",
        "required": ["kind"],
        "oneOf": [{"$ref": file_name(kind)} for kind in kinds],
    }


def file_name(kind: DocumentKind) -> str:
    """Where the schema of a kind is written."""
    return f"{kind.name}.schema.json"


def schema_files(kinds: Iterable[DocumentKind]) -> dict[str, str]:
    """File name → text of every schema."""
    known = tuple(kinds)
    schemas = {file_name(kind): json_schema(kind) for kind in known}
    schemas["bundle.schema.json"] = any_kind(known)
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas.items()}


def export(kinds: Iterable[DocumentKind], directory: Path) -> tuple[Path, ...]:
    """Write every schema into a folder; gives the files."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in sorted(schema_files(kinds).items()):
        path = directory / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)
