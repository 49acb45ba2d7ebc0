"""Turn the message definitions that Kafka publishes into `rust/wire/src/kafka/table.rs`.

The definitions lie in the kafka-clients jar under `common/message/`. The table holds facts only:
every API, version, field, type and entity type. The wire crate reads any message by it.

    python tools/kafka_schemas.py --from-maven          # fetch the jar with Maven, write the table
    python tools/kafka_schemas.py --jar PATH            # use a jar that is there already
    python tools/kafka_schemas.py --jar PATH --check    # exit 1 if the committed table is stale
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KAFKA_VERSION = "4.3.1"
TABLE = Path(__file__).resolve().parent.parent / "rust/wire/src/kafka/table.rs"
FOLDER = "common/message/"

KINDS = {
    "bool": "Bool",
    "int8": "Int8",
    "int16": "Int16",
    "uint16": "Uint16",
    "int32": "Int32",
    "uint32": "Uint32",
    "int64": "Int64",
    "float64": "Float64",
    "uuid": "Uuid",
    "string": "Str",
    "bytes": "Bytes",
    "records": "Records",
}
ENTITIES = {
    "topicName": "TopicName",
    "groupId": "GroupId",
    "transactionalId": "TransactionalId",
    "producerId": "ProducerId",
    "brokerId": "BrokerId",
}
MESSAGE_KEYS = {
    "type", "name", "validVersions", "flexibleVersions", "fields", "apiKey", "listeners",
    "commonStructs", "latestVersionUnstable",
}  # fmt: skip
FIELD_KEYS = {
    "name", "type", "versions", "about", "fields", "default", "entityType", "nullableVersions",
    "ignorable", "mapKey", "tag", "taggedVersions", "zeroCopy", "flexibleVersions",
}  # fmt: skip

Document = dict[str, Any]
Versions = tuple[int, int] | None


class DefinitionInvalid(Exception):
    """A definition says something that this tool does not know; the table is not written."""


@dataclass
class Table:
    """What is collected while the definitions are walked."""

    ids: dict[str, int] = field(default_factory=dict)

    def id_of(self, constant: str) -> int:
        """The number of a new field; the order of the definitions makes it stable."""
        if constant in self.ids:
            raise DefinitionInvalid(f"two fields would be named `{constant}`")
        self.ids[constant] = len(self.ids)
        return self.ids[constant]


def screaming(name: str) -> str:
    """`TopicId` becomes `TOPIC_ID`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return parted.upper()


def versions(text: str) -> Versions:
    """`7-12`, `3+`, `4` or `none` as an inclusive range; 32767 stands for "and later"."""
    if text == "none":
        return None
    if text.endswith("+"):
        return int(text[:-1]), 32767
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def definitions(jar: Path) -> Iterator[Document]:
    """Every message definition in the jar, by file name, comments removed."""
    with zipfile.ZipFile(jar) as archive:
        properties = archive.read("kafka/kafka-version.properties").decode()
        if f"version={KAFKA_VERSION}" not in properties.splitlines():
            raise DefinitionInvalid(f"`{jar}` is not kafka-clients {KAFKA_VERSION}")
        names = (n for n in archive.namelist() if n.startswith(FOLDER) and n.endswith(".json"))
        for name in sorted(names):
            text = archive.read(name).decode()
            document: Document = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
            unknown = set(document) - MESSAGE_KEYS
            if unknown:
                raise DefinitionInvalid(f"`{name}` has unknown keys `{sorted(unknown)}`")
            yield document


def default_call(spec: Document, kind: str, array: bool) -> str:
    """The builder call for a default that is not zero, empty or false."""
    given = spec.get("default", "")
    text = str(given).lower() if isinstance(given, bool) else str(given)
    if text == "null":
        return ".null_default()"
    if text in ("", "false"):
        return ""
    if array or kind in ("Struct", "Bytes", "Records", "Uuid", "Float64"):
        raise DefinitionInvalid(f"default `{text}` of `{spec['name']}` is not understood")
    if kind == "Bool":
        return ".true_default()"
    if kind == "Str":
        return f".text({json.dumps(text)})"
    number = int(text, 0)
    return f".int({number})" if number else ""


def pair(range_: Versions) -> str:
    """A version range as two arguments; an empty one is `0, -1`."""
    first, last = range_ or (0, -1)
    return f"{first}, {'X' if last == 32767 else last}"


def row(spec: Document, common: dict[str, Document], path: str, table: Table) -> list[str]:
    """The lines of one field and of the fields inside it."""
    unknown = set(spec) - FIELD_KEYS
    if unknown:
        raise DefinitionInvalid(f"field `{path}` has unknown keys `{sorted(unknown)}`")
    constant = f"{path}_{screaming(spec['name'])}"
    array = spec["type"].startswith("[]")
    type_ = spec["type"].removeprefix("[]")
    kind = KINDS.get(type_, "Struct")
    line = f"r({table.id_of(constant)}, {json.dumps(spec['name'])}, {kind}, "
    line += pair(versions(spec["versions"])) + ")"
    line += ".array()" if array else ""
    if "nullableVersions" in spec:
        line += f".null({pair(versions(spec['nullableVersions']))})"
    if "taggedVersions" in spec:
        line += f".tag({spec['tag']}, {pair(versions(spec['taggedVersions']))})"
    if "flexibleVersions" in spec:
        line += f".flexible({pair(versions(spec['flexibleVersions']))})"
    line += default_call(spec, kind, array)
    line += ".ignorable()" if spec.get("ignorable") else ""
    if "entityType" in spec:
        line += f".of({ENTITIES[spec['entityType']]})"
    if kind != "Struct":
        return [line + ","]
    inner = spec.get("fields") or common[type_]["fields"]
    lines = [line + ".fields(&["]
    for child in inner:
        lines += ["    " + text for text in row(child, common, constant, table)]
    return [*lines, "]),"]


def message(document: Document, table: Table) -> list[str]:
    """The `Message` expression of one definition."""
    common = {s["name"]: s for s in document.get("commonStructs", ())}
    path = screaming(document["name"])
    lines = [f"Message::new({pair(versions(document['flexibleVersions']))}, &["]
    for spec in document["fields"]:
        lines += ["    " + text for text in row(spec, common, path, table)]
    return [*lines, "])"]


def api(request: Document, response: Document, table: Table) -> list[str]:
    """The `Api` expression of one request and its response."""
    valid = versions(request["validVersions"])
    if valid is None or valid != versions(response["validVersions"]):
        raise DefinitionInvalid(f"`{request['name']}` and its response differ in versions")
    first, last = valid
    unstable = bool(request.get("latestVersionUnstable"))
    name = request["name"].removesuffix("Request")
    broker = "broker" in request.get("listeners", ())
    lines = ["    Api {"]
    lines += [
        f"        key: ApiKey::{screaming(name)},",
        f"        name: {json.dumps(name)},",
    ]
    lines += [f"        versions: ({first}, {last - unstable}),"]
    lines += [f"        unstable_version: {f'Some({last})' if unstable else 'None'},"]
    lines += [f"        broker_listener: {str(broker).lower()},"]
    for role, document in (("request", request), ("response", response)):
        body = message(document, table)
        lines += [
            f"        {role}: {body[0]}",
            *("        " + text for text in body[1:-1]),
        ]
        lines += ["        ]),"]
    return [*lines, "    },"]


HEAD = f"""\
//! Every message of Kafka {KAFKA_VERSION}, as facts. Generated, do not edit:
//! `python tools/kafka_schemas.py --from-maven`

use super::api::{{Api, ApiKey}};
use super::spec::Entity::{{BrokerId, GroupId, ProducerId, TopicName, TransactionalId}};
use super::spec::Kind::{{
    Bool, Bytes, Float64, Int8, Int16, Int32, Int64, Records, Str, Struct, Uint16, Uuid,
}};
use super::spec::{{LATER as X, Message, row as r}};
"""


def render(documents: list[Document]) -> str:
    """The whole Rust file."""
    table = Table()
    named = {d["name"]: d for d in documents}
    requests = sorted((d for d in documents if d["type"] == "request"), key=lambda d: d["apiKey"])
    served = [d for d in requests if d["validVersions"] != "none"]
    removed = [d for d in requests if d["validVersions"] == "none"]
    body = ["", f"pub(super) static APIS: [Api; {len(served)}] = ["]
    for request in served:
        response = named[request["name"].removesuffix("Request") + "Response"]
        body += api(request, response, table)
    body += ["];", ""]
    for header in ("RequestHeader", "ResponseHeader"):
        lines = message(named[header], table)
        body += ["#[cfg(test)]", f"pub(super) static {screaming(header)}: Message = {lines[0]}"]
        body += [*lines[1:-1], "]);", ""]
    keys = ["", "/// The keys that Kafka names.", "impl ApiKey {"]
    for document in requests:
        name = document["name"].removesuffix("Request")
        keys += [f"    /// `{name}`.", f"    pub const {screaming(name)}: Self = "]
        keys[-1] += f"Self({document['apiKey']});"
    gone = ", ".join(f'({d["apiKey"]}, "{d["name"].removesuffix("Request")}")' for d in removed)
    keys += ["}", "", "/// Keys that Kafka no longer serves at any version."]
    keys += [
        f"pub(super) static REMOVED: [(i16, &str); {len(removed)}] =",
        f"    [{gone}];",
    ]
    fields = ["/// One constant for each place in each message that holds a field."]
    fields += ["pub mod field {", "    use crate::kafka::FieldId as F;", ""]
    fields += [f"    pub const {name}: F = F({number});" for name, number in table.ids.items()]
    return HEAD + "\n".join([*keys, *body, *fields, "}"]) + "\n"


def fetch(folder: Path) -> Path:
    """Copy the jar into `folder` with Maven, which checks its digest."""
    artifact = f"org.apache.kafka:kafka-clients:{KAFKA_VERSION}"
    command = ["mvn", "-q", "dependency:copy", f"-Dartifact={artifact}"]
    subprocess.run([*command, f"-DoutputDirectory={folder}"], check=True)
    return folder / f"kafka-clients-{KAFKA_VERSION}.jar"


def main() -> int:
    """Write the table, or say whether it is stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--jar", type=Path, help="a kafka-clients jar")
    source.add_argument("--from-maven", action="store_true", help="fetch the jar with Maven")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jar = arguments.jar or fetch(Path(folder))
        text = render(list(definitions(jar)))
    if not arguments.check:
        TABLE.write_text(text)
        return 0
    if TABLE.exists() and TABLE.read_text() == text:
        return 0
    sys.stderr.write(f"`{TABLE.name}` is stale: run `python tools/kafka_schemas.py --from-maven`\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
