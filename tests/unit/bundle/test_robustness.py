"""Whatever a folder holds, the check reports mistakes and never raises."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamward.app import read_bundle
from streamward.bundle import files, yaml
from streamward.errors import BundleInvalid, NotFound

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "payments"
NAMES = sorted(
    str(path.relative_to(EXAMPLE))
    for path in EXAMPLE.rglob("*")
    if path.suffix in (".yaml", ".yml", ".cedar") and path.parent.name not in ("tls", "secrets")
)
# fmt: off
WORDS = [
    "---\n", "? ", "- ", "{", "}", "[", "]", ": ", "&a ", "*a", "!!x ", '"', "'", "|", "\t", "#",
    "\0", "\ufeff", "\u2028", "<<: ", "null", "1e999", "0x_", "2026-99-99", "%YAML 9\n", ";", "//",
    ".inf", "\n", "kind: Grant\n", "*", "~", '@id("', "\\", "\x85", "\U0001f511", "=", "1_0",
]
# fmt: on


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, bytes]:
    """One file of the example, spoiled in up to three places."""
    name = draw(st.sampled_from(NAMES))
    text = (EXAMPLE / name).read_text()
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 4, 40])))
        new = draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)))
        text = text[:start] + new + text[end:]
    return name, text.encode("utf-8", "surrogatepass")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutations())
def test_a_spoiled_example_gives_mistakes_and_never_an_exception(
    mutation: tuple[str, bytes],
) -> None:
    name, content = mutation
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(EXAMPLE, Path(folder) / "b"))
        (root / name).write_bytes(content)

        loaded = read_bundle(root, materials=False)

        for mistake in loaded.mistakes:
            assert mistake.what
            assert "\n" not in mistake.what + mistake.suggestion
            assert mistake.place.line >= 1


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=12))
def test_no_yaml_raises(parts: list[str]) -> None:
    for tree in yaml.parse("x.yaml", "".join(parts)):
        assert tree.value is None or tree.places[()].line >= 1


def told(folder: Path) -> str:
    return " | ".join(str(m) for m in read_bundle(folder, materials=False).mistakes)


def test_aliases_are_expanded_within_a_bound(tmp_path: Path) -> None:
    lines = ["kind: Tenant", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines))

    assert "the document is too large" in told(tmp_path)


def test_an_alias_of_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").write_text("&a [*a]")

    assert "the document is too large" in told(tmp_path)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_ends(tmp_path: Path, opening: str) -> None:
    (tmp_path / "deep.yaml").write_text(opening * 20_000)

    assert "deep.yaml:1" in told(tmp_path)


def test_a_file_is_read_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"#" * (files.FILE_BYTES_MAX + 1))

    assert "big.yaml:1:1: error: the file has more than 1048576 bytes" in told(tmp_path)


def test_files_are_read_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILES_MAX", 3)
    for number in range(5):
        (tmp_path / f"{number}.yaml").write_text("")

    assert "3.yaml:1:1: error: the bundle has more than 3 files" in told(tmp_path)


def test_what_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"kind: Tenant\nname: caf\xe9\n")

    assert "latin.yaml:2:1: error: the file is not UTF-8 text" in told(tmp_path)


def test_a_file_whose_name_is_not_text_is_reported(tmp_path: Path) -> None:
    """Rules name their file, in documents that are UTF-8."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "more.yaml").write_text("kind: Tenant\nname: t\n")
    what = "the name of this file, or of its folder, is not UTF-8"
    assert rf"caf\xe9/more.yaml:1:1: error: {what}" in told(tmp_path)


def test_a_link_out_of_the_bundle_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("kind: Tenant\nname: t\n")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "in.yaml").symlink_to(tmp_path / "outside.yaml")

    assert "in.yaml:1:1: error: the file is a link that leads out" in told(tmp_path / "b")


def test_links_that_lead_to_themselves_are_told(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "one.yaml").symlink_to("two.yaml")
    (tmp_path / "two.yaml").symlink_to("one.yaml")

    told = {m.place.file for m in read_bundle(tmp_path, materials=False).errors}

    assert {"loop.yaml", "one.yaml", "two.yaml"} <= told


def test_a_folder_that_is_not_looked_into_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "DEPTH_MAX", 2)
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "linked").symlink_to("a")

    told = {m.place.file: m.what for m in read_bundle(tmp_path, materials=False).errors}

    assert told["a/b/c"] == "folders deeper than 2 are not read"
    assert told["linked"] == "the folder is a link, and links to folders are not followed"


def test_hidden_folders_secrets_and_tls_declare_nothing(tmp_path: Path) -> None:
    for folder in (".git", "secrets", "tls", "deeper/secrets"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.yaml").write_text("kind: Nonsense\n")

    assert "Nonsense" not in told(tmp_path)


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        read_bundle(Path("/nonexistent/bundle"))


def test_a_bundle_with_errors_is_not_handed_out(tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid) as caught:
        read_bundle(tmp_path).valid()

    assert [m.what for m in caught.value.mistakes] == ["no document of kind Bundle"]


def test_lines_are_those_of_the_file_in_every_document(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "# comment\n\nkind: Tenant\nname: a\n---\n# more\nkind: Tenant\nnam: b\n--- \nkind: X\n"
    )

    text = told(tmp_path)

    assert "a.yaml:8:1: error: there is no field `nam`" in text
    assert "a.yaml:10:7: error: there is no kind `X`" in text
