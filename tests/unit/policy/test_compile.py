"""Grants, classes and Cedar files as rules."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward.app import read_bundle
from streamward.model.document import Bundle
from streamward.policy.compile import compile_policy, next_change
from streamward.policy.section import PolicySection
from streamward.policy.target import Target

TODAY = datetime.date(2026, 6, 1)

HEAD = """\
kind: Tenant
name: t
---
kind: Namespace
prefix: pay.
tenant: t
---
kind: Namespace
prefix: pay.cards.
tenant: t
---
kind: Principal
name: bob
type: user
tenant: t
---
kind: Principal
name: app
type: service
tenant: t
---
kind: Role
name: r
---
kind: DataClass
name: c
level: public
"""


@pytest.fixture
def compiled(tmp_path: Path):
    def compile_grant(body: str, today: datetime.date = TODAY) -> PolicySection:
        return compile_policy(bundle_of(tmp_path, body), "schema", today)

    return compile_grant


def bundle_of(folder: Path, body: str) -> Bundle:
    (folder / "all.yaml").write_text(f"{HEAD}---\nkind: Grant\nid: g\n{body}\n")
    return read_bundle(folder, materials=False).bundle


def actions(cedar: str) -> list[str]:
    return [part.split('"')[0] for part in cedar.split('Action::"')[1:]]


@pytest.mark.parametrize(
    ("granted", "on", "expected"),
    [
        ("allow: [read]", "stream:x", ["Read", "Describe"]),
        ("allow: [write]", "stream:x", ["Write", "Describe"]),
        ("allow: [delete]", "stream:x", ["Delete", "Describe"]),
        ("allow: [alter]", "stream:x", ["Alter", "Describe"]),
        ("allow: [alter_configs]", "stream:x", ["AlterConfigs", "DescribeConfigs"]),
        ("allow: [create]", "stream:x", ["Create"]),
        ("allow: [read, describe]", "group:x", ["Read", "Describe"]),
        ("allow: [write]", "transaction:x", ["Write", "Describe"]),
        ("allow: [two_phase_commit]", "transaction:x", ["TwoPhaseCommit"]),
        ("allow: [idempotent_write]", "cluster", ["IdempotentWrite"]),
        ("deny: [read]", "stream:x", ["Read"]),
        ("deny: [alter_configs]", "stream:x", ["AlterConfigs"]),
    ],
)
def test_what_an_action_carries_with_it(compiled, granted, on, expected) -> None:
    (rule,) = compiled(f'to: [role:r]\n{granted}\non: ["{on}"]').rules

    assert actions(rule.cedar) == expected


@pytest.mark.parametrize(
    ("on", "slices"),
    [
        ("stream:pay.x", ("pay.",)),
        ("stream:pay.cards.x", ("pay.cards.",)),
        ("stream:pay.cards.*", ("pay.cards.",)),
        ("stream:pay.c*", ("pay.",)),
        ("stream:pay*", ()),
        ("stream:*", ()),
        ("stream:other", ()),
        ("group:pay.g", ("pay.",)),
        ("class:c", ()),
    ],
)
def test_a_rule_stands_in_the_longest_prefix_that_all_its_names_share(compiled, on, slices) -> None:
    (rule,) = compiled(f'to: [role:r]\nallow: [read]\non: ["{on}"]').rules

    assert rule.slices == slices


def test_one_rule_per_subject_and_target_numbered_in_order(compiled) -> None:
    rules = compiled('to: [role:r, "tenant:t"]\nallow: [read]\non: ["stream:a", "group:b"]').rules

    assert [rule.id for rule in rules] == ["grant:g#1", "grant:g#2", "grant:g#3", "grant:g#4"]
    assert {rule.source for rule in rules} == {"all.yaml:29"}
    assert ["Role" in rule.cedar for rule in rules] == [True, True, False, False]


def test_a_principal_is_named_with_its_type(compiled) -> None:
    rules = compiled('to: [principal:bob, principal:app]\nallow: [read]\non: ["stream:a"]').rules

    assert 'principal == Streamward::User::"bob"' in rules[0].cedar
    assert 'principal == Streamward::Service::"app"' in rules[1].cedar


def test_everyone_is_any_principal_and_who_is_exempt_is_not_spoken_of(compiled) -> None:
    (rule,) = compiled(
        'to: [everyone]\nexempt: [principal:bob, principal:app, role:r, "tenant:t"]\n'
        'deny: [read]\non: ["stream:a"]'
    ).rules

    assert rule.cedar.startswith("forbid (\n  principal,\n")
    assert rule.cedar.endswith(
        'unless { principal in Streamward::User::"bob" || principal in Streamward::Service::"app" '
        '|| principal in Streamward::Role::"r" || principal in Streamward::Tenant::"t" };'
    )


def test_a_grant_from_somewhere_holds_only_there(compiled) -> None:
    (rule,) = compiled(
        'to: [role:r]\nallow: [read]\non: ["group:a*"]\n'
        'sources: ["10.0.0.7", "2001:db8::/32", "network:office"]'
    ).rules

    assert rule.cedar.endswith(
        'when { resource.name like "a*" && (context.source.isInRange(ip("10.0.0.7")) '
        '|| context.source.isInRange(ip("2001:db8::/32")) '
        '|| context.networks.containsAny(["office"])) };'
    )


def test_what_a_grant_requires_is_a_clause_each_with_a_name(compiled) -> None:
    (rule,) = compiled(
        'to: [role:r]\nallow: [read]\non: ["group:a*"]\nrequires:\n  mfa: true\n'
        "  mfa_max_age: 15m\n  credential_max_age: 90s\n  tls_min: '1.3'\n"
        "  mechanisms: [OAUTHBEARER, certificate]\n"
        '  device_posture: [compliant, "a;\\"b"]\n  device_status: [in_use]'
    ).rules

    assert rule.cedar.startswith(
        '@requires("mfa; mfa_max_age: 15m; credential_max_age: 90s; tls_min: 1.3; '
        'mechanisms: OAUTHBEARER, certificate; device_posture: compliant, a,\\"b; '
        'device_status: in_use")\npermit ('
    )
    assert rule.cedar.endswith(
        'when { resource.name like "a*" }\n'
        "when { context.mfa }\n"
        "when { context has mfa_age && context.mfa_age <= 900 }\n"
        "when { context has credential_age && context.credential_age <= 90 }\n"
        'when { context has tls_version && ["1.3"].contains(context.tls_version) }\n'
        'when { ["OAUTHBEARER", "certificate"].contains(context.mechanism) }\n'
        'when { context has device_posture && ["compliant", "a;\\"b"]'
        ".contains(context.device_posture) }\n"
        'when { context has device_status && ["in_use"].contains(context.device_status) };'
    )


def test_a_grant_that_denies_requires_nothing(tmp_path: Path) -> None:
    body = 'to: [everyone]\ndeny: [read]\non: ["stream:a"]\nrequires: {mfa: true}'
    (tmp_path / "all.yaml").write_text(f"{HEAD}---\nkind: Grant\nid: g\n{body}\n")

    mistakes = read_bundle(tmp_path, materials=False).mistakes

    assert any("leave it out of a `deny`" in mistake.what for mistake in mistakes)


def test_a_star_that_is_part_of_a_name_is_compared(compiled) -> None:
    exact, star = compiled("to: [role:r]\nallow: [read]\non: ['group:a\\*', 'group:a\\**']").rules

    assert exact.cedar.endswith('resource == Streamward::Group::"a*"\n);')
    assert star.cedar.endswith('when { resource.name like "a\\**" };')


@given(st.sampled_from(["stream", "group", "transaction"]), st.text(min_size=1), st.booleans())
def test_every_name_and_prefix_can_be_written(word: str, name: str, is_pattern: bool) -> None:
    target = Target(word, name, is_pattern)

    assert Target.parse(target.text) == target


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("to: [everyone]\nexempt: [role:none]\nallow: [read]", "no Role `none`"),
        ('to: [everyone]\nallow: [read]\nsources: ["network:none"]', "no Network `none`"),
        ('to: [everyone]\nallow: [read]\nsources: ["10.0.0.1/8"]', "host bits"),
        ('to: [everyone]\nallow: [read]\nsources: ["::ffff:10.0.0.1"]', "IPv4"),
        ("to: [anybody]\nallow: [read]", "`anybody`"),
    ],
)
def test_what_a_grant_speaks_of_must_be_there(tmp_path: Path, body: str, what: str) -> None:
    (tmp_path / "all.yaml").write_text(f'{HEAD}---\nkind: Grant\nid: g\n{body}\non: ["stream:a"]\n')

    mistakes = read_bundle(tmp_path, materials=False).mistakes

    assert [str(it) for it in mistakes if it.is_error and it.where.startswith("Grant")] != []
    assert any(what in it.what for it in mistakes if it.is_error)


def test_an_exact_name_is_compared_and_a_pattern_is_matched(compiled) -> None:
    exact, star = compiled('to: [role:r]\nallow: [read]\non: ["stream:a.b", "stream:a.*"]').rules

    assert exact.cedar.endswith('resource == Streamward::Stream::"a.b"\n);')
    assert star.cedar.endswith(
        'resource is Streamward::Stream\n)\nwhen { resource.name like "a.*" };'
    )


def test_deny_is_a_forbid(compiled) -> None:
    (rule,) = compiled('to: [role:r]\ndeny: [read]\non: ["class:c"]').rules

    assert rule.cedar.startswith("forbid (")
    assert 'resource in Streamward::DataClass::"c"' in rule.cedar


@pytest.mark.parametrize(
    ("today", "holds"), [("2026-05-31", True), ("2026-06-01", True), ("2026-06-02", False)]
)
def test_a_grant_holds_until_the_end_of_its_last_day(compiled, today, holds) -> None:
    body = 'to: [role:r]\nallow: [read]\non: ["stream:a"]\nexpires: 2026-06-01'

    section = compiled(body, datetime.date.fromisoformat(today))

    assert bool(section.rules) is holds


def test_the_next_change_is_the_day_after_the_last(tmp_path: Path) -> None:
    bundle = bundle_of(
        tmp_path, 'to: [role:r]\nallow: [read]\non: ["stream:a"]\nexpires: 2026-06-01'
    )

    assert next_change(bundle, datetime.date(2026, 6, 1)) == datetime.date(2026, 6, 2)
    assert next_change(bundle, datetime.date(2026, 6, 2)) is None


def test_a_class_asks_people_for_a_factor_and_a_device_and_everybody_for_the_rest(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.yaml").write_text(
        "kind: DataClass\nname: x\nlevel: restricted\nrequires:\n  mfa_max_age: 1h\n"
        "  device_posture: [compliant]\n  tls_min: '1.2'\n  mechanisms: [certificate]\n"
    )
    bundle = read_bundle(tmp_path, materials=False).bundle

    rules = {rule.id: rule.cedar for rule in compile_policy(bundle, "schema", TODAY).rules}

    assert list(rules) == [
        "class:x#mfa_max_age",
        "class:x#tls_min",
        "class:x#mechanisms",
        "class:x#device_posture",
    ]
    people = [rule for rule, text in rules.items() if "principal is Streamward::User" in text]
    assert people == ["class:x#mfa_max_age", "class:x#device_posture"]
    assert rules["class:x#mfa_max_age"].startswith('@requires("mfa_max_age: 1h")\nforbid (')
    assert '["1.2", "1.3"].contains(context.tls_version)' in rules["class:x#tls_min"]


def test_what_a_class_requires_becomes_rules_that_forbid(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "kind: Network\nname: office\naddresses: [10.0.0.0/8]\n---\nkind: DataClass\nname: x\n"
        "level: restricted\nrequires:\n  tls: true\n  mfa: true\n  networks: [office]\n"
    )
    bundle = read_bundle(tmp_path, materials=False).bundle

    rules = compile_policy(bundle, "schema", TODAY).rules

    assert [rule.id for rule in rules] == ["class:x#tls", "class:x#mfa", "class:x#networks"]
    assert all(rule.cedar.startswith("forbid (") for rule in rules)
    assert "unless { context.tls };" in rules[0].cedar
    assert "principal is Streamward::User" in rules[1].cedar
    assert 'containsAny(["office"])' in rules[2].cedar
    assert rules[0].source == "a.yaml:8"


def test_policies_of_a_file_bear_their_own_ids(tmp_path: Path) -> None:
    (tmp_path / "a.cedar").write_text(
        '// one; two\n@id("named")\npermit (principal, action, resource);\n\n'
        'forbid (principal, action, resource) when { context.mechanism == "a;b" };\n'
    )
    bundle = read_bundle(tmp_path, materials=False).bundle

    rules = compile_policy(bundle, "schema", TODAY).rules

    assert [(rule.id, rule.source) for rule in rules] == [
        ("cedar:a.cedar:named", "a.cedar:2"),
        ("cedar:a.cedar:policy1", "a.cedar:5"),
    ]


def test_the_version_changes_with_the_policy_and_with_nothing_else(compiled) -> None:
    body = 'to: [role:r]\nallow: [read]\non: ["stream:a"]'

    first, same = compiled(body), compiled(body)
    other = compiled(body.replace("stream:a", "stream:b"))

    assert first.version == same.version
    assert first.version != other.version
