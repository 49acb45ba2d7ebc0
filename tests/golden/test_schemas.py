"""The YAML keys are public: a change of a schema is a change that users feel."""

from collections.abc import Callable
from pathlib import Path

from streamward.app import document_kinds
from streamward.bundle.schema import file_name, schema_files

FOLDER = Path(__file__).parent / "schemas"


def test_the_schemas_are_the_golden_ones(golden: Callable[[str, str], None]) -> None:
    for name, text in schema_files(document_kinds()).items():
        golden(f"schemas/{name}", text)


def test_no_schema_is_left_over() -> None:
    expected = {file_name(kind) for kind in document_kinds()} | {"bundle.schema.json"}

    assert {path.name for path in FOLDER.iterdir()} == expected
