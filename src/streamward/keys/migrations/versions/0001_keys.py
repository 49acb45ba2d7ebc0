"""Key rings and wrapped data keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "key_ring",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("provider_key", sa.String(251), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("rotated", sa.BigInteger),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(1024)),
        sa.Column("requested", sa.BigInteger),
        sa.Column("requested_by", sa.String(200)),
        sa.Column("due", sa.BigInteger),
        sa.Column("approved_by", sa.String(200)),
        sa.Column("destroyed", sa.BigInteger),
    )
    op.create_table(
        "data_key",
        sa.Column("kid", sa.String(32), primary_key=True),
        sa.Column("ring", sa.String(200), nullable=False),
        sa.Column("ring_version", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("only", sa.String(200), unique=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("provider_key", sa.String(251), nullable=False),
        sa.Column("provider_version", sa.String(200), nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("key_bytes", sa.Integer, nullable=False),
        sa.Column("records_max", sa.BigInteger),
        sa.Column("writer", sa.String(200), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("opened", sa.BigInteger),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(1024)),
    )
    op.create_index("ix_data_key_ring", "data_key", ["ring"])


def downgrade() -> None:
    """Keys are not thrown away by going back."""
    raise NotImplementedError("there is nothing before the first migration")
