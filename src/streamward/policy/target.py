"""What a grant speaks of: its subjects and its targets, read from text."""

from dataclasses import dataclass

from streamward.model.action import Action, ResourceType, applies, implied

_TYPES = {
    "stream": ResourceType.STREAM,
    "group": ResourceType.GROUP,
    "transaction": ResourceType.TRANSACTION,
    "class": ResourceType.STREAM,
    "cluster": ResourceType.CLUSTER,
}


@dataclass(frozen=True, slots=True)
class Target:
    """`stream:NAME`, `stream:PREFIX*`, `class:NAME`, `group:…`, `transaction:…` or `cluster`."""

    word: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read a target that has passed the model of a grant."""
        word, _, name = text.partition(":")
        return cls(word, name)

    @property
    def type(self) -> ResourceType:
        """The type of resource that the target covers."""
        return _TYPES[self.word]

    @property
    def prefix(self) -> str | None:
        """What names must start with, if the target is a pattern."""
        is_pattern = self.word not in ("class", "cluster") and self.name.endswith("*")
        return self.name[:-1] if is_pattern else None

    def covered(self, actions: tuple[Action, ...], *, with_implied: bool) -> tuple[Action, ...]:
        """Those of the actions that can be done to the target; an allow carries what it implies."""
        wanted: dict[Action, None] = {}
        for action in actions:
            wanted[action] = None
            more = implied(action) if with_implied else None
            if more is not None and applies(action, self.type):
                wanted[more] = None
        return tuple(action for action in wanted if applies(action, self.type))
