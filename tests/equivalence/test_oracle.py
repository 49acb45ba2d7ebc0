"""The oracle's own parts: what can't see a difference proves nothing."""

import pytest

from tests.equivalence.access import ADMIN, ALICE, BOB, OPERATOR, Kind, Operation, may
from tests.equivalence.case import TopicId, placeholders_filled
from tests.equivalence.fixture import marker
from tests.equivalence.known import Known, Row, load
from tests.equivalence.masks import Mask, differences
from tests.equivalence.report import Difference, Report, alike
from tests.equivalence.schema import ZERO_ID, BodyMistake, complete, has_field
from tests.equivalence.watch import Watch
from tests.support.messages import Api

ID = "c29tZXRvcGljMTIzNDU2Nw"
API = Api(
    99,
    "Sample",
    range(3),
    {
        "fields": [
            {"name": "Name", "type": "string", "versions": "0+", "nullableVersions": "1+"},
            {
                "name": "Topics",
                "type": "[]Topic",
                "versions": "1+",
                "fields": [
                    {"name": "TopicId", "type": "uuid", "versions": "2+"},
                    {"name": "Epoch", "type": "int32", "versions": "1+", "default": "-1"},
                ],
            },
        ]
    },
    {},
)
ROW = Row("why", ("Sample-*/bob/*",), "x", "y", "because", only=("errorMessage",))


def test_a_body_gets_the_defaults_and_the_fields_of_its_version() -> None:
    body = {"topics": [{}]}
    assert complete(API, 0, body) == {"name": ""}
    assert complete(API, 1, body) == {"name": "", "topics": [{"epoch": -1}]}
    assert complete(API, 2, body)["topics"] == [{"topicId": ZERO_ID, "epoch": -1}]
    assert not has_field(API, 1, "topics.topicId")
    assert has_field(API, 2, "topics.topicId")


def test_a_field_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(BodyMistake, match="topic"):
        complete(API, 2, {"topics": [{"topic": "x"}]})


def test_placeholders_become_ids_wherever_they_stand() -> None:
    body = {"topics": [{"topicId": TopicId("a")}], "left": 1}
    filled = placeholders_filled(body, lambda name: f"id-{name}")
    assert filled == {"topics": [{"topicId": "id-a"}], "left": 1}


def test_a_mask_keeps_codes_and_hides_what_differs_by_nature() -> None:
    answer = {"throttleTimeMs": 3, "errorCode": 29, "topicId": ID, "memberId": "", "host": "x"}
    shown = Mask({"mine": ID}).apply(answer)
    assert shown["errorCode"] == 29
    assert shown["topicId"] == "<id of mine>"
    assert shown["memberId"] == ""
    assert shown["throttleTimeMs"] == "<throttleTimeMs>"
    assert Mask({}).apply(answer)["topicId"] == "<id of a new topic>"
    assert Mask({}).apply({"topicId": ZERO_ID})["topicId"] == "<no id>"


def test_the_order_of_an_array_is_no_difference_and_an_element_is_one() -> None:
    one, other = {"name": "a", "errorCode": 0}, {"name": "b", "errorCode": 3}
    mask = Mask({})
    assert differences(mask.apply({"t": [one, other]}), mask.apply({"t": [other, one]})) == []
    changed = differences(mask.apply({"t": [one, other]}), mask.apply({"t": [one, one]}))
    assert changed
    assert differences({"t": [one]}, {"t": [one, other]}) == [
        't: only gateway has {"name": "b", "errorCode": 3}'
    ]


def test_in_arrays_of_different_length_what_is_about_the_same_is_compared() -> None:
    one, other = {"name": "a", "errorCode": 29}, {"name": "b", "errorCode": 3}
    found = differences({"t": [one, other]}, {"t": [one | {"errorCode": 0}]})
    assert found == [
        "t[a].errorCode: kafka 29, gateway 0",
        't: only kafka has {"name": "b", "errorCode": 3}',
    ]


def test_a_difference_names_its_place_and_both_values() -> None:
    found = differences({"a": {"b": 1}, "c": None}, {"a": {"b": 2}, "d": None})
    assert found == [
        "a.b: kafka 1, gateway 2",
        "c: kafka null, gateway has none",
        "d: kafka has none, gateway null",
    ]


@pytest.mark.parametrize(
    ("principal", "operation", "kind", "name", "expected"),
    [
        (ADMIN, Operation.DELETE, Kind.TOPIC, "secret.plans", True),
        (ALICE, Operation.DESCRIBE, Kind.TOPIC, "open.read", True),
        (ALICE, Operation.WRITE, Kind.TOPIC, "open.read", False),
        (ALICE, Operation.READ, Kind.TOPIC, "team.mute", True),
        (ALICE, Operation.DESCRIBE, Kind.TOPIC, "team.mute", False),
        (ALICE, Operation.READ, Kind.TOPIC, "team.locked", False),
        (BOB, Operation.DESCRIBE, Kind.TOPIC, "open.seen", True),
        (BOB, Operation.DESCRIBE, Kind.TOPIC, "team.one", False),
        (OPERATOR, Operation.DESCRIBE, Kind.TOPIC, "team.one", True),
        (OPERATOR, Operation.DESCRIBE, Kind.TOPIC, "secret.plans", False),
    ],
)
def test_what_the_watch_goes_by_is_what_kafka_decides(
    principal: str, operation: Operation, kind: Kind, name: str, expected: bool
) -> None:
    assert may(principal, operation, kind, name) is expected


def test_the_watch_finds_addresses_records_and_names() -> None:
    watch = Watch((b"127.77.0.1", b"\0\0\x3a\x98"))
    watch.look("address", ADMIN, b"", b"..127.77.0.1..", b"127.77.0.1")
    watch.look("port", ADMIN, b"", b"..\0\0\x3a\x98", b"")
    watch.look("record", BOB, b"", marker("team.one"), b"")
    watch.look("name", BOB, b"", b"..secret.plans", b"")
    assert [each.partition(":")[0] for each in watch.found][:2] == ["address", "port"]
    assert "record: a record of `team.one`" in watch.found
    assert "name: the name `secret.plans`" in watch.found


def test_what_a_caller_said_or_kafka_tells_it_is_no_disclosure() -> None:
    watch = Watch((b"127.77.0.1",))
    watch.look("said", BOB, b"secret.plans", b"secret.plans", b"")
    watch.look("told", OPERATOR, b"", b"secret.plans", b"secret.plans")
    watch.look("may", ALICE, b"", marker("team.one"), b"")
    assert watch.found == []
    assert watch.frames == 3


def test_a_row_covers_only_its_cases_and_its_lines() -> None:
    known = Known((ROW,))
    report = Report()
    report.judge("Sample-1/bob/x", ["a.errorMessage: kafka 1, gateway 2"], known)
    report.judge("Sample-1/bob/y", ["a.errorMessage: …", "a.errorCode: …"], known)
    report.judge("Sample-1/alice/x", ["a.errorMessage: …"], known)
    assert report.known == {"why": ["Sample-1/bob/x"]}
    assert [each.case for each in report.differences] == ["Sample-1/bob/y", "Sample-1/alice/x"]


def test_no_row_covers_what_kafka_refuses_and_the_gateway_allows() -> None:
    anything = Row("any", ("*",), "x", "y", "because")
    assert anything.covers("Sample-1/bob/x", ["t[0].errorCode: kafka 0, gateway 29"])
    assert not anything.covers("Sample-1/bob/x", ["t[0].errorCode: kafka 29, gateway 0"])
    assert not anything.covers("Sample-1/bob/x", ["partitionErrorCode: kafka 3, gateway 0"])


def test_a_run_passes_only_without_anything_unexplained() -> None:
    fine = Report(cases=100, identical=100)
    assert fine.passed
    assert not Report(cases=100, differences=[Difference("a", ["b"])]).passed
    assert not Report(cases=100, leaks=["x"]).passed
    assert not Report(cases=100, stale=["row"]).passed
    assert not Report(cases=100, known={"row": ["case"] * 4}).passed
    assert Report(cases=100, known={"row": ["case"] * 3}).passed


def test_a_row_that_no_case_needed_is_stale() -> None:
    known = Known((ROW,))
    assert known.stale() == ["why"]
    known.row_of("Sample-1/bob/x", ["errorMessage"])
    assert known.stale() == []


def test_cases_that_differ_alike_stand_together() -> None:
    found = alike(
        [
            Difference("Sample-1/bob/x", ["t[0].code: kafka 1, gateway 2"]),
            Difference("Sample-2/bob/x", ["t[3].code: kafka 1, gateway 2"]),
            Difference("Sample-2/bob/y", ["t[3].code: kafka 1, gateway 3"]),
        ]
    )
    assert [cases for _, cases in found] == [
        ["Sample-1/bob/x", "Sample-2/bob/x"],
        ["Sample-2/bob/y"],
    ]


def test_every_row_of_the_table_says_why() -> None:
    rows = load().rows
    assert len({row.id for row in rows}) == len(rows)
    assert all(row.cases and row.kafka and row.gateway and len(row.reason) > 20 for row in rows)


def test_every_row_of_the_table_names_the_lines_that_may_differ() -> None:
    rows = load().rows
    assert [row.id for row in rows if not row.only] == []
    # The name of a whole field, or of an answer's only array, would cover whatever is wrong in it.
    words = [word for row in rows for word in row.only]
    assert [word for word in words if ":" not in word and "gateway" not in word] == []
