"""Log events, one shape for every cloud's audit and access logs."""

from __future__ import annotations

from datetime import datetime

import msgspec

from collectors.model.grants import Capability, Reach


class Actor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who did it, as ECS ``user.*``, ``source.*`` and ``user_agent.*`` will say it."""

    user_id: str = ""
    user_name: str = ""
    ip: str = ""
    user_agent: str = ""
    operation: str = ""
    event_id: str = ""
    at: datetime | None = None


class Use(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One access to the data of a resource that a log tells of.

    ``resource`` is its uid; ``reach`` how far outside the reader stands (``anonymous-internet``: nobody
    signed the request; ``named-external``: another account did; ``private``: the owner's own);
    ``account`` whose account it was where that is told.
    """

    resource: str
    reach: Reach
    capability: Capability
    account: str = ""


class LogEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record of an audit or access log.

    ``uid`` is the provider's event id (a second delivery has the same one), ``source`` one of the
    configured source names (``aws.cloudtrail``), ``time`` when it happened (UTC), ``touches`` the
    uids of resources it may have changed, ``use`` the access to data that it tells of, ``raw`` the
    provider's record as it came. ``outcome`` is ECS ``event.outcome``.

    A uid in ``touches`` is one as the collectors form it, or of two kinds more. One that ends in ``*``
    stands for every resource of ``account`` whose uid begins with what is before the star, known yet or
    not: a switch of the account (``arn:aws:s3:::*``), a policy whose holders the log does not name
    (``arn:aws:iam::<account>:*``), a resource of which only the beginning of the name is told. And that of
    an IAM user or role may lack the path, which most of their events do not tell; ``refresh`` finds them.
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
    use: Use | None = None
    raw: msgspec.Raw = msgspec.Raw(b"{}")
