"""The first schema: scopes, resources, judgements, findings, transitions, outbox, cursors, meta."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from daemon.state.moment import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, and give this state the mark that sets its transitions apart from any other's."""
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "findings",
        sa.Column("resource_uid", sa.Text(), nullable=False),
        sa.Column("detector", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("scope_key", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("first_seen", Moment(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("last_seen", Moment(), nullable=False),
        sa.Column("resolved_at", Moment(), nullable=True),
        sa.Column("resolved_cause", sa.Text(), nullable=True),
        sa.Column("lineage", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("transition_uid", sa.Text(), nullable=True),
        sa.Column("drift", sa.Text(), nullable=True),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("exception", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("resource_uid", "detector", name=op.f("pk_findings")),
    )
    op.create_index("ix_findings_counts", "findings", ["status", "provider", "account", "detector", "severity"])
    op.create_index(op.f("ix_findings_resolved_at"), "findings", ["resolved_at"])
    op.create_table(
        "judgements",
        sa.Column("resource_uid", sa.Text(), nullable=False),
        sa.Column("detector", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("decided", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("posture_due", Moment(), nullable=True),
        sa.Column("memory", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("resource_uid", "detector", name=op.f("pk_judgements")),
    )
    op.create_index(
        "ix_judgements_counts", "judgements", ["provider", "account", "detector", "verdict", "severity", "resource_uid"]
    )
    op.create_index(op.f("ix_judgements_posture_due"), "judgements", ["posture_due"])
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sink", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("queued_at", Moment(), nullable=False),
        sa.Column("next_attempt", Moment(), nullable=False),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("dead_at", Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("sink", "uid", name=op.f("uq_outbox_sink_uid")),
    )
    op.create_index("ix_outbox_age", "outbox", ["sink", "dead_at", "dataset", "queued_at"])
    op.create_index("ix_outbox_claim", "outbox", ["sink", "dead_at", "next_attempt", "id"])
    op.create_table(
        "scopes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("last_read", Moment(), nullable=True),
        sa.Column("last_success", Moment(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("resources", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scopes")),
        sa.UniqueConstraint("key", name=op.f("uq_scopes_key")),
    )
    op.create_table(
        "transitions",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("detector", sa.Text(), nullable=False),
        sa.Column("resource_uid", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_transitions")),
    )
    op.create_index(op.f("ix_transitions_at"), "transitions", ["at"])
    op.create_index(
        op.f("ix_transitions_resource_uid_detector_sequence"), "transitions", ["resource_uid", "detector", "sequence"]
    )
    op.create_table(
        "resources",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("judged_with", sa.Text(), nullable=False),
        sa.Column("next_due", Moment(), nullable=True),
        sa.Column("first_seen", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scope_id"], ["scopes.id"], name=op.f("fk_resources_scope_id")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_resources")),
    )
    op.create_index(op.f("ix_resources_next_due"), "resources", ["next_due"])
    op.create_index(op.f("ix_resources_provider_account_kind"), "resources", ["provider", "account", "kind"])
    op.create_index(op.f("ix_resources_scope_id_uid"), "resources", ["scope_id", "uid"])
    op.execute(sa.text("INSERT INTO meta (key, value) VALUES ('lineage', :mark)").bindparams(mark=f"{uuid4().hex}.0"))
