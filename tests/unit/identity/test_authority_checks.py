"""What a bundle may not say of authorities, of their names, and of proxies."""

from pathlib import Path

import pytest

from streamward.app import read_bundle

HEAD = """\
kind: Bundle
name: b
environment: development
owner: me
---
kind: Cluster
name: main
bootstrap: ["a:1"]
---
kind: Network
name: balancers
addresses: [10.0.7.0/24]
---
kind: Tenant
name: t
"""
LISTENER = """\
---
kind: Listener
name: clients
cluster: main
advertise: localhost
ports: {{bootstrap: 19092, nodes: {{first_id: 0, count: 1, first_port: 19093}}}}
{more}
tls: {{certificate: file:c, key: file:k, {trust}}}
"""
AUTHORITY = """\
---
kind: CertificateAuthority
name: {name}
ca: file:{name}.pem
{more}
"""
PRINCIPAL = """\
---
kind: Principal
name: app
type: service
tenant: t
credentials:
  - {{id: app-1, type: certificate, {credential}}}
"""


def told(
    folder: Path,
    credential: str = "subject: CN=app",
    *authorities: str,
    trust: str = "client_ca: file:ca, client_authorities: [x]",
    more: str = "",
) -> list[str]:
    """The mistakes in a bundle with authorities `x`, `y`, … and one credential."""
    text = HEAD + LISTENER.format(trust=trust, more=more)
    for name, fields in zip("xyz", authorities, strict=False):
        text += AUTHORITY.format(name=name, more=fields)
    (folder / "a.yaml").write_text(text + PRINCIPAL.format(credential=credential))
    return [mistake.what for mistake in read_bundle(folder, materials=False).mistakes]


RULES = "mapping_rules: 'RULE:^CN=(.*)$/$1/'"


@pytest.mark.parametrize(
    ("credential", "authority"),
    [
        ("subject: CN=app", ""),
        ("subject: CN=app, issuer: x", ""),
        ("mapped_name: app, issuer: x", RULES),
        ("san: 'spiffe://example.org/app', issuer: x", "trust_domains: [example.org]"),
        ("san: 'spiffe://example.com/app'", "trust_domains: [example.org]"),
    ],
)
def test_what_fits_is_no_mistake(tmp_path: Path, credential: str, authority: str) -> None:
    assert told(tmp_path, credential, authority) == []


@pytest.mark.parametrize(
    ("credential", "authority", "what"),
    [
        ("subject: CN=app, issuer: nobody", "", "there is no CertificateAuthority `nobody`"),
        ("mapped_name: app", RULES, "a mapped name is of an issuer's rules, and none is named"),
        ("mapped_name: app, issuer: x", "", "`x` has no mapping rules"),
        ("subject: CN=app, mapped_name: app", "", "exactly one of"),
        ("san: 'spiffe://example.org/app', issuer: x", "", "may not vouch for the trust domain"),
        (
            "san: 'spiffe://example.org/app'",
            "trust_domains: [example.org]",
            "the trust domain `example.org` is that of `x`",
        ),
        ("san: 'spiffe://example.org'", "", "is no SPIFFE ID of a workload: it has no path"),
        ("san: 'SPIFFE://example.org/a'", "", "is no SPIFFE ID of a workload"),
        ("san: 'spiffe://example.org:1/a'", "", "is no SPIFFE ID of a workload"),
        ("subject: CN=app", "trust_domains: [Example.org]", "is not a valid entry"),
        ("subject: CN=app", "mapping_rules: 'RULE:(?=a)/x/'", "look-around"),
        ("subject: CN=app", "mapping_rules: nonsense", "neither `DEFAULT` nor"),
        ("subject: CN=app", "unknown_revocation: maybe", "is not a value of"),
    ],
)
def test_what_does_not_fit_is_told(
    tmp_path: Path, credential: str, authority: str, what: str
) -> None:
    found = told(tmp_path, credential, authority)

    assert any(what in each for each in found), found


def test_an_authority_that_no_listener_takes(tmp_path: Path) -> None:
    assert told(tmp_path, "subject: CN=app", "", "") == [
        "no listener takes certificates of this authority"
    ]


def test_a_credential_that_nobody_signs(tmp_path: Path) -> None:
    found = told(tmp_path, "subject: CN=app", "", trust="client_authorities: [x]")

    assert found == ["nobody can prove it: it names no issuer, and no listener has a `client_ca`"]


def test_the_same_name_of_two_authorities_is_two_names(tmp_path: Path) -> None:
    credentials = "subject: CN=app}\n  - {id: app-2, type: certificate, subject: CN=app, issuer: x"

    assert told(tmp_path, credentials, "") == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("network:balancers", ""),
        ("10.0.7.9", ""),
        ("network:balancer", "there is no Network `balancer`"),
        ("0.0.0.0/0", "everybody would be a proxy"),
        ("10.0.0.1/8", "has host bits set"),
    ],
)
def test_proxies_are_declared(tmp_path: Path, source: str, what: str) -> None:
    found = told(tmp_path, "subject: CN=app", "", more=f"proxy_protocol: {{sources: ['{source}']}}")

    assert (found == []) if not what else any(what in each for each in found), found
