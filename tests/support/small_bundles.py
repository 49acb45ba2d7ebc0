"""A bundle of two tenants, three principals and two kinds of data, for questions about policies."""

from pathlib import Path

from streamward.app import read_bundle, valid_bundle
from streamward.model.document import Bundle

BUNDLE = """\
kind: Bundle
name: small
environment: staging
owner: Tests
---
kind: Cluster
name: main
bootstrap: ["127.0.0.1:9092"]
---
kind: Tenant
name: bank
---
kind: Tenant
name: shop
---
kind: Namespace
prefix: pay.
tenant: bank
---
kind: Namespace
prefix: pay.shop.
tenant: shop
---
kind: Network
name: office
addresses: ["10.1.0.0/16"]
---
kind: DataClass
name: card
level: restricted
owner: Tests
requires: {tls: true, mfa_max_age: 30m}
---
kind: DataClass
name: open
level: public
owner: Tests
---
kind: Stream
prefix: pay.
classes: [card]
---
kind: Stream
name: news
classes: [open]
---
kind: Role
name: writer
---
kind: Role
name: reader
---
kind: Role
name: auditor
includes: [reader]
---
kind: AccessClass
name: readers
readers: [role:reader]
owner: Tests
---
kind: Principal
name: api
type: service
tenant: bank
roles: [writer]
credentials: [{id: api-1, type: certificate, subject: CN=api}]
---
kind: Principal
name: ann
type: user
tenant: bank
roles: [reader]
credentials: [{id: ann-1, type: certificate, subject: CN=ann}]
---
kind: Principal
name: etl
type: service
tenant: bank
roles: [auditor]
credentials: [{id: etl-1, type: certificate, subject: CN=etl}]
---
kind: Grant
id: write
to: [role:writer]
allow: [write]
on: ["stream:pay.cards"]
---
kind: Grant
id: read
to: [role:reader]
allow: [read]
on: ["stream:pay.*"]
"""
CEDAR = """\
@id("never-in-production")
forbid (principal in Streamward::Role::"reader", action, resource)
when { context.environment == "production" };
"""


def small_bundle(directory: Path, more: str = "", cedar: str = "", *, check: bool = True) -> Bundle:
    """The bundle with further documents and rules, written and read."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "streamward.yaml").write_text(BUNDLE)
    (directory / "environment.cedar").write_text(CEDAR)
    if more:
        (directory / "more.yaml").write_text(more)
    if cedar:
        (directory / "conditions.cedar").write_text(cedar)
    if not check:
        return read_bundle(directory, materials=False).bundle
    return valid_bundle(directory, materials=False)
