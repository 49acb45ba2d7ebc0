"""Documents as YAML, always in the same words, so that a difference in git is one in meaning."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from streamward.errors import InvalidArgument
from streamward.model.action import Action
from streamward.model.document import Noun
from streamward.policy.kafka_acls.convert import Conversion

HEADER = "# Written by `streamward policy import kafka-acls`; importing again writes it anew.\n"
FILE_BYTES_MAX = 512 * 1024
"""Where the next file begins; a bundle's loader takes twice as much."""
LINE_CHARACTERS_MAX = 100

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._@-]*(?: [A-Za-z][A-Za-z0-9._@-]*)*")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def yaml_text(documents: Iterable[Noun]) -> str:
    """The documents, separated by `---`."""
    return "---\n".join(_document(document) for document in documents)


def files(conversion: Conversion) -> dict[str, str]:
    """The files of an import, by name: who, which streams, and what is granted."""
    parts = {
        "kafka-principals": (*conversion.tenants, *conversion.principals),
        "kafka-streams": conversion.streams,
        "kafka-grants": conversion.grants,
    }
    return {
        f"{name}.yaml" if number == 1 else f"{name}-{number}.yaml": HEADER + text
        for name, documents in parts.items()
        for number, text in enumerate(_texts(documents), start=1)
    }


def is_ours(name: str) -> bool:
    """Whether an import writes files of this name."""
    return re.fullmatch(r"kafka-(principals|streams|grants)(-[0-9]+)?\.yaml", name) is not None


def write_files(folder: Path, conversion: Conversion) -> tuple[Path, ...]:
    """Write the files; those of an import before that are not needed any more are deleted.

    Raises InvalidArgument, and writes nothing, where a file of such a name is somebody else's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = sorted(path for path in folder.iterdir() if is_ours(path.name))
    for path in before:
        if not path.read_text(encoding="utf-8", errors="replace").startswith(HEADER):
            raise InvalidArgument(f"`{path}` was not written by an import; move it away first")
    texts = files(conversion)
    for path in before:
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


def _texts(documents: Sequence[Noun]) -> Iterator[str]:
    part: list[str] = []
    size = 0
    for document in documents:
        text = _document(document)
        if part and size + len(text.encode()) > FILE_BYTES_MAX:
            yield "---\n".join(part)
            part, size = [], 0
        part.append(text)
        size += len(text.encode()) + 4
    if part:
        yield "---\n".join(part)


def _document(document: Noun) -> str:
    fields = document.model_dump(mode="python", exclude_defaults=True)
    lines = [f"kind: {type(document).__name__}"]
    for key, value in fields.items():
        lines += _field(key, value)
    return "\n".join(lines) + "\n"


def _field(key: str, value: Any) -> list[str]:
    if not isinstance(value, tuple | list):
        return [f"{key}: {_scalar(value)}"]
    items = [_mapping(each) if isinstance(each, dict) else _scalar(each) for each in value]
    line = f"{key}: [{', '.join(items)}]"
    is_short = len(line) <= LINE_CHARACTERS_MAX and not any("{" in item for item in items)
    return [line] if is_short else [f"{key}:", *(f"  - {item}" for item in items)]


def _mapping(fields: dict[str, Any]) -> str:
    inner = (f"{key}: {_scalar(each)}" for key, each in fields.items() if each is not None)
    return "{" + ", ".join(inner) + "}"


def _scalar(value: Any) -> str:
    if isinstance(value, Action):
        return value.word
    text = str(value.value) if hasattr(value, "value") else str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """A YAML string in double quotes with exactly this content."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def report(conversion: Conversion, paths: Iterable[Path] = ()) -> dict[str, Any]:
    """The import as JSON values."""
    return {
        "acls": conversion.acls,
        "grants": len(conversion.grants),
        "principals": dict(sorted(conversion.names.by_user.items())),
        "findings": [
            {"outcome": finding.outcome.value, "about": finding.about, "why": finding.why}
            for finding in conversion.findings
        ],
        "files": [str(path) for path in paths],
    }
