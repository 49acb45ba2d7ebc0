"""Commands by name, each imported when it is asked for."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

_OF_THE_WHOLE: Final = ("install_completion", "show_completion")


class Nouns(Mapping[str, Any]):
    """The commands of a group, in the order of its help.

    A gateway lives for months and needs neither the demo's Kafka clients nor an HTTP client, and
    a question is answered sooner where nothing is imported that another command needs.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        """`places`: each command's module in this package and what it is called there; `app` is
        a group of its own.
        """
        self._places = places

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = self._places[name].partition(":")
        found = getattr(importlib.import_module(f"streamward.cli.{module}"), attribute)
        if isinstance(found, typer.Typer):
            command = get_command(found)
            # A shell is told of the whole, not of each noun.
            command.params = [it for it in command.params if it.name not in _OF_THE_WHOLE]
        else:
            single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            single.command(name)(found)
            command = get_command(single)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def group_of(places: Mapping[str, str]) -> type[TyperGroup]:
    """The class of a group with these commands."""

    class Group(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = Nouns(places)  # type: ignore[assignment]

    return Group
