"""Password credentials of principals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "identity_credential",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("principal", sa.String(200), nullable=False),
        sa.Column("class_name", sa.String(200)),
        sa.Column("verifiers", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("expires", sa.BigInteger),
        sa.Column("disabled", sa.BigInteger),
        sa.Column("revoked", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(1024)),
        sa.Column("last_used", sa.BigInteger),
        sa.Column("expiry_warned", sa.BigInteger),
        sa.Column("unused_reported", sa.BigInteger),
        sa.Column("successor", sa.String(200)),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_identity_credential_principal", "identity_credential", ["principal"])
    op.create_index("ix_identity_credential_changed", "identity_credential", ["changed"])


def downgrade() -> None:
    """Credentials are not thrown away by going back."""
    raise NotImplementedError("there is nothing before the first migration")
