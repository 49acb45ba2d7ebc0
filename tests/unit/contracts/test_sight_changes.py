"""What is told of sights is what each principal sees of each topic, looked at one by one."""

import itertools
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streamward.contracts.difference import Holder, sight_changes
from streamward.contracts.difference.shown import shows_more
from streamward.contracts.sight import reading_of, sight_of
from streamward.model.contract import DataContract
from streamward.model.document import Bundle, Document
from streamward.model.keys import AccessClass, KeyRing
from streamward.model.principal import Role
from streamward.model.sealing import Sealing
from streamward.model.stream import Stream

ROLES = ("a", "b", "c")
CLASSES = ("x", "y", "z")
TOPICS = ("t.one", "t.two", "t.x", "other")
PREFIXES = ("t.", "t.x", "u")
MASKS = ("redact", "hash", "keep-last", "year")

readers = st.lists(
    st.sampled_from([*(f"role:{it}" for it in ROLES), "principal:p", "principal:q"]), max_size=2
)
seals: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"unreadable": "ciphertext"},
        {"unreadable": "mask"},
        {"opened_by": "consumer"},
        {"opened_by": "consumer", "unreadable": "ciphertext", "key": "deterministic"},
        {"value": False, "headers": ["h"], "unreadable": "ciphertext"},
        {"value": False, "fields": ["f"], "unreadable": "mask"},
    ]
)
field_masks = st.none() | st.fixed_dictionaries(
    {
        "others": st.sampled_from(MASKS),
        "access_classes": st.dictionaries(
            st.sampled_from(CLASSES), st.sampled_from([*MASKS, "none"]), max_size=2
        ),
    }
)
masked_reading = st.none() | st.fixed_dictionaries(
    {
        "access_classes": st.lists(st.sampled_from(CLASSES), min_size=1, max_size=2),
        "key": st.sampled_from(["withhold", "hash", "keep"]),
        "headers": st.lists(st.sampled_from("gh"), max_size=2, unique=True),
    }
)


def contract(f: Any, g: Any, unmasked: list[str], masked: Any) -> DataContract:
    mask, said = (
        "streamward.mask",
        [("streamward.unmasked", unmasked), ("streamward.masked", masked)],
    )
    fields = [
        {
            "name": name,
            "customProperties": [] if it is None else [{"property": mask, "value": it}],
        }
        for name, it in (("f", f), ("g", g))
    ]
    properties = [{"property": name, "value": value} for name, value in said if value]
    schema = {"name": "t.one", "properties": fields, "customProperties": properties}
    return DataContract.model_validate(
        {
            "apiVersion": "v3.1.0",
            "id": "c",
            "version": "1",
            "status": "active",
            "schema": [schema],
        }
    )


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    """Roles within roles, rings, streams by name and prefix, a contract with masks."""
    includes = draw(st.sampled_from([(), ("b",), ("c",)]))
    said: list[Any] = [Role(name="a", includes=includes), Role(name="b"), Role(name="c")]
    said += [AccessClass(name=it, readers=tuple(draw(readers)), owner="o") for it in CLASSES]
    said += [
        KeyRing(
            name=ring,
            data_class="k",
            access_class=draw(st.sampled_from(CLASSES)),
            provider="p",
            key="k",
        )
        for ring in ("r", "s")
    ]
    for field, texts in (("name", TOPICS), ("prefix", PREFIXES)):
        for text in draw(st.lists(st.sampled_from(texts), max_size=2, unique=True)):
            seal = draw(st.none() | seals)
            ring = draw(st.sampled_from("rs"))
            sealed = None if seal is None else Sealing.model_validate({"ring": ring, **seal})
            said.append(Stream.model_validate({field: text, "seal": sealed}))
    if draw(st.booleans()):
        unmasked = draw(st.lists(st.sampled_from(CLASSES), max_size=1))
        said.append(contract(draw(field_masks), draw(field_masks), unmasked, draw(masked_reading)))
    documents = (
        Document(type(it).__name__, getattr(it, "name", None) or "it", it, "a.yaml", {})
        for it in said
    )
    return Bundle(Path(), tuple(documents))


sets = st.frozensets(st.sampled_from(ROLES), max_size=2)
holders = st.builds(
    lambda p, q, groups: (Holder("p", p[0], p[1], tuple(groups)), Holder("q", q[0], q[1])),
    st.tuples(sets, sets),
    st.tuples(sets, sets),
    st.lists(st.tuples(sets, sets), max_size=2),
)


def one_by_one(old: Bundle, new: Bundle, holder: Holder, topic: str) -> tuple[bool, bool]:
    """Whether with some groups of its token somebody gains, and whether it loses."""
    found = [False, False]
    was, now = reading_of(old, topic), reading_of(new, topic)
    for number in range(len(holder.groups) + 1):
        for groups in itertools.combinations(holder.groups, number):
            before = holder.before.union(*(it[0] for it in groups))
            after = holder.after.union(*(it[1] for it in groups))
            saw = sight_of(old, holder.name, before, topic)
            sees = sight_of(new, holder.name, after, topic)
            found[0] |= shows_more(sees, now, saw, was)
            found[1] |= shows_more(saw, was, sees, now)
    return found[0], found[1]


@settings(max_examples=150, deadline=None)
@given(old=bundles(), new=bundles(), both=holders)
def test_sights_are_told_as_they_are_one_by_one(
    old: Bundle, new: Bundle, both: tuple[Holder, Holder]
) -> None:
    told: dict[tuple[str, str], list[bool]] = {}
    shown = set()
    for change in sight_changes(old, new, both):
        shown.add(change.stream)
        for name in change.principals:
            found = told.setdefault((name, change.stream), [False, False])
            found[0] |= change.gains
            found[1] |= change.loses

    for holder in both:
        for topic in (*TOPICS, "t.y", "t.xy", "u"):
            gains, loses = one_by_one(old, new, holder, topic)
            declared = {
                it.prefix for each in (old, new) for it in each.of(Stream) if it.prefix is not None
            }
            named = any(it.name == topic for each in (old, new) for it in each.of(Stream))
            named |= topic == "t.one" and bool(old.of(DataContract) or new.of(DataContract))
            around = max((it for it in declared if topic.startswith(it)), key=len, default=None)
            if not named and around is None:
                assert (gains, loses) == (False, False), "nothing is said of it"
                continue
            key = topic if named else f"{around}*"
            assert told.get((holder.name, key), [False, False]) == [gains, loses], (topic, key)


@settings(max_examples=30, deadline=None)
@given(bundle=bundles(), both=holders)
def test_the_same_bundle_is_no_change_for_the_same_roles(
    bundle: Bundle, both: tuple[Holder, Holder]
) -> None:
    same = [
        Holder(it.name, it.before, it.before, tuple((was, was) for was, _ in it.groups))
        for it in both
    ]
    assert list(sight_changes(bundle, bundle, same)) == []


def test_two_groups_of_a_token_together_may_show_more() -> None:
    """Masks go by the first access class that has the reader: a group alone changes nothing."""

    def made(*order: tuple[str, str]) -> Bundle:
        masks = {"others": "redact", "access_classes": dict(order)}
        said: list[Any] = [Role(name=it) for it in ROLES]
        said += [
            AccessClass(name=name, readers=(f"role:{role}",), owner="o")
            for name, role in zip(CLASSES, ROLES, strict=True)
        ]
        said.append(contract(masks, None, [], {"access_classes": ["x", "y"]}))
        documents = (Document(type(it).__name__, "it", it, "a.yaml", {}) for it in said)
        named = (
            Document(it.kind, getattr(it.value, "name", None) or "it", it.value, it.file, {})
            for it in documents
        )
        return Bundle(Path(), tuple(named))

    first, last = ("x", "keep-last"), ("y", "none")
    alone = frozenset({"a"}), frozenset({"b"})
    groups = tuple((it, it) for it in alone)
    holder = Holder("p", frozenset(), frozenset(), groups)

    [change] = sight_changes(made(first, last), made(last, first), [holder])

    assert change.by_token
    assert (change.gains, change.loses) == (True, False)
    assert list(sight_changes(made(last, first), made(last, first), [holder])) == []
