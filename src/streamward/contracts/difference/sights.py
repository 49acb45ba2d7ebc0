"""Readers who see otherwise what a stream holds, by another key ring, mask, or access class.

What a reader sees depends on how a topic is sealed and masked, and on which access classes the
reader is in. Where neither is other than before, nothing is looked at; and readers who are in the
same access classes see the same, so that each set of them is looked at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from streamward.contracts.difference import places
from streamward.contracts.difference.shown import shows_more
from streamward.contracts.difference.topics import Topics, classes_between, topics_between
from streamward.contracts.readers import readers_of
from streamward.contracts.sight import Form, Reading, Sight, reading_of, sight_by
from streamward.model.document import Bundle

SETS_MAX: Final = 4_096
"""Sets of access classes that tokens of one principal may bring it into; beyond, it is taken to
see more."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A principal, and the roles that it has by either bundle."""

    name: str
    before: frozenset[str]
    after: frozenset[str]
    groups: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()
    """Of each group that its token may name, the roles that it stands for, before and after."""


@dataclass(frozen=True, slots=True)
class SightChange:
    """Some principals see a topic, or all of a prefix, otherwise than before."""

    stream: str
    classes: frozenset[str]
    """Those that it carries, before or after."""
    principals: tuple[str, ...]
    before: Sight
    after: Sight
    by_token: bool
    """Only with groups that their tokens name."""
    gains: bool
    loses: bool
    by_masks: bool
    """Whether it gains even with nothing of it sealed: masks are what shows more."""
    source: str
    """`FILE:LINE` in the new bundle."""


def sight_changes(old: Bundle, new: Bundle, holders: Iterable[Holder]) -> Iterator[SightChange]:
    """Every change of what these see, of every topic of which either bundle says something."""
    members = _Members(old, new, tuple(holders))
    for topics in topics_between(old, new):
        was, now = reading_of(old, topics.name), reading_of(new, topics.name)
        asked = was.access_classes | now.access_classes
        if was == now and not any(map(members.differ, asked)):
            continue
        yield from _of_topics(topics, was, now, members)


def _of_topics(
    topics: Topics, was: Reading, now: Reading, members: "_Members"
) -> Iterator[SightChange]:
    pair = _Pair(was, now)
    found: dict[tuple[_Turn, bool], list[str]] = {}
    for places_in, principals in members.by_place(was, now).items():
        for turn, by_token in pair.turns(places_in):
            found.setdefault((turn, by_token), []).extend(principals)
    if not found:
        return
    classes = classes_between(members.old, members.new, topics.name)
    source = _source(members, topics.name, was, now)
    for (turn, by_token), names in found.items():
        yield SightChange(
            stream=topics.shown,
            classes=classes,
            principals=tuple(sorted(names)),
            before=turn.before,
            after=turn.after,
            by_token=by_token,
            gains=turn.gains,
            loses=turn.loses,
            by_masks=turn.by_masks,
            source=source,
        )


def _source(members: "_Members", topic: str, was: Reading, now: Reading) -> str:
    new = members.new
    if was.masking != now.masking:
        return places.of_contract(new, topic)
    if was.seal != now.seal or now.seal is None:
        return places.of_seal(new, topic)
    if was.access_class != now.access_class:
        return places.of_ring(new, now.seal.ring)
    asked = [it for it in now.access_classes if members.differ(it)]
    return places.of_readers(members.old, new, asked, topic)


_Places = tuple[int, frozenset[int]]
"""The access classes that a principal is in, as bits: by what is declared, and by each group."""


class _Members:
    """Which principals are in which access classes, before and after."""

    def __init__(self, old: Bundle, new: Bundle, holders: tuple[Holder, ...]) -> None:
        self.old = old
        self.new = new
        self._holders = holders
        self._in: dict[tuple[str, bool], frozenset[tuple[int, int]]] = {}
        self._by_role: dict[bool, dict[str, list[tuple[int, int]]]] = {
            is_after: self._holding(is_after=is_after) for is_after in (False, True)
        }
        self._numbers = {it.name: number for number, it in enumerate(holders)}
        self._found: dict[tuple[tuple[str, bool], ...], dict[_Places, list[str]]] = {}

    def _holding(self, *, is_after: bool) -> dict[str, list[tuple[int, int]]]:
        """By role: who has it, and by which group (-1: as it is declared)."""
        found: dict[str, list[tuple[int, int]]] = {}
        for number, holder in enumerate(self._holders):
            for role in holder.after if is_after else holder.before:
                found.setdefault(role, []).append((number, -1))
            for group, roles in enumerate(holder.groups):
                for role in roles[is_after]:
                    found.setdefault(role, []).append((number, group))
        return found

    def _of(self, access_class: str, *, is_after: bool) -> frozenset[tuple[int, int]]:
        key = (access_class, is_after)
        if key not in self._in:
            readers = readers_of(self.new if is_after else self.old, (access_class,))
            found = {
                (self._numbers[name], -1) for name in readers.principals if name in self._numbers
            }
            for role in readers.roles:
                found.update(self._by_role[is_after].get(role, ()))
            self._in[key] = frozenset(found)
        return self._in[key]

    def differ(self, access_class: str) -> bool:
        """Whether somebody is in it now who was not, or the other way round."""
        return self._of(access_class, is_after=False) != self._of(access_class, is_after=True)

    def by_place(self, was: Reading, now: Reading) -> Mapping[_Places, list[str]]:
        """Principals by the access classes that they are in, of those that are asked about."""
        asked = _asked(was, now)
        if asked in self._found:
            return self._found[asked]
        bits: dict[int, dict[int, int]] = {}
        for place, (name, is_after) in enumerate(asked):
            for number, group in self._of(name, is_after=is_after):
                of_one = bits.setdefault(number, {})
                of_one[group] = of_one.get(group, 0) | 1 << place
        found: dict[_Places, list[str]] = {}
        for number, holder in enumerate(self._holders):
            of_one = bits.get(number, {})
            by_groups = frozenset(it for group, it in of_one.items() if group >= 0)
            found.setdefault((of_one.get(-1, 0), by_groups), []).append(holder.name)
        self._found[asked] = found
        return found


def _asked(was: Reading, now: Reading) -> tuple[tuple[str, bool], ...]:
    """The access classes that readings ask about, and whether they do so after the change."""
    return (
        *((name, False) for name in sorted(was.access_classes)),
        *((name, True) for name in sorted(now.access_classes)),
    )


@dataclass(frozen=True, slots=True)
class _Turn:
    before: Sight
    after: Sight
    gains: bool
    loses: bool
    by_masks: bool


class _Pair:
    """A topic as it was and as it is, to be seen from the access classes that a reader is in."""

    def __init__(self, was: Reading, now: Reading) -> None:
        self._readings = (was, now)
        self._bits = {each: 1 << place for place, each in enumerate(_asked(was, now))}
        self._turns: dict[int, _Turn | None] = {}

    def turns(self, places_in: _Places) -> Iterator[tuple[_Turn, bool]]:
        """What is seen otherwise, and whether only with groups of a token."""
        declared, by_groups = places_in
        turn = self._turn(declared)
        if turn is not None:
            yield turn, False
        sets = _joined(declared, by_groups)
        if sets is None:
            yield _UNKNOWN, True
            return
        others = (self._turn(bits) for bits in sorted(sets))
        yield from ((it, True) for it in dict.fromkeys(others) if it is not None and it != turn)

    def _turn(self, bits: int) -> _Turn | None:
        if bits not in self._turns:
            self._turns[bits] = self._seen(bits)
        return self._turns[bits]

    def _seen(self, bits: int) -> _Turn | None:
        (was, now), (before, after) = self._readings, self._sights(bits)
        gains = shows_more(after, now, before, was)
        loses = shows_more(before, was, after, now)
        if not gains and not loses:
            return None
        masks = self._sights(bits, without_seals=True)
        now, was = replace(now, seal=None), replace(was, seal=None)
        by_masks = gains and shows_more(masks[1], now, masks[0], was)
        # Why it sees so is another sentence for each reader.
        return _Turn(replace(before, why=""), replace(after, why=""), gains, loses, by_masks)

    def _sights(self, bits: int, *, without_seals: bool = False) -> tuple[Sight, Sight]:
        was, now = (
            replace(it, seal=None, access_class="") if without_seals else it
            for it in self._readings
        )

        def is_in(access_classes: tuple[str, ...], *, is_after: bool) -> bool:
            return any(bits & self._bits.get((name, is_after), 0) for name in access_classes)

        return (
            sight_by(was, "", lambda names: is_in(names, is_after=False)),
            sight_by(now, "", lambda names: is_in(names, is_after=True)),
        )


_UNKNOWN: Final = _Turn(
    Sight(Form.REFUSED, ""), Sight(Form.CLEAR, ""), gains=True, loses=False, by_masks=True
)
"""Beyond what is looked at: taken for all that there is."""


def _joined(declared: int, by_groups: frozenset[int]) -> set[int] | None:
    """What a token with any of the groups brings somebody into; None: too much to tell."""
    found = {declared}
    for bits in by_groups:
        found |= {it | bits for it in found}
        if len(found) > SETS_MAX:
            return None
    return found
