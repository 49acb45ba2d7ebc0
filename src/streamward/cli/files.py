"""Files that options name: what can't be read or written is told, and is no crash."""

from pathlib import Path

from streamward.errors import InvalidArgument, NotFound


def written(path: Path, content: str | bytes) -> None:
    """Write a file that an option names. Raises InvalidArgument where that can't be done."""
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise InvalidArgument(f"`{path}` can't be written") from error


def text_of(path: Path) -> str:
    """The text of a file that an option names.

    Raises NotFound where there is none, InvalidArgument where it can't be read as UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound(f"there is no file `{path}`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"`{path}` can't be read as text") from error
