"""The history of the identity store's tables: one for SQLite and PostgreSQL."""
