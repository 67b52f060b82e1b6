"""The versions of the state's schema, applied by Alembic."""
