"""What `kafka-acls --list` prints is read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamward.errors import InvalidArgument
from streamward.policy.kafka_acls import (
    Acl,
    Operation,
    PatternType,
    Permission,
    ResourceType,
    read_listing,
)

LISTING = """\
Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=a, b, patternType=LITERAL)`:
\t(principal=User:CN=x, O=y, host=z, host=*, operation=READ, permissionType=ALLOW)
\t(principal=User:b, host=10.0.0.7, operation=TWO_PHASE_COMMIT, permissionType=DENY)

"""


def printed(acl: Acl) -> str:
    resource = (
        f"ResourcePattern(resourceType={acl.resource_type}, name={acl.name}, "
        f"patternType={acl.pattern_type})"
    )
    entry = (
        f"(principal={acl.principal}, host={acl.host}, operation={acl.operation}, "
        f"permissionType={acl.permission})"
    )
    return f"Current ACLs for resource `{resource}`:\n\t{entry}\n\n"


def test_names_may_hold_what_separates_fields() -> None:
    first, second = read_listing(LISTING).acls

    assert (first.name, first.principal, first.host) == ("a, b", "User:CN=x, O=y, host=z", "*")
    assert (second.operation, second.permission) == (Operation.TWO_PHASE_COMMIT, Permission.DENY)


text = st.text(st.characters(exclude_categories=["Cs", "Zl", "Zp", "Cc"]), min_size=1, max_size=9)


@given(
    st.lists(
        st.builds(
            Acl,
            resource_type=st.sampled_from(ResourceType),
            name=text,
            pattern_type=st.sampled_from(PatternType),
            principal=text.map(lambda name: f"User:{name}"),
            host=st.sampled_from(("*", "10.0.0.7", "0:0:0:0:0:0:0:1")),
            operation=st.sampled_from(Operation),
            permission=st.sampled_from(Permission),
        ),
        max_size=4,
        unique=True,
    )
)
def test_every_acl_is_read_back(acls: list[Acl]) -> None:
    assert list(read_listing("".join(map(printed, acls))).acls) == acls


def test_lines_of_windows_are_lines_too() -> None:
    assert read_listing(LISTING.replace("\n", "\r\n")) == read_listing(LISTING)


def test_a_listing_of_one_principal_is_known_as_such() -> None:
    listing = read_listing("ACLs for principal `User:b`\n" + LISTING)

    assert listing.only == ("User:b",)
    assert len(listing.acls) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Error: something failed", "line 4 is no part"),
        ("\t(principal=User:b, host=*, operation=READ)", "line 4 is no part"),
        ("\t(principal=User:b, host=*, operation=FLY, permissionType=ALLOW)", "line 4 .*FLY"),
        ("\t(principal=User:b, host=*, operation=READ, permissionType=MAYBE)", "line 4 .*MAYBE"),
        (
            "Current ACLs for resource "
            "`ResourcePattern(resourceType=MOON, name=a, patternType=LITERAL)`:",
            "line 4 .*MOON",
        ),
    ],
)
def test_what_is_not_understood_stops_the_import(line: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        read_listing(LISTING.rstrip("\n") + f"\n{line}\n")


def test_an_entry_without_its_resource_is_no_listing() -> None:
    with pytest.raises(InvalidArgument, match="line 1"):
        read_listing(LISTING.split("\n", maxsplit=1)[1])
