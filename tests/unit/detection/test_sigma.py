import pytest

from streamward.detection.sigma import read_sigma
from streamward.detection.sigma.patterns import Unsupported, safe_pattern

DOCUMENT = {
    "severity_id": 3,
    "actor": {"user": {"name": "Bob", "type": "User"}},
    "src_endpoint": {"ip": "10.1.2.3", "port": 40000},
    "streaming": {
        "kind": "denied",
        "principal": "bob",
        "resource": {"type": "Stream", "name": "payments.transactions"},
        "rules": ["default", "cedar:people.cedar:office"],
        "count": 7,
        "ranges": [{"records": "7"}, {"records": "9007199254740993"}],
        "reason": None,
    },
}


def rule(detection: str, more: str = "") -> str:
    return f"title: A rule\nlogsource: {{product: streamward}}\n{more}detection:\n{detection}"


def selection(line: str) -> str:
    return rule(f"  sel:\n    {line}\n  condition: sel\n")


def matches(text: str) -> bool:
    found, mistakes = read_sigma("detections/x.yml", text)
    assert found is not None, [str(mistake) for mistake in mistakes]
    return found.matcher(DOCUMENT)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("streaming.kind: denied", True),
        ("streaming.kind: DENIED", True),
        ("streaming.kind|cased: DENIED", False),
        ("streaming.kind: allowed", False),
        ("streaming.kind: [allowed, denied]", True),
        ("streaming.resource.name: payments.*", True),
        ("streaming.resource.name: payments.?ransactions", True),
        ("streaming.resource.name: payments", False),
        ("streaming.resource.name|contains: TRANS", True),
        ("streaming.resource.name|startswith: payments.", True),
        ("streaming.resource.name|startswith: transactions", False),
        ("streaming.resource.name|endswith: actions", True),
        ("streaming.resource.name|contains|all: [pay, trans]", True),
        ("streaming.resource.name|contains|all: [pay, fraud]", False),
        ("streaming.resource.name|re: '^payments\\.[a-z]+$'", True),
        ("streaming.resource.name|re: '^PAYMENTS'", False),
        ("streaming.resource.name|re|i: '^PAYMENTS'", True),
        ("src_endpoint.ip|cidr: 10.0.0.0/8", True),
        ("src_endpoint.ip|cidr: 192.168.0.0/16", False),
        ("streaming.principal|cidr: 10.0.0.0/8", False),
        ("streaming.rules: default", True),
        ("streaming.rules|contains: people", True),
        ("streaming.count: 7", True),
        ("streaming.count|gt: 6", True),
        ("streaming.count|gt: 7", False),
        ("streaming.count|gte: 7", True),
        ("streaming.count|lt: 8", True),
        ("streaming.count|lte: 6", False),
        ("streaming.ranges.records|gt: 9007199254740992", True),
        ("streaming.ranges.records|lt: 7", False),
        ("streaming.principal|gt: 1", False),
        ("streaming.client|exists: false", True),
        ("streaming.client|exists: true", False),
        ("streaming.principal|exists: true", True),
        ("streaming.client: null", True),
        ("streaming.reason: null", True),
        ("streaming.principal: null", False),
    ],
)
def test_a_modifier_matches_as_sigma_says(line: str, expected: bool) -> None:
    assert matches(selection(line)) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("yes_a and yes_b", True),
        ("yes_a and no_a", False),
        ("yes_a or no_a", True),
        ("not no_a", True),
        ("yes_a and not no_a", True),
        ("not (yes_a or no_a)", False),
        ("1 of yes_*", True),
        ("all of yes_*", True),
        ("all of them", False),
        ("1 of no_*", False),
        ("1 of them and not all of them", True),
    ],
)
def test_conditions_combine_selections(condition: str, expected: bool) -> None:
    text = rule(
        "  yes_a: {streaming.kind: denied}\n  yes_b: {streaming.count|gt: 1}\n"
        f"  no_a: {{streaming.kind: alert}}\n  condition: {condition}\n"
    )

    assert matches(text) is expected


def test_a_list_of_maps_is_an_or_and_a_map_is_an_and() -> None:
    assert matches(
        rule(
            "  sel:\n    - {streaming.kind: alert}\n"
            "    - {streaming.kind: denied, streaming.count: 7}\n  condition: sel\n"
        )
    )
    assert not matches(
        rule("  sel: {streaming.kind: denied, streaming.count: 8}\n  condition: sel\n")
    )


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (selection("streaming.kind|base64: x"), 5, "`base64` is not supported"),
        (selection("streaming.kind|fieldref: x"), 5, "`fieldref` is not supported"),
        (selection("streaming.kind|expand: '%x%'"), 5, "`expand` is not supported"),
        (selection("streaming.kind|nonsense: x"), 5, "`nonsense` is not supported"),
        (selection("streaming.principle: bob"), 5, "no entry has the field"),
        (selection("streaming.principal|re: '(a+)+$'"), 6, "repeats a repetition"),
        (selection("streaming.principal|re: '(a'"), 3, "invalid"),
        (selection("src_endpoint.ip|cidr: not-a-network"), 3, "cidr"),
        (rule("  sel: [word]\n  condition: sel\n"), 4, "without a field"),
        (rule("  sel: {streaming.kind: a}\n  condition: sel | count() > 5\n"), 5, "pipe"),
        (rule("  sel: {streaming.kind: a}\n  condition: other\n"), 5, "not defined"),
        (rule("  sel: {streaming.kind: a}\n  condition: 1 of other*\n"), 5, "any detection"),
        (
            rule("  sel: {streaming.kind: a}\n  timeframe: 5m\n  condition: sel\n"),
            5,
            "`timeframe` is not supported",
        ),
        (rule("  sel: {streaming.kind: a}\n  condition: sel\n", "level: worst\n"), 3, "level"),
        (
            rule("  sel: {streaming.kind: a}\n  condition: sel\n", "correlation: {}\n"),
            3,
            "`correlation` is not supported",
        ),
        (
            rule("  sel: {streaming.kind: a}\n  condition: sel\n", "streamward: {entity: host}\n"),
            3,
            "input should be",
        ),
        (
            selection("streaming.kind: a").replace("product: streamward", "product: windows"),
            2,
            "must be `streamward`",
        ),
        ("title: [", 1, "not yaml"),
        ("- a\n- b\n", 1, "exactly one"),
        ("a: 1\n---\nb: 2\n", 1, "exactly one"),
        ("x" * 70_000, 1, "larger than"),
    ],
)
def test_what_can_not_be_run_exactly_is_a_mistake_with_its_line(
    text: str, line: int, what: str
) -> None:
    found, mistakes = read_sigma("detections/x.yml", text)

    assert found is None
    assert [(m.place.file, m.place.line) for m in mistakes if what in m.what.lower()] == [
        ("detections/x.yml", line)
    ], [str(mistake) for mistake in mistakes]


def test_a_rule_keeps_its_severity_techniques_entity_and_quiet_period() -> None:
    more = "level: critical\ntags: [attack.t1110.001, attack.discovery]\n"
    more += "streamward: {entity: source, quiet: 5m}\n"
    found, _ = read_sigma(
        "detections/guess.yml", rule("  s: {streaming.kind: a}\n  condition: s\n", more)
    )

    assert found is not None
    armed = found.arm()
    assert (armed.id, armed.severity, armed.techniques) == ("guess", "critical", ("T1110.001",))
    assert (found.entity, armed.quiet_milliseconds) == ("source", 300_000)


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a*)*b", "((ab)*)+", "(a|b+)*", "(.+)\\1", "(a{1,100})*", "(x+x+)+y"]
)
def test_a_pattern_that_can_explode_is_refused(pattern: str) -> None:
    with pytest.raises(Unsupported):
        safe_pattern(pattern, 0)


@pytest.mark.parametrize("pattern", ["^a+b+$", "(ab)*", "(a{2}){3}", "[a-z]+\\.[a-z]+"])
def test_an_ordinary_pattern_is_taken(pattern: str) -> None:
    assert safe_pattern(pattern, 0).pattern == pattern
