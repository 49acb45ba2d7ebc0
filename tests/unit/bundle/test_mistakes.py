"""One mistake at a time: each is found in its file and line, with a way out, and nothing else is."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from streamward.app import read_bundle


class Case(NamedTuple):
    id: str
    file: str
    old: str
    new: str
    at: str
    """Text on the line where the mistake must be told, in the spoiled file."""
    what: str
    suggestion: str = ""
    severity: str = "error"


E, W, G, S = "streamward.yaml", "who.yaml", "what.yaml", "grants.yaml"

# A case is a line, as in a table.
# ruff: noqa: E501
# fmt: off
CASES = [
    # The shape of YAML
    Case("syntax", W, "roles: [payment-writer]", "roles: [payment-writer", "credentials:\n  - id: payments-api-2026", "not valid YAML", "indentation"),
    Case("tab", W, "  - id: scoring-spiffe", "\t- id: scoring-spiffe", "\t- id", "not valid YAML", "blanks"),
    Case("key twice", W, "type: user\n", "type: user\ntype: service\n", "type: service", "key `type` stands twice", "first on line"),
    Case("merge key", G, "owner: Payments Risk", "<<: {owner: x}\nowner: Payments Risk", "<<:", "merge keys", "write it out"),
    Case("tag", G, "owner: Payments Risk", "owner: !!python/object:os.system x", "!!python", "is not supported", "drop the tag"),
    Case("a list", W, "", "---\n- kind: Tenant\n", "- kind: Tenant", "must be a mapping", "separate documents"),
    Case("a complex key", G, "requires:", "? [a]\n: b\nrequires:", "? [a]", "must be a plain word"),
    # Kinds and fields
    Case("kind unknown", W, "kind: Role\nname: payment-writer", "kind: Rol\nname: payment-writer", "kind: Rol\n", "no kind `Rol`", "did you mean `Role`?"),
    Case("kind missing", G, "kind: Network\n", "", "name: office", "`kind` is missing", "add `kind:`"),
    Case("kind a number", G, "kind: Network\n", "kind: 7\n", "kind: 7", "no kind `7`", "one of"),
    Case("field unknown", W, "type: user", "typ: user", "typ: user", "no field `typ`", "did you mean `type`?"),
    Case("field unknown inside", E, "first_port: 19093", "frist_port: 19093", "frist_port", "no field `frist_port`", "did you mean `first_port`?"),
    Case("field unknown in a union", W, "    san: spiffe", "    sam: spiffe", "sam: spiffe", "no field `sam`", "did you mean `san`?"),
    Case("field missing", W, "type: user\n", "", "kind: Principal\nname: alice", "`type` is missing", "add `type:`"),
    Case("field missing inside", E, "first_id: 0, ", "", "nodes: {count", "`first_id` is missing", "add `first_id:`"),
    Case("not a list", W, "includes: [total-reader]", "includes: total-reader", "includes:", "`includes` must be a list", "[a, b]"),
    Case("not a text", E, "owner: Payments Platform", "owner: 5", "owner: 5", "`owner` must be a text", "quotes"),
    Case("not a number", E, "bootstrap: 19092", "bootstrap: first", "bootstrap: first", "must be a whole number"),
    Case("not a truth", W, "mfa: true", "mfa: 7", "mfa: 7", "must be `true` or `false`"),
    Case("not a mapping", E, "limits: {connections_max: 50}", "limits: 50", "limits: 50", "must be a mapping"),
    # Limits and quotas
    Case("quota for nobody", E, 'to: ["tenant:payments"]', 'to: ["tenant:payment"]', 'to: ["tenant:payment"]', "there is no Tenant `payment`", "did you mean `payments`?"),
    Case("quota subject unknown", E, "to: [everyone]", "to: [everybody]", "to: [everybody]", "`everybody` is not a valid entry"),
    Case("quota of nothing", E, "requests_per_second: 2000\nconnections_max: 20\n", "", "kind: Quota\nid: everyone-requests", "give at least one of"),
    Case("quota shared connections", E, "shared: true", "shared: true\nconnections_max: 5", "kind: Quota\nid: payments-together", "a shared quota has none"),
    Case("quota set twice", E, "connections_max: 20", "connections_max: 20\n---\nkind: Quota\nid: again\nto: [everyone]\nconnections_max: 3", "to: [everyone]\nconnections_max: 3", "`everyone` has another `connections_max` by quota `everyone-requests`", "the narrower of both holds", "warning"),
    # The log
    Case("production without a key", E, "environment: development", "environment: production", "kind: Bundle", "no AuditLog document names one", "openssl genpkey"),
    Case("two logs", E, "", "---\nkind: AuditLog\nname: one\n---\nkind: AuditLog\nname: two\n", "kind: AuditLog\nname: two", "at most one document of kind AuditLog", "remove one"),
    Case("no key to change to", E, "", "---\nkind: AuditLog\nname: log\nprevious_key: file:tls/log.key\n", "previous_key:", "there is no key to change to", "declare `key`"),
    Case("the same key", E, "", "---\nkind: AuditLog\nname: log\nkey: file:tls/log.key\nprevious_key: file:tls/log.key\n", "previous_key:", "is the same as `key`", "remove it"),
    Case("no verifier key", E, "", "---\nkind: AuditLog\nname: log\nwitnesses: [{url: 'https://w.example', key: 'w'}]\n", "witnesses:", "`w` is not a valid `key`"),
    Case("rate too low", E, "produce_bytes_per_second: 50000000", "produce_bytes_per_second: 1000", "produce_bytes_per_second: 1000", "one request of 1 MiB takes 1048 s of this rate", "at least 3496 bytes", "warning"),
    Case("rate of a listener too low", E, "limits: {connections_max: 50}", "limits: {produce_bytes_per_second: 7}", "limits: {produce", "of this rate", "bytes a second", "warning"),
    Case("one source more than all", E, "limits: {connections_max: 50}", "limits: {connections_max: 50, connections_per_source_max: 60}", "limits: {conn", "`connections_per_source_max` is more than all", "write 50 or less"),
    Case("frame larger than memory", E, "owner: Payments Platform", "owner: Payments Platform\nlimits: {buffered_bytes_max: 50000000}", "kind: Listener\nname: clients", "a frame may be larger than `buffered_bytes_max`", "lower it, or raise", "warning"),
    Case("time not a duration", E, "limits: {connections_max: 50}", "limits: {timeouts: {idle: 10}}", "limits: {timeouts", "write it as `30s`"),
    Case("limit unknown", E, "limits: {connections_max: 50}", "limits: {conections_max: 50}", "conections_max", "no field `conections_max`", "did you mean `connections_max`?"),
    Case("not a date", S, "2099-12-31", "soon", "expires: soon", "must be a date", ""),
    Case("number out of range", E, "port: 9094", "port: 99094", "port: 99094", "less than or equal to 65535"),
    Case("value unknown", E, "environment: development", "environment: developement", "developement", "is not a value of `environment`", "did you mean `development`?"),
    Case("value unknown inside", E, "durability: strict", "durability: stric", "stric", "not a value of `durability`", "did you mean `strict`?"),
    Case("level unknown", G, "level: restricted", "level: secret", "level: secret", "not a value of `level`", "one of"),
    Case("credential type unknown", W, "type: unix_user", "type: unixuser", "- id: alice-console", "`unixuser` is not a value of `type`", "did you mean `unix_user`?"),
    Case("credential type missing", W, "    type: unix_user\n", "", "- id: alice-console", "`type` is missing", "add `type:`"),
    Case("action unknown", S, "allow: [write, read]", "allow: [write, reed]", "reed", "`reed` is not a", "did you mean `read`?"),
    Case("synonym in a grant", S, "allow: [write, read]", "allow: [produce, read]", "produce", "`produce` is not a value of `allow`", "did you mean `write`?"),
    Case("both allow and deny", S, "deny: [read]", "deny: [read]\nallow: [read]", "kind: Grant\nid: no-cards", "exactly one of `allow` and `deny`"),
    Case("neither name nor prefix", G, "prefix: payments.totals.\n", "", "kind: Stream\nclasses", "exactly one of `name` and `prefix`"),
    Case("subject and san", W, "    san: spiffe://example.org/scoring", "    san: a\n    subject: CN=a", "- id: scoring-spiffe", "exactly one of `subject`, `san` and `mapped_name`"),
    Case("subject word unknown", S, "principal:alice", "user:alice", "user:alice", "is not a valid entry", "must match"),
    Case("endpoint", E, '"127.0.0.1:9092"', '"127.0.0.1"', 'bootstrap: ["127.0.0.1"]', "host:port"),
    Case("network address", G, "10.0.0.0/8", "10.0.0.1/8", "10.0.0.1/8", "has host bits set"),
    Case("reference scheme", E, "file:tls/brokers.pem", "http://x/brokers.pem", "http://x", "is not a valid `ca`", "(file|env|vault|aws-sm|spiffe)"),
    Case("node name", E, "broker-{id}.kafka", "broker-{di}.kafka", "sni:", "must contain `{id}` once"),
    Case("stream name", G, "name: payments.transactions", "name: payments/transactions", "payments/transactions", "is not a valid `name`", "must match"),
    # Names across documents
    Case("name twice", W, "", "---\nkind: Role\nname: payment-writer\n", "kind: Role\nname: payment-writer", "`payment-writer` is declared twice", "first in who.yaml"),
    Case("role unknown", W, "roles: [payment-writer]", "roles: [payment-writter]", "payment-writter", "no Role `payment-writter`", "did you mean `payment-writer`?"),
    Case("tenant unknown", W, "tenant: analytics\nroles", "tenant: analitics\nroles", "analitics", "no Tenant `analitics`", "did you mean `analytics`?"),
    Case("class unknown", G, "classes: [operational]", "classes: [operations]", "[operations]", "no DataClass `operations`", "did you mean `operational`?"),
    Case("network unknown", G, "networks: [office]", "networks: [ofice]", "[ofice]", "no Network `ofice`", "did you mean `office`?"),
    Case("cluster unknown", E, "cluster: far", "cluster: fra", "cluster: fra", "no Cluster `fra`", "did you mean `far`?"),
    Case("grant to unknown role", S, "role:payment-reader", "role:payments-reader", "role:payments-reader", "no Role `payments-reader`", "did you mean `payment-reader`?"),
    Case("grant to unknown principal", S, "principal:alice", "principal:alicia", "principal:alicia", "no Principal `alicia`", "did you mean `alice`?"),
    Case("grant to unknown tenant", S, 'tenant:analytics"]\nallow', 'tenant:analytic"]\nallow', 'tenant:analytic"', "no Tenant `analytic`", "did you mean `analytics`?"),
    Case("grant on unknown class", S, "class:operational", "class:operationel", "class:operationel", "no DataClass `operationel`", "did you mean `operational`?"),
    Case("star in the middle", S, "stream:payments.totals.*", "stream:pay*.totals", "pay*.totals", "at the end only", "write `stream:pay*`"),
    Case("star twice", S, "group:payments.*", "group:pay*ments.*", "pay*ments.*", "at the end only", "write `group:pay*`"),
    Case("action without target", S, "allow: [write, read]", "allow: [write, read, contain]", "contain", "`contain` can't be done to any", "done to a cluster"),
    Case("target without action", S, '"transaction:settle*"]', '"transaction:settle*", cluster]', "cluster]", "none of the actions can be done to `cluster`", "remove it"),
    Case("stream undeclared", S, "stream:payments.transactions", "stream:payments.transaction", 'payments.transaction"', "no document declares a stream `payments.transaction`", "did you mean `payments.transactions`?", "warning"),
    Case("grant expired", S, "2099-12-31", "2019-12-31", "2019-12-31", "expired on 2019-12-31", "later date", "warning"),
    Case("role cycle", W, "kind: Role\nname: total-reader", "kind: Role\nname: total-reader\nincludes: [payment-reader]", "includes: [total-reader]", "includes itself", "remove one"),
    Case("role unused", W, "", "---\nkind: Role\nname: idle\n", "kind: Role\nname: idle", "nobody has the role `idle`", "give it", "warning"),
    Case("no credentials", W, "", "---\nkind: Principal\nname: bob\ntype: user\ntenant: payments\n", "kind: Principal\nname: bob", "no credentials", "add `credentials:`", "warning"),
    Case("credential of two", W, "san: spiffe://example.org/scoring", "subject: CN=payments-api,O=Example", "    subject: CN=payments-api,O=Example\n---", "is also that of `payments-api`", "credential of its own"),
    Case("credential id twice", W, "id: scoring-spiffe", "id: payments-api-2026", "  - id: payments-api-2026\n    type: certificate\n    san", "credential `payments-api-2026` is declared twice", "first in `payments-api`"),
    Case("subject not a name", W, "CN=payments-api,O=Example", "payments-api", "subject: payments-api", "not a name as in RFC 4514", "CN=payments-api"),
    Case("subject spelled otherwise", W, "CN=payments-api,O=Example", "CN=payments-api, O=Example", "CN=payments-api, O", "", "`"),
    Case("stream unclassified", G, "classes: [operational]\n", "", "kind: Stream\nprefix: payments.totals.", "carries no data class", "add `classes:`", "warning"),
    Case("class without owner", G, "owner: Payments Risk\n", "", "kind: DataClass\nname: cardholder", "nobody answers", "add `owner:`", "warning"),
    Case("class twice", G, "classes: [operational]", "classes: [operational, operational]", "[operational, operational]", "`operational` stands twice", "remove one"),
    Case("stream of nobody", G, "prefix: payments.totals.", "prefix: orders.", "kind: Stream\nprefix: orders.", "in no namespace", "Namespace", "warning"),
    # The control door over TLS
    Case("door without TLS", E, "tls:\n  certificate: file:tls/gateway.pem\n  key: file:tls/gateway.key\n  client_ca: file:tls/ca.pem\ngrant: 2m", "grant: 2m", "kind: ControlDoor", "`tls` is missing", "add `tls:`"),
    Case("door without an authority", E, "  client_ca: file:tls/ca.pem\ngrant: 2m", "grant: 2m", "tls:\n  certificate: file:tls/gateway.pem\n  key: file:tls/gateway.key\ngrant", "no authority is named", "add `client_ca:`"),
    Case("door with optional certificates", E, "  client_ca: file:tls/ca.pem\ngrant: 2m", "  client_ca: file:tls/ca.pem\n  client_certificate: optional\ngrant: 2m", "  client_certificate: optional\ngrant", "no field `client_certificate`"),
    Case("door on the port of a listener", E, "grant: 2m", "port: 19092\ngrant: 2m", "port: 19092\ngrant", "port 19092 is also taken by listener `clients`", "choose another"),
    Case("door of the name of a listener", E, "kind: ControlDoor\nname: keys", "kind: ControlDoor\nname: clients", "name: clients\ncluster: main\nbind: 0.0.0.0", "a Listener is called `clients` too", "choose another"),
    Case("grant of hours", E, "grant: 2m", "grant: 2h", "kind: ControlDoor", "`grant` is between `1m` and `15m`"),
    Case("door that waits for ever", E, "grant: 2m", "grant: 2m\nrequest_timeout: 1h", "kind: ControlDoor", "`request_timeout` is between `1s` and `60s`"),
    Case("door of no cluster", E, "name: keys\ncluster: main", "name: keys\ncluster: mian", "cluster: mian", "no Cluster `mian`", "did you mean `main`?"),
    # Listeners
    Case("port taken", E, "port: 9094", "port: 19094", "sni:", "port 19094 is also taken by listener `clients`", "choose another"),
    Case("bootstrap among nodes", E, "bootstrap: 19092", "bootstrap: 19094", "bootstrap: 19094", "also that of a node", "outside"),
    Case("nodes past the last port", E, "first_port: 19093", "first_port: 65535", "  nodes: {first_id: 0, count: 3, first_port: 65535", "would be on port 65537", "65533"),
    Case("no authority", E, "  client_ca: file:tls/ca.pem\nsasl", "sasl", "tls:\n  certificate: file:tls/gateway.pem\n  key: file:tls/gateway.key\nsasl", "no authority is named", "add `client_ca:`"),
    Case("nobody can come in", E, "client_certificate: required", "client_certificate: none", "tls:\n  certificate: file:tls/gateway.pem\n  key: file:tls/gateway.key\n  client_ca: file:tls/ca.pem\n  client_certificate: none", "nobody can prove who they are", "required"),
    Case("plain principal over TLS", E, "durability: strict", "durability: strict\nplaintext_principal: alice", "plaintext_principal", "has no meaning", "remove one"),
    Case("cluster unserved", E, "", "---\nkind: Cluster\nname: idle\nbootstrap: ['a:1']\n", "kind: Cluster\nname: idle", "no listener serves", "add a document", "warning"),
    Case("a certificate for brokers", E, "bootstrap: [\"127.0.0.1:9092\"]", "bootstrap: [\"127.0.0.1:9092\"]\nidentity: client", "tls:\n  certificate: file:tls/gateway.pem\n  key: file:tls/gateway.key\n  client_ca: file:tls/ca.pem\nsasl", "can't be shown to brokers", "set `client_certificate: none`"),
    Case("identity unknown", E, "bootstrap: [\"127.0.0.1:9092\"]", "bootstrap: [\"127.0.0.1:9092\"]\nidentity: clients", "identity: clients", "is not a value of `identity`", "did you mean `client`?"),
    Case("mechanism unknown", E, "sasl: [PLAIN]", "sasl: [GSSAPI]", "sasl: [GSSAPI", "is not a value of", "one of"),
    # Tokens
    Case("issuer in clear", W, "issuer: https://partners.example.org\n", "issuer: http://partners.example.org\n", "issuer: http://", "is not over TLS", "use `https:`"),
    Case("issuer no URL", W, "issuer: https://partners.example.org\n", "issuer: partners.example.org\n", "issuer: partners", "", ""),
    Case("issuer with a user", W, "jwks_url: https://login", "jwks_url: https://u:p@login", "jwks_url", "without a user", ""),
    Case("issuer twice", W, "issuer: https://partners.example.org\n", "issuer: https://login.example.com/\n", "issuer: https://login.example.com/\naudiences: [kafka]\nintro", "is also the URL", "one document"),
    Case("two are asked", W, "jwks_url: https://login.example.com/keys", "introspection:\n  url: https://login.example.com/i\n  client_id: a\n  client_secret: env:A", "introspection:\n  url: https://partners", "is asked already", "one issuer only"),
    Case("keys and answers", W, "require_bound: true", "jwks_url: https://partners.example.org/keys", "kind: TokenIssuer\nname: partners", "not both", ""),
    Case("HMAC declared", W, "algorithms: [ES256, RS256]", "algorithms: [HS256]", "algorithms: [HS256]", "is not a value of", "did you mean `RS256`"),
    Case("none declared", W, "algorithms: [ES256, RS256]", "algorithms: [none]", "algorithms: [none]", "is not a value of", "one of"),
    Case("clocks too far apart", W, "tenant_claim: org", "clock_skew: 1h", "clock_skew: 1h", "", ""),
    Case("token of no issuer", W, "issuer: login\n", "issuer: logon\n", "issuer: logon", "no TokenIssuer `logon`", "did you mean `login`?"),
    Case("role of no group", W, "kafka-readers: payment-reader", "kafka-readers: payment-reder", "kafka-readers", "no Role `payment-reder`", "payment-reader"),
    Case("subject of two", W, "  - id: scoring-spiffe", "  - {id: scoring-login, type: token, issuer: login, subject: '248289761001'}\n  - id: scoring-spiffe", "subject: \"248289761001\"", "is also that of", "of its own"),
    Case("tokens bound to nothing", E, "sasl: [PLAIN]", "sasl: [OAUTHBEARER]\nbound_tokens: true", "bound_tokens", "must show one", "client_certificate: required"),
    Case("passwords where tokens are bound", E, "client_ca: file:tls/ca.pem\nsasl: [PLAIN]", "client_ca: file:tls/ca.pem\n  client_certificate: required\nsasl: [PLAIN]\nbound_tokens: true", "bound_tokens", "nothing else lets in", "OAUTHBEARER"),
    # Cedar files
    Case("cedar not ended", "conditions/a.cedar", "", "permit (principal, action, resource)", "permit (principal, action, resource)", "doesn't end", "end it with `;`"),
    Case("cedar string open", "conditions/a.cedar", "", '\nforbid (principal, action, resource == Streamward::Stream::"x);', "forbid", "a string is not closed", "add"),
    Case("cedar id twice", "conditions/hours.cedar", "", '@id("day") forbid (principal, action, resource);\n', '@id("day") forbid', "stands twice", "first on line 2"),
    Case("cedar id odd", "conditions/hours.cedar", "", '@id("a b") forbid (principal, action, resource);\n', '@id("a b")', "made of letters", "office-hours"),
]
# fmt: on


def line_of(text: str, marker: str) -> int:
    """The line of the last place where the marker starts."""
    assert marker in text, f"`{marker}` is not in the spoiled file"
    return text.count("\n", 0, text.rindex(marker)) + 1


KNOWN = {
    ("grants.yaml", "no document declares a stream `payments.cards.issued*`"),
    ("conditions/hours.cedar", "Cedar files were not validated: the compiled module"),
}
"""What is told of the bundle before it is spoiled, the last only without the compiled module."""


def found(folder: Path):
    mistakes = read_bundle(folder, materials=False).mistakes
    return [
        mistake
        for mistake in mistakes
        if not any(mistake.what.startswith(what) for _, what in KNOWN)
    ]


def test_the_bundle_itself_has_no_mistakes(folder: Path) -> None:
    assert found(folder) == []


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_mistake(case: Case, folder: Path, spoil: Callable[[str, str, str], str]) -> None:
    text = spoil(case.file, case.old, case.new)

    mistakes = found(folder)

    line = line_of(text, case.at)
    told = [m for m in mistakes if case.what in m.what and m.place.line == line]
    assert told, [str(m) for m in mistakes]
    mistake = told[0]
    assert mistake.place.file == case.file
    assert mistake.severity == case.severity
    assert case.suggestion in mistake.suggestion
    others = [m for m in mistakes if m.is_error and m is not mistake]
    assert others == [], "one mistake must not be told as several"


def test_every_mistake_of_every_file_is_told_at_once(
    folder: Path, spoil: Callable[[str, str, str], str]
) -> None:
    chosen = [case for case in CASES if case.id in {"field unknown", "kind missing", "endpoint"}]
    for case in chosen:
        spoil(case.file, case.old, case.new)

    whats = " ".join(m.what for m in found(folder))

    assert all(case.what in whats for case in chosen)


def test_a_syntax_error_spoils_only_its_own_document(
    folder: Path, spoil: Callable[[str, str, str], str]
) -> None:
    spoil("who.yaml", "kind: Tenant\nname: payments", "kind: [Tenant\nname: payments")
    spoil("who.yaml", "type: user", "type: usr")

    whats = [m.what for m in found(folder)]

    assert any("not valid YAML" in what for what in whats)
    assert any("`usr` is not a value of `type`" in what for what in whats)


def test_a_broken_document_counts_as_declared(
    folder: Path, spoil: Callable[[str, str, str], str]
) -> None:
    spoil("who.yaml", "name: total-reader", "name: total-reader\nincluded: []")

    errors = [m for m in found(folder) if m.is_error]

    assert [m.what for m in errors] == ["there is no field `included`"]


def test_a_bundle_without_a_head_is_told(folder: Path) -> None:
    text = (folder / "streamward.yaml").read_text()
    (folder / "streamward.yaml").write_text(text.split("---\n", 1)[1])

    assert [m.what for m in found(folder)] == ["no document of kind Bundle"]


PLAIN = """\
---
kind: Listener
name: plain
cluster: main
bind: {bind}
advertise: localhost
ports:
  bootstrap: 29092
  nodes: {{first_id: 0, count: 1, first_port: 29093}}
{more}
"""


@pytest.mark.parametrize(
    ("environment", "bind", "more", "what"),
    [
        ("development", "127.0.0.1", "", "must say who its callers are"),
        ("development", "0.0.0.0", "plaintext_principal: alice", "may only bind loopback"),
        ("production", "127.0.0.1", "plaintext_principal: alice", "refused in environment"),
        (
            "development",
            "127.0.0.1",
            "plaintext_principal: alice\nsasl: [PLAIN]",
            "try out passwords",
        ),
        ("development", "127.0.0.1", "plaintext_principal: alice", "which requires TLS"),
        ("development", "127.0.0.1", "plaintext_principal: nobody", "no Principal `nobody`"),
    ],
)
def test_a_listener_without_tls(
    environment: str,
    bind: str,
    more: str,
    what: str,
    folder: Path,
    spoil: Callable[[str, str, str], str],
) -> None:
    spoil("streamward.yaml", "environment: development", f"environment: {environment}")
    spoil("streamward.yaml", "", PLAIN.format(bind=bind, more=more))

    assert any(what in m.what for m in found(folder) if m.is_error)


SECURE = """\
---
kind: Listener
name: secure
cluster: main
advertise: localhost
ports:
  bootstrap: 29092
  nodes: {{first_id: 0, count: 1, first_port: 29093}}
tls: {{certificate: "file:a", key: "file:b", client_ca: "file:c", client_certificate: {shown}}}
sasl: {sasl}
authentication: {wanted}
"""


@pytest.mark.parametrize(
    ("wanted", "shown", "sasl", "what"),
    [
        ("both", "required", "[PLAIN]", ""),
        ("both", "optional", "[PLAIN]", "certificates that TLS does not require"),
        ("both", "required", "[]", "asks for SASL, and no mechanism"),
        ("sasl", "optional", "[PLAIN]", ""),
        ("sasl", "optional", "[]", "asks for SASL, and no mechanism"),
        ("certificate", "required", "[]", ""),
        ("certificate", "optional", "[]", "certificates that TLS does not require"),
        ("certificate", "required", "[PLAIN]", "takes no SASL"),
        ("neither", "required", "[]", "authentication"),
    ],
)
def test_a_listener_asks_for_proofs_that_can_be_given(
    wanted: str,
    shown: str,
    sasl: str,
    what: str,
    folder: Path,
    spoil: Callable[[str, str, str], str],
) -> None:
    spoil("streamward.yaml", "", SECURE.format(wanted=wanted, shown=shown, sasl=sasl))

    errors = [m.what for m in found(folder) if m.is_error and "`file:" not in m.what]

    assert bool(errors) is bool(what)
    assert all(what in error or wanted in error for error in errors)


@pytest.mark.parametrize(
    "more",
    [
        "identity: client",
        "sasl: {mechanism: PLAIN, username: gateway, password: 'env:UPSTREAM_PASSWORD'}",
    ],
)
@pytest.mark.parametrize(("environment", "told"), [("production", True), ("development", False)])
def test_passwords_go_to_brokers_inside_tls_only(
    more: str, environment: str, told: bool, folder: Path, spoil: Callable[[str, str, str], str]
) -> None:
    spoil("streamward.yaml", "environment: development", f"environment: {environment}")
    spoil("streamward.yaml", "name: main\n", f"name: main\n{more}\n")

    assert any("in the clear to the brokers" in m.what for m in found(folder)) is told


def test_a_plaintext_listener_for_measuring_is_fine(
    folder: Path, spoil: Callable[[str, str, str], str]
) -> None:
    spoil("what.yaml", "  tls: true\n", "")
    spoil("streamward.yaml", "", PLAIN.format(bind="127.0.0.1", more="plaintext_principal: alice"))

    assert found(folder) == []


def test_what_a_broken_document_names_is_checked_too(
    folder: Path, spoil: Callable[[str, str, str], str]
) -> None:
    spoil(
        "who.yaml",
        "",
        "\n---\nkind: Principal\nname: broken\ntype: servise\ntenant: paymets\nroles: [total-reder]\n"
        "credentials:\n  - {id: broken-certificate, type: certificate, subject: CN=x, issuer: nobodys}\n",
    )

    told = {m.what: m.suggestion for m in found(folder) if m.is_error}

    assert told == {
        "`servise` is not a value of `type`": "did you mean `service`?",
        "there is no Tenant `paymets`": "did you mean `payments`?",
        "there is no Role `total-reder`": "did you mean `total-reader`?",
        "there is no CertificateAuthority `nobodys`": told[
            "there is no CertificateAuthority `nobodys`"
        ],
    }


def test_a_broken_grant_and_a_second_of_its_name_are_told_at_once(
    folder: Path, spoil: Callable[[str, str, str], str]
) -> None:
    grant = (
        "\n---\nkind: Grant\nid: twice\nto: [role:total-reder, nonsense, 5]\nallow: [reed]\n"
        'on: ["class:nothing", "stream:a*b"]\nsources: ["network:nowhere"]\n'
    )
    text = spoil("who.yaml", "", grant + grant)

    lines = {(m.place.line, m.what) for m in found(folder) if m.is_error}

    last = text.count("\n", 0, text.rindex("kind: Grant")) + 1
    assert {what for line, what in lines if line >= last} == {
        "`twice` is declared twice",
        "there is no Role `total-reder`",
        "`nonsense` is not a valid entry",
        "an entry of `to` must be a text",
        "`reed` is not a value of `allow`",
        "there is no DataClass `nothing`",
        "`stream:a*b`: a `*` is understood at the end only",
        "there is no Network `nowhere`",
    }


def test_rules_are_held_to_the_schema_whatever_else_is_wrong(
    folder: Path, spoil: Callable[[str, str, str], str]
) -> None:
    spoil("who.yaml", "", "\n---\nkind: Namespace\nprefix: lost.\ntenant: nobodys\n")
    (folder / "wrong.cedar").write_text(
        'permit (principal, action == Streamward::Action::"Reed", resource);\n'
    )

    told = {m.place.file: m.suggestion for m in found(folder) if m.is_error}

    assert told["wrong.cedar"] == "did you mean `Read`?"
    assert "who.yaml" in told
