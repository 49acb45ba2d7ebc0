"""What changes where rules stay as they are, and something else proves who somebody is."""

# A case is a line, as in a table.
# ruff: noqa: E501

from pathlib import Path

import pytest

from streamward.model.document import Bundle
from streamward.policy import diff
from streamward.policy.difference import Difference, effects
from streamward.policy.difference.identities import identity_changes
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
BEFORE += """\
---
kind: SecretStore
name: main
refresh: 1m
vault: {address: "https://vault.example", auth: {method: token, secret: "file:token"}}
---
kind: Principal
name: drill
type: service
tenant: shop
credentials: [{id: drill-1, type: password, verifier: "vault:main/secret/drill#verifier"}]
---
kind: Principal
name: old
type: service
tenant: shop
credentials: [{id: old-1, type: broker}]
---
kind: Cluster
name: back
identity: client
bootstrap: ["127.0.0.1:9192"]
"""
GUEST = "everybody from issuer `idp` (guest)  "
SIGNED = "everybody with a certificate of `internal` (guest)  "


def bundle(folder: Path, text: str) -> Bundle:
    return small_bundle(folder, text, check=False)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle(tmp_path_factory.mktemp("before"), BEFORE)


def lines(old: Bundle, new: Bundle) -> list[str]:
    difference = Difference("old", "new", (), (), identities=identity_changes(old, new))
    return [line.rpartition(" (more.yaml:")[0] for line in effects(difference)]


def changed(*replaced: tuple[str, str], more: str = "") -> str:
    text = BEFORE
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    return text + more


def told(old: Bundle, folder: Path, *replaced: tuple[str, str], more: str = "") -> list[str]:
    return lines(old, bundle(folder, changed(*replaced, more=more)))


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
        ("authentication: both", "authentication: either", "+ everybody on listener `front` (ann, api, drill, etl, guest and 2 more)  `authentication: either`, before `both`"),
        ("programs.pem", "others.pem", "± everybody with a certificate that names no issuer, at the door `keys` (ann, api, etl, tool)  certificates are vouched for by another: `file:others.pem`, before `file:programs.pem`"),
        ("file:programs.pem, client_authorities: [internal]", "file:programs.pem", "- everybody with a certificate of `internal`, at the door `keys` (guest)  certificates are taken of `internal` no more"),
        ("[internal]}\nsasl", "[]}\nsasl", "- everybody with a certificate of `internal`, on listener `front` (guest)  certificates are taken of `internal` no more"),
        ("[OAUTHBEARER]", "[OAUTHBEARER, PLAIN]", "+ everybody on listener `front` (ann, api, drill, etl, guest and 2 more)  it is possible to log in by `PLAIN`"),
        ("[OAUTHBEARER]", "[PLAIN]", "- everybody on listener `front` (guest)  it is possible to log in by `OAUTHBEARER` no more"),
        ("[internal]}\nsasl", "[internal], client_certificate: required}\nsasl", "- everybody on listener `front` (ann, api, drill, etl, guest and 2 more)  `client_certificate: required`, before `optional`"),
        ("[internal]}\nsasl", "[internal], client_certificate: none}\nsasl", "- everybody with a certificate that names no issuer, on listener `front` (ann, api, etl, tool)  certificates are vouched for by another: none, before `file:clients.pem`"),
        ("authentication: both", "authentication: both\nproxy_protocol: {sources: [10.0.0.7]}", "+ everybody on listener `front` (ann, api, drill, etl, guest and 2 more)  addresses are told by proxy `10.0.0.7`"),
        ("vault: {address: \"https://vault.example", "vault: {address: \"https://vault.elsewhere", "± everybody whose proof is checked by what the store `main` holds (drill)  what it holds comes from elsewhere now, or by another login"),
        ("\nidentity: client\nbootstrap: [\"127.0.0.1:9192\"]", "\nidentity: client\nbootstrap: [\"127.0.0.2:9192\"]", "+ everybody whom brokers of `back` know (old)  logins are checked by the brokers at `127.0.0.2:9192`"),
        ("grant: 5m", "grant: 15m", "+ everybody at the door `keys` (ann, api, etl, guest, tool)  keys are granted for 900 s, before 300 s"),
    ],
)  # fmt: skip
def test_who_comes_to_hold_the_rights_of_whom_is_told(
    before: Bundle, tmp_path: Path, old: str, new: str, line: str
) -> None:
    assert line in told(before, tmp_path, (old, new))


@pytest.mark.parametrize(
    "replaced",
    [
        ("id: tool-1", "id: tool-2"),
        # A listener, or a door, that is called otherwise takes the same proofs.
        ("name: front", "name: side"),
        ("name: keys", "name: locks"),
        ("refresh: 1m", "refresh: 2m"),
    ],
)
def test_what_proves_the_same_is_no_change(
    before: Bundle, tmp_path: Path, replaced: tuple[str, str]
) -> None:
    assert told(before, tmp_path, replaced) == []


LISTENER = """\
---
kind: Listener
name: side
cluster: main
advertise: 127.0.0.1
ports: {bootstrap: 9292, nodes: {first_id: 0, count: 1, first_port: 9293}}
authentication: both
sasl: [OAUTHBEARER]
tls: {certificate: file:g.pem, key: file:g.key, client_ca: file:clients.pem, client_authorities: [internal]}
"""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("clients.pem", "others.pem", "± everybody with a certificate that names no issuer, on listener `side` (ann, api, etl, tool)  certificates are vouched for by another: `file:others.pem`, before `file:clients.pem`"),
        ("both", "either", "+ everybody on listener `side` (ann, api, drill, etl, guest and 2 more)  `authentication: either`, before `both`"),
        ("[OAUTHBEARER]", "[OAUTHBEARER, PLAIN]", "+ everybody on listener `side` (ann, api, drill, etl, guest and 2 more)  it is possible to log in by `PLAIN`"),
    ],
)  # fmt: skip
def test_a_new_listener_hides_no_other_way_in(
    before: Bundle, tmp_path: Path, old: str, new: str, line: str
) -> None:
    """Also where the one before is renamed by it, and so is not there to be compared."""
    assert told(before, tmp_path / "same", more=LISTENER) == []
    told_of_it = told(before, tmp_path / "other", more=LISTENER.replace(old, new))
    assert told_of_it == [line]


def test_a_new_place_for_passwords_may_prove_anybody(before: Bundle, tmp_path: Path) -> None:
    store = "---\nkind: IdentityStore\nname: people\nkey: file:store.key\n"
    whom = "everybody by a stored password (ann, api, drill, etl, guest and 2 more)"
    with_store = bundle(tmp_path / "with", BEFORE + store)
    rotated = store.replace("store.key", "new.key") + "previous_keys: [file:store.key]\n"
    elsewhere = store + "url: file:other.url\n"

    assert lines(before, with_store) == [f"+ {whom}  passwords of the store `people` are taken"]
    assert lines(with_store, before) == []
    assert lines(with_store, bundle(tmp_path / "rotated", BEFORE + rotated)) == [
        f"+ {whom}  passwords are taken that are encrypted with `file:new.key`"
    ]
    assert lines(with_store, bundle(tmp_path / "elsewhere", BEFORE + elsewhere)) == [
        f"± {whom}  passwords are looked up at `file:other.url`, before none"
    ]


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
