"""The catalogue: one small change to an example each, what finds it, and the line to change.

`at` is a text on the line that the message must name, in the file that was changed unless `told_in`
says another; `what` is part of the message.
"""

from typing import NamedTuple


class Mistake(NamedTuple):
    """A seeded mistake. With nothing in `old`, `new` is added to the end of the file."""

    id: str
    example: str
    file: str
    old: str
    new: str
    at: str
    what: str
    told_in: str = ""
    invariant: str = ""
    """The invariant that it breaks, where a proof finds it."""


P, H = "payments", "hospital"
G, R, S, N, C, T, W = (
    "grants.yaml",
    "roles.yaml",
    "streams.yaml",
    "networks.yaml",
    "classes.yaml",
    "tenants.yaml",
    "principals.yaml",
)
PEOPLE, EMERGENCY = "conditions/people.cedar", "conditions/emergency.cedar"

# A mistake is a few lines, as in a table.
# ruff: noqa: E501
# fmt: off
CHECKED = [
    # Reaches further than it looks
    Mistake("wildcard grant", P, G, 'on: ["stream:fraud.*"]\n---\nkind: Grant\nid: fraud-look', 'on: ["stream:*"]\n---\nkind: Grant\nid: fraud-look', 'on: ["stream:*"]', "covers every stream, those of class `cardholder`"),
    Mistake("everyone reads cards", P, G, "to: [role:payment-reader]", "to: [everyone]", 'on: ["stream:payments.transactions", "stream:payments.refunds"]\n---\nkind: Grant\nid: fraud-own', "everyone gets at `stream:payments.transactions`"),
    Mistake("permit everything", P, PEOPLE, "", "permit (principal, action, resource);\n", "permit (principal, action, resource);", "this permits everything that nothing forbids"),
    Mistake("tenant prefix without separator", P, T, "prefix: fraud.\n", "prefix: fraud\n", "prefix: fraud\n", "also the beginning of names such as `fraud2.x`"),
    Mistake("grant past the separator", P, G, 'on: ["group:audit.*"]', 'on: ["group:audit*"]', 'on: ["group:audit*"]', "reaches out of the namespace `audit.`"),
    Mistake("network of everybody", P, N, 'addresses: ["10.20.0.0/16"]', 'addresses: ["0.0.0.0/0"]', 'addresses: ["0.0.0.0/0"]', "is every address, so it restricts nobody"),
    Mistake("network of everybody in IPv6", P, N, '"::1/128"', '"::/0"', '"::/0"', "is every address, so it restricts nobody"),
    Mistake("source of everybody", P, G, "to: [role:auditor]\n", 'to: [role:auditor]\nsources: ["0.0.0.0/0"]\n', 'sources: ["0.0.0.0/0"]', "is every address"),
    # Denies, or gives, nothing
    Mistake("forbid that never matches", P, G, '["class:cardholder"]', '["class:health"]', '["class:health"]', "there is no DataClass `health`"),
    Mistake("forbid of a class that nothing carries", P, G, 'deny: [read]\non: ["class:cardholder"]', 'deny: [read]\non: ["class:secret"]\n---\nkind: DataClass\nname: secret\nlevel: restricted\nowner: x', 'on: ["class:secret"]', "no stream carries `secret`, so this denies nothing"),
    Mistake("shadowed forbid", P, G, 'to: ["tenant:analytics"]\ndeny: [read]', 'to: ["tenant:analytics"]\nexempt: [role:analyst]\ndeny: [read]', "exempt: [role:analyst]", "all of those in `to` are exempt"),
    Mistake("allow under a deny", P, G, "", "---\nkind: Grant\nid: analytics-cards\nto: [role:analyst]\nallow: [read]\non: [\"class:cardholder\"]\n", "kind: Grant\nid: analytics-cards", "`analytics-never-cards` at grants.yaml:"),
    Mistake("misspelt role in a forbid", H, EMERGENCY, 'Role::"break-glass"', 'Role::"breakglass"', 'Role::"breakglass"', "there is no Role `breakglass`, so this never matches"),
    Mistake("misspelt class in a forbid", P, "conditions/passwords.cedar", 'DataClass::"cardholder"', 'DataClass::"card-holder"', 'DataClass::"card-holder"', "there is no DataClass `card-holder`"),
    Mistake("person for a program", P, PEOPLE, "", 'forbid (principal == Streamward::User::"payments-api", action, resource);\n', 'Streamward::User::"payments-api"', "`payments-api` is a service, so this never matches"),
    Mistake("grant to a role nobody has", P, G, "to: [role:analyst]\nallow: [write]", "to: [role:auditors]\nallow: [write]", "to: [role:auditors]", "there is no Role `auditors`"),
    Mistake("role with no members", P, W, "roles: [platform-operator]", "roles: []", "to: [role:platform-operator]\nallow: [create", "`role:platform-operator` is nobody, so this gives nothing", told_in=G),
    Mistake("tenant with no members", H, W, "tenant: research\n", "tenant: clinical\n", 'to: ["tenant:research"]\nallow: [read]', "`tenant:research` is nobody", told_in=G),
    Mistake("stream that nothing declares", H, G, '"stream:clinical.medication"', '"stream:clinical.medications"', '"stream:clinical.medications"', "no document declares a stream `clinical.medications`"),
    Mistake("star in the middle", H, G, '"stream:research.cohort-diabetes"]', '"stream:research.*-diabetes"]', '"stream:research.*-diabetes"]', "a `*` is understood at the end only"),
    Mistake("right that can't be had", H, G, 'allow: [read]\non: ["group:research.*"]', 'allow: [write]\non: ["group:research.*"]', "allow: [write]\non: [\"group:research.*\"]", "`write` can't be done to any of the targets"),
    Mistake("second factor of programs", P, G, 'to: [role:payment-writer]\nallow: [write]\non: ["stream:payments.transactions", "stream:payments.refunds"]', 'to: [role:payment-writer]\nallow: [write]\non: ["stream:payments.transactions", "stream:payments.refunds"]\nrequires: {mfa: true}', "requires: {mfa: true}", "is a program and has no second factor"),
    Mistake("consumer without a group", H, G, 'to: ["tenant:research"]\nallow: [read]\non: ["group:research.*"]', 'to: ["tenant:platform"]\nallow: [read]\non: ["group:research.*"]', "to: [role:researcher]", "none of these may use a consumer group"),
    # Conditions
    Mistake("time window over midnight", P, PEOPLE, "context.hour >= 6 && context.hour < 20", "context.hour >= 20 && context.hour < 6", "context.hour >= 20", "`context.hour >= 20 && context.hour < 6` holds never"),
    Mistake("hour that no clock shows", P, PEOPLE, "context.hour < 20", "context.hour < 24", "context.hour < 24", "`context.hour < 24` holds always"),
    Mistake("weekday from zero", P, PEOPLE, "context.weekday <= 5", "context.weekday == 0", "context.weekday == 0", "`context.weekday == 0` holds never"),
    Mistake("minute of the hour", P, PEOPLE, "context.hour < 20", "context.minute < 1440", "context.minute < 1440", "holds always"),
    Mistake("attribute that is absent", P, PEOPLE, 'context has device_posture && context.device_posture == "managed"', 'context.device_posture == "managed"', '@id("restricted-on-managed-device")\nforbid', "device_posture"),
    Mistake("attribute that doesn't exist", P, PEOPLE, "unless { context.mfa };", "unless { context.two_factor };", '@id("restricted-with-mfa")', "two_factor"),
    Mistake("environment mix-up", P, PEOPLE, 'context.environment != "development"', 'context.environment == "prod"', 'context.environment == "prod"', "`context.environment` is never `prod`"),
    Mistake("login that doesn't exist", P, "conditions/passwords.cedar", 'context.mechanism == "PLAIN"', 'context.mechanism == "SCRAM"', 'context.mechanism == "SCRAM"', "`context.mechanism` is never `SCRAM`"),
    Mistake("network that nothing declares", P, PEOPLE, 'containsAny(["office", "loopback"])', 'containsAny(["offices", "loopback"])', 'containsAny(["offices", "loopback"])', "there is no Network `offices`"),
    Mistake("network written as a host", P, N, '"10.20.0.0/16"', '"10.20.0.0"', '"10.20.0.0"', "is one address, and looks like a network"),
    Mistake("host written as a network", P, N, '"10.20.0.0/16"', '"10.20.0.7/16"', '"10.20.0.7/16"', "has host bits set"),
    # What ends
    Mistake("expired exception", H, G, "expires: 2027-01-31", "expires: 2026-01-31", "expires: 2026-01-31", "expired on 2026-01-31"),
    Mistake("exception in Cedar, which never ends", H, EMERGENCY, "", '\npermit (principal in Streamward::Role::"researcher", action == Streamward::Action::"Read", resource == Streamward::Stream::"research.cohort-stroke");\n', "permit (principal in Streamward::Role::\"researcher\"", "by this rule, which never ends: it carries `pseudonymous`"),
    Mistake("exception without an end", H, G, 'on: ["stream:research.cohort-diabetes"]\nexpires: 2027-06-30', 'on: ["stream:research.cohort-diabetes"]', 'on: ["stream:research.cohort-diabetes"]', "grants on that must have an end"),
    Mistake("overdue review", H, C, "review_by: 2027-03-31", "review_by: 2026-03-31", "review_by: 2026-03-31", "was due on 2026-03-31"),
    # Classes
    Mistake("typo in a class", H, S, "classes: [patient-record]\nowner: Nursing", "classes: [patient-records]\nowner: Nursing", "classes: [patient-records]", "there is no DataClass `patient-records`"),
    Mistake("stream without a class", H, S, "classes: [patient-record]\nowner: Pharmacy", "owner: Pharmacy", "kind: Stream\nname: clinical.medication", "carries no data class"),
    Mistake("class without an owner", H, C, "owner: Head of Patient Accounts\n", "", "kind: DataClass\nname: billing-record", "nobody answers for the data class"),
    Mistake("public class on personal fields", P, S, "classes: [cardholder, personal]\nowner: Payments API team\ndescription: Money", "classes: [published, personal]\nowner: Payments API team\ndescription: Money", "classes: [published, personal]", "is declared public, and carries `personal` too"),
    Mistake("overlapping prefixes", P, S, "", "---\nkind: Stream\nprefix: audit.public.\nclasses: [ published ]\n", "classes: [ published ]", "carries `cardholder` too by the prefix `audit.`"),
    Mistake("stream of nobody", P, S, "name: payments.refunds", "name: payment.refunds", "kind: Stream\nname: payment.refunds", "is in no namespace, so no tenant owns it"),
    Mistake("two grants of one name", H, G, "id: billing-look", "id: billing-own", "kind: Grant\nid: billing-own\nto: [role:biller]", "is declared twice"),
]

PROVED = [
    Mistake("role inheritance that leaks", H, R, "name: researcher\n", "name: researcher\nincludes: [clinician]\n", "kind: Grant\nid: clinical-read", "`epidemiologist` may `", told_in=G, invariant="departments-keep-apart"),
    Mistake("wildcard group", H, G, 'on: ["group:research.*"]', 'on: ["group:*"]', "kind: Grant\nid: research-groups", "`epidemiologist` may `", invariant="departments-keep-apart"),
    Mistake("department instead of a role", H, G, "to: [role:clinician]", 'to: ["tenant:clinical"]', "kind: Grant\nid: clinical-read", "may `read` on stream `clinical.", invariant="records-are-for-care"),
    Mistake("operator who reads", H, G, "to: [role:clinician]", "to: [role:clinician, role:platform-operator]", "kind: Grant\nid: clinical-read", "`platform-admin` may `read`", invariant="operators-see-no-record"),
    Mistake("class that lost a control", H, C, "  networks: [wards, datacentre]\n", "", "kind: Grant\nid: clinical-read", "may `", told_in=G, invariant="records-under-control"),
    Mistake("another who applies", H, G, "to: [role:security-operator]", "to: [role:security-operator, role:platform-operator]", "kind: Grant\nid: security-door", "`platform-admin` may `apply`", invariant="versions-are-applied-by"),
    Mistake("glass that is always broken", H, G, '"stream:clinical.medication", "stream:clinical.beds"]', '"stream:clinical.medication", "stream:clinical.*"]', "kind: Grant\nid: clinical-read", "`ward-doctor` may `read` on stream `clinical.observations`", invariant="glass-is-broken-by-few"),
]

DIFFED = [
    Mistake("prefix in the place of a name", H, G, '"stream:research.cohort-diabetes"', '"stream:research.cohort-*"', "kind: Grant\nid: study-diabetes", "epidemiologist read research.cohort-stroke"),
    Mistake("role too many", P, W, "roles: [fraud-engine]", "roles: [fraud-engine, payment-writer]", "kind: Grant\nid: payments-write", "fraud-scoring write payments.refunds", told_in=G),
    Mistake("stream too many", P, G, '"stream:payments.daily-totals", "stream:analytics.*"', '"stream:payments.daily-totals", "stream:fraud.*"', "kind: Grant\nid: analytics-read", "analytics-batch read fraud.*"),
]

TESTED = [
    Mistake("unless that is inverted", H, EMERGENCY, "unless { context.networks", "when { context.networks", '@id("break-glass-from-the-wards")', "case `the emergency department breaks the glass`"),
    Mistake("deny that was forgotten", H, G, "kind: Grant\nid: billing-never-records\ndescription: Whatever else is granted, billing sees no diagnosis.\nto: [\"tenant:billing\"]\ndeny: [read]\non: [\"class:patient-record\"]\n---\n", "", "kind: Grant\nid: billing-never-records", "no rule has this name"),
]
# fmt: on
