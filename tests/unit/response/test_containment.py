import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward.errors import InvalidArgument
from streamward.model.duration import format_duration, parse_duration
from streamward.model.event import Entry
from streamward.response import Containment, Overlay, TargetType, Verb
from streamward.response.containment import Change, load_overlay, rule_containment_id
from tests.support.log import denied


def containment(
    identifier: str = "c-1",
    verb: Verb = Verb.REVOKE,
    target: TargetType = TargetType.PRINCIPAL,
    name: str = "mallory",
    expires: int | None = None,
) -> Containment:
    return Containment(identifier, verb, target, name, "owner", "reason", expires)


def fold(*leaves: bytes) -> Overlay:
    overlay = Overlay()
    for index, leaf in enumerate(leaves):
        overlay = overlay.apply(Entry(index, leaf))
    return overlay


def test_an_opened_containment_stands_in_the_overlay_as_the_snapshot_has_it() -> None:
    overlay = fold(
        denied(0, "m", "s"),
        containment(expires=7).entry(Change.OPENED, 1),
        containment("c-2", target=TargetType.CREDENTIAL, name="key").entry(Change.OPENED, 1),
        containment("c-3", Verb.QUARANTINE, TargetType.STREAM, "cards").entry(Change.OPENED, 1),
    )

    assert overlay.document() == {
        "epoch": 4,
        "revoked": [
            {"containment": "c-1", "principal": "mallory", "credential": None, "expires": "7"},
            {"containment": "c-2", "principal": None, "credential": "key", "expires": None},
        ],
        "quarantined": [{"containment": "c-3", "stream": "cards", "expires": None}],
    }


@pytest.mark.parametrize("change", [Change.LIFTED, Change.EXPIRED])
def test_a_lifted_or_expired_containment_is_gone_and_the_epoch_grows(change: Change) -> None:
    one = containment()

    overlay = fold(one.entry(Change.OPENED, 1), one.entry(change, 2))

    assert (dict(overlay.active), overlay.epoch) == ({}, 2)


def test_the_epoch_never_goes_back_to_that_of_an_earlier_entry() -> None:
    """A gateway takes no overlay that is older than the one it has."""
    ahead = Overlay().apply_ahead(Entry(5, containment().entry(Change.OPENED, 1)))
    assert ahead.epoch == 6
    later = ahead.apply(Entry(3, containment("c-2").entry(Change.OPENED, 1)))
    assert (later.epoch, set(later.active)) == (6, {"c-1", "c-2"})


def test_no_other_alert_and_rule_have_the_same_containment() -> None:
    pairs = [("a", "bc"), ("ab", "c"), ("abc", ""), ("1:a", "bc"), ("", "abc")]
    assert len({rule_containment_id(*pair) for pair in pairs}) == len(pairs)


CHANGES = st.lists(st.tuples(st.sampled_from(["c-1", "c-2"]), st.sampled_from(list(Change))))


@given(CHANGES, st.integers(0, 20), st.integers(0, 20))
def test_applying_ahead_and_restarting_anywhere_ends_where_the_fold_ends(
    changes: list[tuple[str, Change]], behind: int, cut: int
) -> None:
    leaves = [containment(identifier).entry(change, 1) for identifier, change in changes]
    expected = fold(*leaves)

    overlay = fold(*leaves[:behind])
    for index in range(min(behind, len(leaves)), len(leaves)):
        overlay = overlay.apply_ahead(Entry(index, leaves[index]))
    ahead = overlay
    for index in range(min(behind, len(leaves)), len(leaves)):
        overlay = overlay.apply(Entry(index, leaves[index]))
    restarted = load_overlay(json.loads(json.dumps(ahead.save())))
    for index in range(min(behind, cut, len(leaves)), len(leaves)):
        restarted = restarted.apply(Entry(index, leaves[index]))

    assert ahead.document() == overlay.document() == expected.document()
    assert overlay.ahead == frozenset()
    assert restarted.document() == expected.document()


@pytest.mark.parametrize(
    ("verb", "target"),
    [
        (Verb.REVOKE, TargetType.STREAM),
        (Verb.QUARANTINE, TargetType.PRINCIPAL),
        (Verb.QUARANTINE, TargetType.CREDENTIAL),
    ],
)
def test_a_verb_and_a_target_must_fit(verb: Verb, target: TargetType) -> None:
    with pytest.raises(InvalidArgument):
        containment(verb=verb, target=target)


def test_a_containment_needs_a_name_an_owner_and_a_reason() -> None:
    for name, owner, reason in [
        ("", "o", "r"),
        ("n" * 250, "o", "r"),
        ("n", "", "r"),
        ("n", "o", ""),
    ]:
        with pytest.raises(InvalidArgument):
            Containment("c", Verb.REVOKE, TargetType.PRINCIPAL, name, owner, reason, None)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("30s", 30_000), ("30m", 1_800_000), ("2h", 7_200_000), ("1d", 86_400_000)],
)
def test_a_duration_is_read_and_written(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds
    assert parse_duration(format_duration(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "30", "m", "0m", "-1m", "1.5h", "1w", "30m\n", " 1m", "999999999d"]
)
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_duration(text)
