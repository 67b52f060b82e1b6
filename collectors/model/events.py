"""Log events, one shape for every cloud's audit and access logs."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Actor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who did it, as ECS ``user.*``, ``source.*`` and ``user_agent.*`` will say it."""

    user_id: str = ""
    user_name: str = ""
    ip: str = ""
    user_agent: str = ""
    operation: str = ""
    event_id: str = ""
    at: datetime | None = None


class LogEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record of an audit or access log.

    ``uid`` is the provider's event id (a second delivery has the same one), ``source`` one of the
    configured source names (``aws.cloudtrail``), ``time`` when it happened (UTC), ``touches`` the
    uids of resources it may have changed, ``raw`` the provider's record as it came.
    """

    uid: str
    source: str
    account: str
    region: str
    time: datetime
    operation: str
    outcome: str
    actor: Actor
    touches: tuple[str, ...] = ()
    raw: msgspec.Raw = msgspec.Raw(b"{}")
