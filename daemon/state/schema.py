"""The tables of the state, and the order its versions came in.

``REVISIONS`` repeats the ids of ``daemon/state/migrations/versions`` in order, so that a state that
is up to date opens without importing Alembic. A test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from daemon.state.moment import Moment

REVISIONS = ("0001", "0002")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

scopes = Table(
    "scopes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("target", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("collector", Text, nullable=False),
    Column("last_read", Moment),
    Column("last_success", Moment),
    Column("last_began", Moment),
    Column("complete", Boolean, nullable=False),
    Column("resources", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
)

# A resource belongs to the scope that first read it: its uid is unique in the whole world.
resources = Table(
    "resources",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("scope_id", Integer, ForeignKey("scopes.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("judged_with", Text, nullable=False),
    Column("next_due", Moment),
    Column("first_seen", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "scope_id", "uid"),
    Index(None, "provider", "account", "kind"),
    Index(None, "next_due"),
)

# What each detector says of each resource now. ``memory`` holds the facts as they were when the
# verdict was last decided, where the resource's own body no longer has them.
judgements = Table(
    "judgements",
    metadata,
    Column("resource_uid", Text, primary_key=True),
    Column("detector", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("decided", Text),
    Column("hash", Text, nullable=False),
    Column("posture_due", Moment),
    Column("memory", Text),
    Column("body", Text, nullable=False),
    # Metrics are counted from this index alone, never from the bodies.
    Index("ix_judgements_counts", "provider", "account", "detector", "verdict", "severity", "resource_uid"),
    Index(None, "posture_due"),
)

# One violation over its life: it outlives its resource until retention ends it.
findings = Table(
    "findings",
    metadata,
    Column("resource_uid", Text, primary_key=True),
    Column("detector", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("scope_key", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("resolved_cause", Text),
    Column("lineage", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("transition_uid", Text),
    Column("drift", Text),
    Column("changes", Text, nullable=False),
    Column("actor", Text),
    Column("exception", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_findings_counts", "status", "provider", "account", "detector", "severity"),
    Index(None, "resolved_at"),
)

transitions = Table(
    "transitions",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("detector", Text, nullable=False),
    Column("resource_uid", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "at"),
    Index(None, "resource_uid", "detector", "sequence"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sink", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("next_attempt", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("dead_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("sink", "uid"),
    Index("ix_outbox_claim", "sink", "dead_at", "next_attempt", "id"),
    Index("ix_outbox_age", "sink", "dead_at", "dataset", "queued_at"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

# How far each log that is followed has told. ``until`` is what its source says of itself: everything that
# happened before then has been told; None where a source cannot know.
logs = Table(
    "logs",
    metadata,
    Column("position", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("read_at", Moment, nullable=False),
    Column("until", Moment),
    Column("newest", Moment),
)

# Events that had an effect, so that one that comes again has none. The id is 64 bits of a hash: a row of an
# anonymous read is then a few bytes, and there may be millions.
log_seen = Table(
    "log_seen",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("seen_at", Moment, nullable=False),
    Index(None, "seen_at"),
)

# Events that may have changed a resource. ``whole`` says that the uid ends in a star and stands for all that
# begin with it. ``looked_at`` is None until what it names was looked at after the event.
touches = Table(
    "touches",
    metadata,
    Column("resource_uid", Text, primary_key=True),
    Column("event_uid", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("looked_at", Moment),
    Column("operation", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Index(None, "looked_at"),
    Index(None, "account", "whole", "at"),
    Index(None, "at"),
)

# Uses of data, counted. ``readers`` is a bounded list; ``shown`` what judging was last given.
uses = Table(
    "uses",
    metadata,
    Column("resource_uid", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("reach", Text, primary_key=True),
    Column("capability", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first", Moment, nullable=False),
    Column("last", Moment, nullable=False),
    Column("readers", Text, nullable=False),
    Column("shown", Text),
    Index(None, "last"),
)

# Matches that a correlation rule still waits with.
sightings = Table(
    "sightings",
    metadata,
    Column("correlation", Text, primary_key=True),
    Column("group_key", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("event_uid", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("value", Text, nullable=False),
    Index(None, "source", "correlation", "at"),
)
