import pytest

from streamward.secrets import MaterialRefused, parse_reference
from streamward.secrets.reference import Location


def test_the_parts_of_references() -> None:
    parsed = parse_reference("vault:corporate/kv/team/kafka?version=3#password")
    assert parsed is not None
    assert (parsed.scheme, parsed.store, parsed.field) == ("vault", "corporate", "password")
    assert parsed.location == Location("kv/team/kafka", version="3")
    parsed = parse_reference("aws-sm:cloud/prod/kafka?stage=AWSPREVIOUS")
    assert parsed is not None
    assert parsed.location == Location("prod/kafka", stage="AWSPREVIOUS")
    assert parsed.field is None
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/kafka-AbCdEf"
    parsed = parse_reference(f"aws-sm:cloud/{arn}#password")
    assert parsed is not None
    assert parsed.location.path == arn


def test_other_schemes_are_nobodys_business_here() -> None:
    assert parse_reference("file:secrets/x") is None
    assert parse_reference("env:NAME") is None


@pytest.mark.parametrize(
    "reference",
    [
        "vault:",
        "vault:store",
        "vault:store/",
        "vault:store/secret/x",  # no field
        "vault:store/secret/x#",
        "vault:store/secret/../sys/raw#x",
        "vault:store/secret/./x#x",
        "vault:store//secret#x",
        "vault:store/secret/%2e%2e/sys#x",
        "vault:store/secret/x?stage=AWSCURRENT#x",
        "vault:store/secret/x?version=latest#x",
        "vault:store/secret/x?list=true#x",
        "aws-sm:store/x?version=a&stage=b",
        "aws-sm:store/x y",
        "aws-sm:store/x#a#b",
    ],
)
def test_what_could_lead_elsewhere_or_nowhere_is_refused(reference: str) -> None:
    with pytest.raises(MaterialRefused):
        parse_reference(reference)
