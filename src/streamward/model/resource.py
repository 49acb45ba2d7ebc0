"""One thing that an action is done to."""

from dataclasses import dataclass

from streamward.errors import InvalidArgument
from streamward.model.action import ResourceType

_TYPES = {
    "stream": ResourceType.STREAM,
    "group": ResourceType.GROUP,
    "transaction": ResourceType.TRANSACTION,
}


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource by type and name. A cluster's name is the one that the bundle gives it."""

    type: ResourceType
    name: str

    @classmethod
    def parse(cls, text: str, *, cluster: str) -> "Resource":
        """Read `NAME` (a stream), `stream:NAME`, `group:NAME`, `transaction:NAME` or `cluster`.

        Raises InvalidArgument when the name is empty or the type is none of these.
        """
        if text == "cluster":
            return cls(ResourceType.CLUSTER, cluster)
        kind, colon, name = text.partition(":")
        if not colon:
            kind, name = "stream", text
        if kind not in _TYPES:
            raise InvalidArgument(f"`{kind}` is not a type of resource in `{text}`")
        if not name:
            raise InvalidArgument(f"`{text}` names nothing")
        return cls(_TYPES[kind], name)
