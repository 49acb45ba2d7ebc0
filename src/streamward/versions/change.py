"""What another version would change, and why it may not come into force."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from streamward.model.document import Mistake
from streamward.versions.content import Content


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A proposed content beside the one in force."""

    proposed: Content
    in_force: Content | None
    base: int
    """The number of the version in force; 0 where none was ever applied."""
    effects: tuple[str, ...] = ()
    """Who gains and loses what, a line each."""
    refused: tuple[Mistake, ...] = ()
    """Why it may not come into force."""

    @property
    def _before(self) -> dict[str, str]:
        return {} if self.in_force is None else dict(self.in_force.files)

    @property
    def added(self) -> tuple[str, ...]:
        """Paths of files that are new."""
        return tuple(path for path in self.proposed.files if path not in self._before)

    @property
    def removed(self) -> tuple[str, ...]:
        """Paths of files that are gone."""
        return tuple(path for path in self._before if path not in self.proposed.files)

    @property
    def changed(self) -> tuple[str, ...]:
        """Paths of files that hold something else."""
        before = self._before
        files = self.proposed.files.items()
        return tuple(path for path, found in files if before.get(path, found) != found)

    @property
    def differs(self) -> bool:
        """Whether anything is different at all."""
        return self.in_force is None or self.in_force.digest != self.proposed.digest

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "base": self.base,
            "content": self.proposed.digest,
            "added": list(self.added),
            "removed": list(self.removed),
            "changed": list(self.changed),
            "effects": list(self.effects),
            "refused": [str(mistake) for mistake in self.refused],
            "remedy": "".join(mistake.remedy for mistake in self.refused),
        }


Describe = Callable[[Content, Content | None], Iterable[str]]
"""Lines that say in words what another content changes."""
