"""What cspmd knows, on SQLite or PostgreSQL: resources, judgements, findings, history, outbox, cursors."""

from daemon.state.errors import (
    StateError,
    StateLockedError,
    StateMissingError,
    StateTooNewError,
    StateUnavailableError,
)
from daemon.state.findings import FindingCount
from daemon.state.judgements import JudgementCount
from daemon.state.location import default_url
from daemon.state.lock import StateLock
from daemon.state.outbox import Outbox, OutboxItem, OutboxStats
from daemon.state.resources import ResourceCount
from daemon.state.retention import Pruned
from daemon.state.scopes import ScopeStatus
from daemon.state.store import State

__all__ = [
    "FindingCount",
    "JudgementCount",
    "Outbox",
    "OutboxItem",
    "OutboxStats",
    "Pruned",
    "ResourceCount",
    "ScopeStatus",
    "State",
    "StateError",
    "StateLock",
    "StateLockedError",
    "StateMissingError",
    "StateTooNewError",
    "StateUnavailableError",
    "default_url",
]
