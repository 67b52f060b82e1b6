"""Alembic's entry: runs the migrations on the connection it is handed, inside its transaction."""

from __future__ import annotations

from alembic import context

from daemon.state.schema import metadata


def run() -> None:
    """Apply what is missing on the caller's connection; the caller commits or rolls back."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


run()
