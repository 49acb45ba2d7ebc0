"""Which declared streams a target covers, and which classes these carry."""

import bisect
from collections import defaultdict
from collections.abc import Iterator

from streamward.model.document import Bundle
from streamward.model.stream import DataClass, Level, Stream
from streamward.policy.target import Target


class Carried:
    """The declarations of streams, found by name, prefix and class; there may be thousands."""

    def __init__(self, bundle: Bundle) -> None:
        self._classes = bundle.of(DataClass)
        self._by_name: dict[str, list[Stream]] = defaultdict(list)
        self._by_prefix: dict[str, list[Stream]] = defaultdict(list)
        self._by_class: dict[str, list[Stream]] = defaultdict(list)
        for stream in bundle.of(Stream):
            known, text = self._by_name, stream.name
            if text is None:
                known, text = self._by_prefix, stream.prefix or ""
            known[text].append(stream)
            for name in stream.classes:
                self._by_class[name].append(stream)
        self._names, self._prefixes = sorted(self._by_name), sorted(self._by_prefix)

    def covered(self, target: Target) -> Iterator[Stream]:
        """The declarations that speak of a name which the target covers too."""
        if target.word == "class":
            yield from self._by_class.get(target.name, ())
        elif target.word == "stream":
            for end in range(1, len(target.name) + (not target.is_pattern)):
                yield from self._by_prefix.get(target.name[:end], ())
            if target.prefix is None:
                yield from self._by_name.get(target.name, ())
            else:
                yield from _beginning(target.prefix, self._names, self._by_name)
                yield from _beginning(target.prefix, self._prefixes, self._by_prefix)

    def classes(self, target: Target) -> tuple[DataClass, ...]:
        """The classes of what a target covers, in the order of the bundle."""
        names = {name for stream in self.covered(target) for name in stream.classes}
        return tuple(it for it in self._classes if it.name in names)

    def sensitive(self, target: Target) -> tuple[DataClass, ...]:
        """Those of them that are confidential or worse."""
        return tuple(it for it in self.classes(target) if it.level.rank >= Level.CONFIDENTIAL.rank)


def _beginning(prefix: str, texts: list[str], known: dict[str, list[Stream]]) -> Iterator[Stream]:
    place = bisect.bisect_left(texts, prefix)
    while place < len(texts) and texts[place].startswith(prefix):
        yield from known[texts[place]]
        place += 1
