"""Runs migrations on the connection that the store hands over; there is no other way."""

from alembic import context

from streamward.keys.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table="key_version",
)
with context.begin_transaction():
    context.run_migrations()
