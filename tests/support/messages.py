"""Kafka messages as bytes, by the definitions that Kafka publishes inside its client jar.

Independent of the product's own codec, so that a test that uses it proves something.
"""

import json
import re
import struct
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True)
class Api:
    key: int
    name: str
    versions: range
    request: dict
    response: dict

    def is_flexible(self, version: int) -> bool:
        return version in _versions(self.request["flexibleVersions"])


def load_apis(client_jar: Path) -> dict[str, Api]:
    """Every client API by name (`Metadata`), read from `kafka-clients-*.jar`."""
    requests: dict[int, dict] = {}
    responses: dict[int, dict] = {}
    with zipfile.ZipFile(client_jar) as jar:
        for entry in jar.namelist():
            if not (entry.startswith("common/message/") and entry.endswith(".json")):
                continue
            text = re.sub(r"(?m)(^|\s)//.*$", "", jar.read(entry).decode())
            document = json.loads(text)
            if document["type"] in ("request", "response"):
                kind = requests if document["type"] == "request" else responses
                kind[document["apiKey"]] = document
    return {
        each["name"].removesuffix("Request"): Api(
            key,
            each["name"].removesuffix("Request"),
            _versions(each["validVersions"]),
            each,
            responses[key],
        )
        for key, each in requests.items()
        if each["validVersions"] != "none"
    }


def encode_request(
    api: Api, version: int, correlation: int, values: Values, client: str | None = "raw"
) -> bytes:
    """A whole frame: length, header, body. Fields that `values` lacks get Kafka's defaults."""
    out = bytearray(struct.pack(">hhi", api.key, version, correlation))
    _write_string(out, client, flexible=False)
    if api.is_flexible(version):
        out.append(0)
    _Codec(api.request, version, api.is_flexible(version)).write_struct(
        out, api.request["fields"], values
    )
    return struct.pack(">i", len(out)) + bytes(out)


def decode_response(api: Api, version: int, frame: bytes) -> tuple[int, Values]:
    """Correlation id and fields of a response frame (without its length)."""
    reader = _Reader(frame)
    correlation = reader.unpack(">i")
    flexible = version in _versions(api.response["flexibleVersions"])
    if flexible and api.name != "ApiVersions":
        reader.skip_tagged()
    values = _Codec(api.response, version, flexible).read_struct(reader, api.response["fields"])
    assert reader.at == len(frame), f"{len(frame) - reader.at} bytes left over"
    return correlation, values


def _versions(text: str) -> range:
    if text == "none":
        return range(0)
    first, dash, last = text.partition("-")
    if text.endswith("+"):
        return range(int(text[:-1]), 32_768)
    return range(int(first), int(last if dash else first) + 1)


_NUMBERS = {
    "int8": ">b",
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "int64": ">q",
    "float64": ">d",
}


class _Codec:
    def __init__(self, document: dict, version: int, flexible: bool) -> None:
        self._common = {each["name"]: each for each in document.get("commonStructs", [])}
        self._version = version
        self._flexible = flexible

    def _is_here(self, field: dict) -> bool:
        return self._version in _versions(field["versions"])

    def _is_tagged(self, field: dict) -> bool:
        return self._version in _versions(field.get("taggedVersions", "none"))

    def _is_flexible(self, field: dict) -> bool:
        if "flexibleVersions" in field:
            return self._version in _versions(field["flexibleVersions"])
        return self._flexible

    def _fields(self, field: dict, type_: str) -> list[dict]:
        return field["fields"] if "fields" in field else self._common[type_]["fields"]

    # Writing

    def write_struct(self, out: bytearray, fields: list[dict], values: Values) -> None:
        unknown = set(values) - {field["name"] for field in fields}
        assert not unknown, f"no such fields: {unknown}"
        tagged: list[tuple[int, bytes]] = []
        for field in fields:
            if not self._is_here(field):
                continue
            if self._is_tagged(field):
                if field["name"] in values:
                    content = bytearray()
                    self._write(content, field, field["type"], values[field["name"]])
                    tagged.append((field["tag"], bytes(content)))
                continue
            value = values.get(field["name"], _default(field))
            self._write(out, field, field["type"], value)
        if self._flexible:
            _write_varint(out, len(tagged))
            for tag, content in sorted(tagged):
                _write_varint(out, tag)
                _write_varint(out, len(content))
                out += content

    def _write(self, out: bytearray, field: dict, type_: str, value: Any) -> None:
        flexible = self._is_flexible(field)
        if type_.startswith("[]"):
            _write_length(out, None if value is None else len(value), ">i", flexible)
            for each in value or ():
                self._write(out, field, type_[2:], each)
        elif type_ in _NUMBERS:
            out += struct.pack(_NUMBERS[type_], value)
        elif type_ == "bool":
            out.append(bool(value))
        elif type_ == "string":
            _write_string(out, value, flexible)
        elif type_ == "uuid":
            out += value.bytes
        elif type_ in ("bytes", "records"):
            _write_length(out, None if value is None else len(value), ">i", flexible)
            out += value or b""
        else:
            self._write_nested(out, field, type_, value)

    def _write_nested(self, out: bytearray, field: dict, type_: str, value: Values | None) -> None:
        if self._is_nullable_struct(field):
            out.append(0xFF if value is None else 1)
        if value is not None:
            self.write_struct(out, self._fields(field, type_), value)

    def _is_nullable_struct(self, field: dict) -> bool:
        if field["type"].startswith("[]"):
            return False
        return self._version in _versions(field.get("nullableVersions", "none"))

    # Reading

    def read_struct(self, reader: "_Reader", fields: list[dict]) -> Values:
        values: Values = {}
        for field in fields:
            if self._is_here(field) and not self._is_tagged(field):
                values[field["name"]] = self._read(reader, field, field["type"])
        if self._flexible:
            by_tag = {field["tag"]: field for field in fields if self._is_tagged(field)}
            for _ in range(reader.varint()):
                tag, length = reader.varint(), reader.varint()
                end = reader.at + length
                if tag in by_tag:
                    field = by_tag[tag]
                    values[field["name"]] = self._read(reader, field, field["type"])
                else:
                    reader.take(length)
                assert reader.at == end, f"tagged field {tag} has a wrong length"
        return values

    def _read(self, reader: "_Reader", field: dict, type_: str) -> Any:
        flexible = self._is_flexible(field)
        if type_.startswith("[]"):
            count = reader.length(">i", flexible)
            if count is None:
                return None
            return [self._read(reader, field, type_[2:]) for _ in range(count)]
        if type_ in _NUMBERS:
            return reader.unpack(_NUMBERS[type_])
        if type_ == "bool":
            return reader.take(1) != b"\0"
        if type_ == "string":
            length = reader.length(">h", flexible)
            return None if length is None else reader.take(length).decode()
        if type_ == "uuid":
            return uuid.UUID(bytes=reader.take(16))
        if type_ in ("bytes", "records"):
            length = reader.length(">i", flexible)
            return None if length is None else reader.take(length)
        if self._is_nullable_struct(field) and reader.take(1) == b"\xff":
            return None
        return self.read_struct(reader, self._fields(field, type_))


def _default(field: dict) -> Any:
    type_, default = field["type"], field.get("default")
    if default == "null":
        return None
    if type_.startswith("[]"):
        return []
    if type_ in _NUMBERS:
        return float(default or 0) if type_ == "float64" else int(str(default or "0"), 0)
    return {
        "bool": str(default).lower() == "true",
        "string": default or "",
        "uuid": uuid.UUID(int=0),
        "bytes": b"",
        "records": None,
    }.get(type_, {})


def _write_varint(out: bytearray, value: int) -> None:
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _write_length(out: bytearray, length: int | None, form: str, flexible: bool) -> None:
    if flexible:
        _write_varint(out, 0 if length is None else length + 1)
    else:
        out += struct.pack(form, -1 if length is None else length)


def _write_string(out: bytearray, value: str | None, flexible: bool) -> None:
    data = None if value is None else value.encode()
    _write_length(out, None if data is None else len(data), ">h", flexible)
    out += data or b""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        assert 0 <= count <= len(self._data) - self.at, "the message ends too early"
        self.at += count
        return self._data[self.at - count : self.at]

    def unpack(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def length(self, form: str, flexible: bool) -> int | None:
        length = self.varint() - 1 if flexible else self.unpack(form)
        return None if length < 0 else length

    def skip_tagged(self) -> None:
        for _ in range(self.varint()):
            self.varint()
            self.take(self.varint())
