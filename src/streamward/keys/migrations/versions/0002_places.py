"""Which provider's key is which ring's, and how many must agree with a destruction."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Every key that wraps something now is its ring's; of several rings, the first by name's."""
    op.add_column("key_ring", sa.Column("approvals_needed", sa.Integer))
    place = op.create_table(
        "key_place",
        sa.Column("provider", sa.String(200), primary_key=True),
        sa.Column("provider_key", sa.String(251), primary_key=True),
        sa.Column("ring", sa.String(200), nullable=False),
    )
    op.create_index("ix_key_place_ring", "key_place", ["ring"])
    ring = sa.table("key_ring", sa.column("provider"), sa.column("provider_key"), sa.column("name"))
    key = sa.table("data_key", sa.column("provider"), sa.column("provider_key"), sa.column("ring"))
    known = sa.union(
        sa.select(ring.c.provider, ring.c.provider_key, ring.c.name.label("ring")),
        sa.select(key.c.provider, key.c.provider_key, key.c.ring),
    ).subquery()
    first = sa.select(known.c.provider, known.c.provider_key, sa.func.min(known.c.ring)).group_by(
        known.c.provider, known.c.provider_key
    )
    op.execute(sa.insert(place).from_select(["provider", "provider_key", "ring"], first))


def downgrade() -> None:
    """An older release would not know which keys are another ring's."""
    raise NotImplementedError("the key store does not go back")
