"""The key store's tables, as their last migration leaves them."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

METADATA = MetaData()

KEY_RING = Table(
    "key_ring",
    METADATA,
    Column("name", String(200), primary_key=True),
    # `active`, `revoked`, `condemned` (its destruction waits), `destroying` or `destroyed`.
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    # The provider and its key that wrap what is made now.
    Column("provider", String(200), nullable=False),
    Column("provider_key", String(251), nullable=False),
    # Milliseconds since 1970.
    Column("created", BigInteger, nullable=False),
    Column("rotated", BigInteger),
    Column("changed", BigInteger, nullable=False),
    Column("reason", String(1024)),
    # Of a destruction that was asked for.
    Column("requested", BigInteger),
    Column("requested_by", String(200)),
    Column("due", BigInteger),
    # How many persons its bundle asked for when it was asked for.
    Column("approvals_needed", Integer),
    Column("approved_by", String(200)),
    Column("destroyed", BigInteger),
)

KEY_PLACE = Table(
    "key_place",
    METADATA,
    # A key of a provider, and the one ring whose data keys it wraps or ever wrapped.
    Column("provider", String(200), primary_key=True),
    Column("provider_key", String(251), primary_key=True),
    Column("ring", String(200), nullable=False, index=True),
)

DATA_KEY = Table(
    "data_key",
    METADATA,
    # 32 hexadecimal digits.
    Column("kid", String(32), primary_key=True),
    Column("ring", String(200), nullable=False, index=True),
    Column("ring_version", Integer, nullable=False),
    # `data` or `deterministic`.
    Column("purpose", String(16), nullable=False),
    # The ring, for the one deterministic key that it has; else null.
    Column("only", String(200), unique=True),
    Column("state", String(16), nullable=False),
    Column("provider", String(200), nullable=False),
    Column("provider_key", String(251), nullable=False),
    Column("provider_version", String(200), nullable=False),
    # Null once it is shredded.
    Column("wrapped", LargeBinary),
    Column("key_bytes", Integer, nullable=False),
    Column("records_max", BigInteger),
    Column("writer", String(200), nullable=False),
    Column("created", BigInteger, nullable=False),
    # Until when it seals; it opens for as long as it is here.
    Column("expires", BigInteger),
    Column("opened", BigInteger),
    Column("changed", BigInteger, nullable=False),
    Column("reason", String(1024)),
)
