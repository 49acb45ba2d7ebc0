"""The schema files of a bundle: Avro `.avsc`, Protobuf `.proto`, JSON Schema `.schema.json`."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from streamward.model.document import FileKind, Mistake

KIND = "schema"
_SUFFIXES = (".avsc", ".proto", ".schema.json")


def _is_schema(path: PurePosixPath) -> bool:
    return path.name.endswith(_SUFFIXES)


def _read(path: str, text: str) -> tuple[str, Iterable[Mistake]]:
    # What is wrong with it depends on what it is used as: the contracts' checks say.
    return text, ()


SCHEMA_FILE = FileKind(KIND, room="contracts", matches=_is_schema, read=_read)
