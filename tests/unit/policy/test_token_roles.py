"""Roles that only tokens give count as held."""

from pathlib import Path

from streamward.app import read_bundle
from streamward.policy.lints.people import People
from tests.support.small_bundles import small_bundle

TWO_ISSUERS = """\
kind: Role
name: by-token
---
kind: Role
name: by-nobody
---
kind: TokenIssuer
name: first
issuer: https://first.example.org
audiences: [kafka]
role_claim: {claim: groups, roles: {tellers: by-token}}
---
kind: TokenIssuer
name: second
issuer: https://second.example.org
audiences: [kafka]
role_claim: {claim: groups, roles: {writers: writer}}
---
kind: Principal
name: guest
type: user
tenant: shop
credentials:
  - {id: guest-1, type: token, issuer: first, subject: guest}
  - {id: guest-2, type: token, issuer: second, subject: guest}
"""


def test_a_role_that_a_token_gives_is_not_called_unused(tmp_path: Path) -> None:
    small_bundle(tmp_path, TWO_ISSUERS, check=False)

    told = [it.what for it in read_bundle(tmp_path, materials=False).mistakes]

    assert "nobody has the role `by-nobody`" in told
    assert "nobody has the role `by-token`" not in told


def test_every_issuer_of_a_principal_gives_its_roles(tmp_path: Path) -> None:
    people = People.of(small_bundle(tmp_path, TWO_ISSUERS))

    assert "guest" in people.meant(["role:by-token"])
    assert "guest" in people.meant(["role:writer"])
