"""Names and texts that fit several patterns at once are asked about like any other."""

from pathlib import Path

import pytest

from streamward.model.action import Action
from streamward.model.document import Bundle
from streamward.policy import diff, parse_resource
from streamward.policy.difference import unapproved_widenings
from streamward.policy.evaluator import decide
from streamward.policy.questions import Certainty, compiled, what_can, who_can
from tests.support.small_bundles import small_bundle

pytest.importorskip("streamward._core")

READ = 'principal, action == Streamward::Action::"Read", resource is Streamward::Stream'
APPROVAL = """
kind: Stream
prefix: hr
classes: [card]
"""


def ruled(directory: Path, *rules: str, documents: str = "") -> Bundle:
    return small_bundle(directory, documents, "\n".join(rules))


def certainty(bundle: Bundle, principal: str, name: str) -> Certainty | None:
    rights = who_can(bundle, [Action.READ], parse_resource(bundle, name)).rights
    found = {right.principal: right.ruling.certainty for right in rights}
    return found.get(principal)


@pytest.mark.parametrize(
    ("patterns", "text"),
    [
        (("java*", "*-old"), "java-old"),
        (("a*b*c", "*bb*", "ab*"), "abbc"),
        (("librdkafka*", "*1.2*", "*beta"), "librdkafka1.2beta"),
    ],
)
def test_a_text_that_fits_several_patterns_at_once_takes_a_right_away(
    tmp_path: Path, patterns: tuple[str, ...], text: str
) -> None:
    likes = " && ".join(f'context.client_software_name like "{it}"' for it in patterns)
    bundle = ruled(
        tmp_path,
        f"permit ({READ});",
        f"forbid ({READ}) when {{ context has client_software_name && {likes} }};",
    )
    asked = compiled(bundle)
    news = parse_resource(bundle, "news")

    refused = decide(asked.kernel, "api", Action.READ, news, {"client_software_name": text})

    assert not refused.allowed
    assert certainty(bundle, "api", "news") is Certainty.SOMETIMES


def test_patterns_that_no_text_fits_together_take_nothing_away(tmp_path: Path) -> None:
    name = "context.client_software_name"
    bundle = ruled(
        tmp_path,
        f"permit ({READ});",
        f"forbid ({READ}) when {{ context has client_software_name && "
        f'{name} like "a*" && {name} like "b*" }};',
    )

    assert certainty(bundle, "api", "news") is Certainty.ALWAYS


@pytest.mark.parametrize(
    ("patterns", "name"),
    [
        (("hr*", "*salary"), "hr.salary"),
        (("hr.*pay*",), "hr.eu.pay.2026"),
        (("*pay*", "*2026*"), "hr.pay.2026"),
        (("hr*x", "*y*x"), "hr.y.x"),
        (("hr", "*"), "hr"),
    ],
)
def test_access_to_names_of_several_patterns_waits_for_an_approval(
    tmp_path: Path, patterns: tuple[str, ...], name: str
) -> None:
    likes = " && ".join(f'resource.name like "{it}"' for it in patterns)
    head = "approval: {level: restricted, approvers: [risk]}\nowner: Tests\n"

    def made(folder: str, *rules: str) -> Bundle:
        bundle = small_bundle(tmp_path / folder, APPROVAL, "\n".join(rules), check=False)
        text = (tmp_path / folder / "streamward.yaml").read_text()
        (tmp_path / folder / "streamward.yaml").write_text(text.replace("owner: Tests\n", head, 1))
        from streamward.app import valid_bundle

        del bundle
        return valid_bundle(tmp_path / folder, materials=False)

    old, new = made("old"), made("new", f"permit ({READ}) when {{ {likes} }};")
    context = {"mfa": True, "mfa_age": 0}
    hr = parse_resource(new, name)
    assert not decide(compiled(old).kernel, "api", Action.READ, hr, context).allowed
    assert decide(compiled(new).kernel, "api", Action.READ, hr, context).allowed

    found = [it.what for it in unapproved_widenings(new, old)]

    assert any("`api` may read more of class `card`" in it for it in found), found


def test_what_fits_two_patterns_has_a_row_of_its_own(tmp_path: Path) -> None:
    bundle = ruled(
        tmp_path,
        f'permit ({READ}) when {{ resource.name like "a*b" && resource.name like "*x*" }};',
    )

    rights = what_can(bundle, "api", [Action.READ]).rights

    assert [right.on.text for right in rights] == ["*x* & a*b"]
    assert diff(bundle, bundle).is_empty


def test_any_name_of_a_prefix_is_asked_about_in_every_kind(tmp_path: Path) -> None:
    bundle = ruled(
        tmp_path,
        f"permit ({READ});",
        f'forbid ({READ}) when {{ resource.name like "*.secret" && !context.tls }};',
        f'forbid ({READ}) when {{ resource.name like "sh*.secret" && context.tls }};',
    )

    rights = who_can(bundle, [Action.READ], parse_resource(bundle, "shop.*")).rights

    assert {(right.on.text, right.ruling.certainty) for right in rights} == {
        ("shop.*", Certainty.ALWAYS)
    }
