"""Which streams are sealed, and how, for a program that seals and opens itself. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from streamward.model.sealing import Sealing


@dataclass(frozen=True, slots=True)
class SealedStream:
    """A stream, or all that start with a prefix: where it is at home, and what of it is sealed."""

    name: str
    is_prefix: bool
    tenant: str | None
    cluster: str
    data_class: str
    seal: Sealing


class SealedStreams:
    """Finds how a topic is sealed, as the gateway does: by its name, else by its longest prefix."""

    def __init__(self, streams: Iterable[SealedStream]) -> None:
        listed = tuple(streams)
        self._names = {each.name: each for each in listed if not each.is_prefix}
        prefixes = [each for each in listed if each.is_prefix]
        self._prefixes = sorted(prefixes, key=lambda each: -len(each.name))

    def of(self, topic: str, operation: str = "seal") -> SealedStream | None:
        """The stream that a topic is, by its own name; None: it is not sealed.

        It is the same one for every `operation`.
        """
        found = self._names.get(topic)
        if found is None:
            found = next((each for each in self._prefixes if topic.startswith(each.name)), None)
        return None if found is None else replace(found, name=topic, is_prefix=False)
