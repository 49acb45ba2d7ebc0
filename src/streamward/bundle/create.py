"""A first bundle, with comments, to be changed."""

from importlib.resources import files
from pathlib import Path

from streamward.errors import InvalidArgument


def create(directory: Path) -> tuple[Path, ...]:
    """Write the starter bundle; gives the files. Raises InvalidArgument in a folder in use."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InvalidArgument(f"`{directory}` is not an empty folder; nothing was written")
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for source in sorted(files("streamward.bundle").joinpath("starter").iterdir(), key=str):
        path = directory / source.name.replace("dot-", ".", 1)
        path.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        written.append(path)
    return tuple(written)
