"""What a grant speaks of: its subjects and its targets, read from text."""

import re
from dataclasses import dataclass

from streamward.model.action import Action, ResourceType, applies, implied

_TYPES = {
    "stream": ResourceType.STREAM,
    "group": ResourceType.GROUP,
    "transaction": ResourceType.TRANSACTION,
    "class": ResourceType.STREAM,
    "cluster": ResourceType.CLUSTER,
}


_PARTS = re.compile(r"\\([\\*])|([\s\S])")


@dataclass(frozen=True, slots=True)
class Subject:
    """`role:NAME`, `principal:NAME`, `tenant:NAME` or `everyone`."""

    word: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "Subject":
        """Read a subject that has passed the model of a grant."""
        word, _, name = text.partition(":")
        return cls(word, name)


@dataclass(frozen=True, slots=True)
class Target:
    """`stream:NAME`, `stream:PREFIX*`, `class:NAME`, `group:…`, `transaction:…` or `cluster`.

    The name is without escapes; a pattern's name is what it begins with.
    """

    word: str
    name: str
    is_pattern: bool = False
    stray_star: bool = False
    """Whether a star stands where it is neither the end nor escaped."""

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read a target that has passed the model of a grant."""
        word, _, written = text.partition(":")
        if word in ("class", "cluster"):
            return cls(word, written)
        if "\\" not in written:
            name = written.removesuffix("*")
            return cls(word, name, name != written, "*" in name)
        parts = _PARTS.findall(written)
        is_pattern = bool(parts) and parts[-1][1] == "*"
        if is_pattern:
            parts.pop()
        name = "".join(escaped or plain for escaped, plain in parts)
        return cls(word, name, is_pattern, any(plain == "*" for _, plain in parts))

    @property
    def text(self) -> str:
        """The target as a grant writes it."""
        if self.word == "cluster":
            return self.word
        if self.word == "class":
            return f"class:{self.name}"
        name = re.sub(r"\\(?=[\\*]|\Z)|\*", lambda match: "\\" + match[0], self.name)
        return f"{self.word}:{name}" + ("*" if self.is_pattern else "")

    @property
    def type(self) -> ResourceType:
        """The type of resource that the target covers."""
        return _TYPES[self.word]

    @property
    def prefix(self) -> str | None:
        """What names must start with, if the target is a pattern."""
        return self.name if self.is_pattern else None

    def covered(self, actions: tuple[Action, ...], *, with_implied: bool) -> tuple[Action, ...]:
        """Those of the actions that can be done to the target; an allow carries what it implies."""
        wanted: dict[Action, None] = {}
        for action in actions:
            wanted[action] = None
            more = implied(action) if with_implied else None
            if more is not None and applies(action, self.type):
                wanted[more] = None
        return tuple(action for action in wanted if applies(action, self.type))
