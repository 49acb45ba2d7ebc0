"""The identity store's table, as its last migration leaves it."""

from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, MetaData, String, Table

METADATA = MetaData()

CREDENTIAL = Table(
    "identity_credential",
    METADATA,
    Column("id", String(200), primary_key=True),
    Column("principal", String(200), nullable=False, index=True),
    Column("class_name", String(200)),
    # JSON list of RFC 5803 texts, encrypted; and which key did it.
    Column("verifiers", LargeBinary, nullable=False),
    Column("key_id", String(16), nullable=False),
    # Milliseconds since 1970.
    Column("created", BigInteger, nullable=False),
    Column("not_before", BigInteger),
    Column("expires", BigInteger),
    Column("disabled", BigInteger),
    Column("revoked", Boolean, nullable=False),
    Column("reason", String(1024)),
    Column("last_used", BigInteger),
    Column("expiry_warned", BigInteger),
    Column("unused_reported", BigInteger),
    Column("successor", String(200)),
    Column("changed", BigInteger, nullable=False, index=True),
)
