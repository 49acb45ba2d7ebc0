"""What changes where rules stay as they are, and something else proves who somebody is."""

# A case is a line, as in a table.
# ruff: noqa: E501

from pathlib import Path

import pytest

from streamward.model.document import Bundle
from streamward.policy import diff
from streamward.policy.difference import effects
from tests.support.small_bundles import small_bundle

pytest.importorskip("streamward._core")

BEFORE = """\
kind: TokenIssuer
name: idp
issuer: https://id.example.org
jwks_url: https://id.example.org/jwks
audiences: [kafka]
algorithms: [RS256]
clock_skew: 30s
require_bound: true
subject_claim: sub
tenant_claim: org
mfa_claim: {amr: [hwk]}
---
kind: CertificateAuthority
name: internal
ca: file:ca.pem
crls: [file:one.crl]
trust_domains: [example.org]
mapping_rules: RULE:^CN=(.*?)$/$1/
---
kind: Principal
name: guest
type: user
tenant: shop
credentials:
  - {id: guest-token, type: token, issuer: idp, subject: guest}
  - {id: guest-mapped, type: certificate, issuer: internal, mapped_name: guest}
---
kind: Principal
name: tool
type: service
tenant: shop
credentials:
  - {id: tool-1, type: certificate, subject: CN=tool}
---
kind: Listener
name: front
cluster: main
advertise: 127.0.0.1
ports: {bootstrap: 9192, nodes: {first_id: 0, count: 1, first_port: 9193}}
tls: {certificate: file:g.pem, key: file:g.key, client_ca: file:clients.pem, client_authorities: [internal]}
sasl: [OAUTHBEARER]
authentication: both
---
kind: ControlDoor
name: keys
cluster: main
tls: {certificate: file:g.pem, key: file:g.key, client_ca: file:programs.pem, client_authorities: [internal]}
grant: 5m
"""
GUEST = "everybody from issuer `idp` (guest)  "
SIGNED = "everybody with a certificate of `internal` (guest)  "


def bundle(folder: Path, text: str) -> Bundle:
    return small_bundle(folder, text, check=False)


def told(folder: Path, *replaced: tuple[str, str]) -> list[str]:
    text = BEFORE
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    difference = diff(bundle(folder / "old", BEFORE), bundle(folder / "new", text))
    assert difference.is_empty or not difference.identities
    return [line.rpartition(" (more.yaml:")[0] for line in effects(difference)]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("issuer: https://id.example.org", "issuer: https://id.example.net", f"± {GUEST}tokens are those that say `iss` of `https://id.example.net`, before `https://id.example.org`"),
        ("org/jwks", "net/jwks", f"± {GUEST}its keys come from elsewhere now: https://id.example.net/jwks, before https://id.example.org/jwks"),
        ("jwks_url: https://id.example.org/jwks\n", "", f"± {GUEST}its keys come from elsewhere now: discovered at https://id.example.org, before https://id.example.org/jwks"),
        ("audiences: [kafka]", "audiences: [kafka, web]", f"+ {GUEST}tokens are taken for audience `web`"),
        ("[RS256]", "[RS256, EdDSA]", f"+ {GUEST}signatures are taken of `EdDSA`"),
        ("clock_skew: 30s", "clock_skew: 60s", f"+ {GUEST}its clock may differ by 60 s, before 30 s"),
        ("clock_skew: 30s", "clock_skew: 5s", f"- {GUEST}its clock may differ by 5 s, before 30 s"),
        ("require_bound: true", "require_bound: false", f"+ {GUEST}tokens need not be bound to a certificate any more"),
        ("subject_claim: sub", "subject_claim: mail", f"± {GUEST}whom a token means is said by the claim `mail`, before `sub`"),
        ("tenant_claim: org\n", "", f"+ {GUEST}the tenant is not checked against a token any more, before against `org`"),
        ("amr: [hwk]", "amr: [hwk, sms]", f"+ {GUEST}a second factor is shown by `amr sms`"),
        ("ca: file:ca.pem", "ca: file:other.pem", f"± {SIGNED}certificates are vouched for by another authority: `file:other.pem`, before `file:ca.pem`"),
        ("crls: [file:one.crl]\n", "", f"+ {SIGNED}revocations are read in `file:one.crl` no more"),
        ("trust_domains: [example.org]", "trust_domains: [example.org, example.net]", f"+ {SIGNED}it vouches for the trust domain `example.net`"),
        ("^CN=(.*?)$", "^OU=(.*?)$", "± everybody by a mapped name of `internal` (guest)  names are made of subjects by other rules: `RULE:^OU=(.*?)$/$1/`, before `RULE:^CN=(.*?)$/$1/`"),
        ("CN=tool", "CN=drill", "+ `tool`  can be proved by a certificate of the listener's authority with subject `CN=drill`"),
        ("subject: guest", "subject: eve", "- `guest`  can not be proved any more by a token of issuer `idp` for `guest`"),
        ("clients.pem", "others.pem", "± everybody with a certificate that names no issuer, on listener `front` (ann, api, etl, tool)  certificates are vouched for by another: `file:others.pem`, before `file:clients.pem`"),
        ("authentication: both", "authentication: either", "+ everybody on listener `front` (ann, api, etl, guest, tool)  `authentication: either`, before `both`"),
        ("programs.pem", "others.pem", "± everybody with a certificate that names no issuer, at the door `keys` (ann, api, etl, tool)  certificates are vouched for by another: `file:others.pem`, before `file:programs.pem`"),
        ("file:programs.pem, client_authorities: [internal]", "file:programs.pem", "- everybody at the door `keys` (ann, api, etl, guest, tool)  certificates are taken of `internal` no more"),
        ("grant: 5m", "grant: 15m", "+ everybody at the door `keys` (ann, api, etl, guest, tool)  keys are granted for 900 s, before 300 s"),
    ],
)  # fmt: skip
def test_who_comes_to_hold_the_rights_of_whom_is_told(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    assert line in told(tmp_path, (old, new))


def test_another_id_of_a_credential_is_no_change(tmp_path: Path) -> None:
    assert told(tmp_path, ("id: tool-1", "id: tool-2")) == []


def test_where_nobody_is_meant_nothing_is_told(tmp_path: Path) -> None:
    unused = ("name: idp\n", "name: unused\n"), ("issuer: idp,", "issuer: other,")
    text = BEFORE
    for pair in unused:
        text = text.replace(*pair)
    new = text.replace("org/jwks", "net/jwks")

    difference = diff(bundle(tmp_path / "old", text), bundle(tmp_path / "new", new))

    assert difference.identities == ()
    assert difference.document()["identities"] == []


def test_programs_are_told_the_same(tmp_path: Path) -> None:
    new = BEFORE.replace("org/jwks", "net/jwks")

    difference = diff(bundle(tmp_path / "old", BEFORE), bundle(tmp_path / "new", new))

    assert difference.document()["identities"] == [
        {
            "who": "everybody from issuer `idp`",
            "principals": ["guest"],
            "what": "its keys come from elsewhere now: https://id.example.net/jwks, "
            "before https://id.example.org/jwks",
            "gains": True,
            "loses": True,
            "source": "more.yaml:4",
        }
    ]
