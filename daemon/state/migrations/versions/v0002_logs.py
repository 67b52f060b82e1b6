"""What following logs needs: how far each told, what events touched and used, matches that correlations wait with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from daemon.state.moment import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the logs, and note of each scope when its last whole read began."""
    op.add_column("scopes", sa.Column("last_began", Moment(), nullable=True))
    op.create_table(
        "logs",
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.Column("newest", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_logs")),
    )
    op.create_table(
        "log_seen",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_seen")),
    )
    op.create_index(op.f("ix_log_seen_seen_at"), "log_seen", ["seen_at"])
    op.create_table(
        "touches",
        sa.Column("resource_uid", sa.Text(), nullable=False),
        sa.Column("event_uid", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("looked_at", Moment(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("resource_uid", "event_uid", name=op.f("pk_touches")),
    )
    op.create_index(op.f("ix_touches_looked_at"), "touches", ["looked_at"])
    op.create_index(op.f("ix_touches_account_whole_at"), "touches", ["account", "whole", "at"])
    op.create_index(op.f("ix_touches_at"), "touches", ["at"])
    op.create_table(
        "uses",
        sa.Column("resource_uid", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("capability", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first", Moment(), nullable=False),
        sa.Column("last", Moment(), nullable=False),
        sa.Column("readers", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("resource_uid", "source", "reach", "capability", name=op.f("pk_uses")),
    )
    op.create_index(op.f("ix_uses_last"), "uses", ["last"])
    op.create_table(
        "sightings",
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("event_uid", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("correlation", "group_key", "rule", "event_uid", name=op.f("pk_sightings")),
    )
    op.create_index(op.f("ix_sightings_source_correlation_at"), "sightings", ["source", "correlation", "at"])
