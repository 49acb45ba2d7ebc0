"""Providers of keys, one a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streamward.keys.patient import PatientProvider
from streamward.keys.ports import KeyRefused, Provider, ReadSecret
from streamward.model.keys import KeyProvider


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a provider needs beside its settings."""

    read: ReadSecret
    """The bytes of a reference."""
    located: Callable[[str], Path]
    """The path of a `file:` reference's name."""
    folder: Path
    """Where keys of this machine lie unless a path says otherwise."""


def _local_file(declared: KeyProvider, around: Surroundings) -> Provider:
    from streamward.keys.providers.local_file import LocalFile

    given = None if declared.local_file is None else declared.local_file.path
    return LocalFile(Path(given) if given else around.folder / f"{declared.name}.json")


PROVIDERS: Final[dict[str, Callable[[KeyProvider, Surroundings], Provider]]] = {
    "local-file": _local_file,
}
"""By type. Their libraries are loaded when a bundle first uses them."""


def open_provider(declared: KeyProvider, around: Surroundings) -> Provider:
    """The provider of a document, asked with patience."""
    opener = PROVIDERS.get(declared.type)
    if opener is None:
        raise KeyRefused(f"this version has no provider of type `{declared.type}`")
    return PatientProvider(declared.name, opener(declared, around))
