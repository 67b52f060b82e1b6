"""The model every collector speaks and every detector reads."""

from collectors.model.events import Actor, LogEvent
from collectors.model.facts import (
    Fact,
    Known,
    NotNeeded,
    NotNeededError,
    Unread,
    UnreadError,
    UnreadReason,
    either,
)
from collectors.model.grants import PUBLIC_REACH, Capability, Grant, Reach, Switch
from collectors.model.places import Copy, CopyKind, Placed
from collectors.model.resource import (
    GLOBAL,
    Provider,
    Resource,
    Scope,
    Snapshot,
    content_hash,
    encode,
)
from collectors.model.scope import Reading, ReadScope
from collectors.model.storage import (
    AccessLogging,
    Bucket,
    Encryption,
    KeyHolder,
    ProviderOpinion,
    TlsOnly,
    Versioning,
    Website,
)

__all__ = [
    "GLOBAL",
    "PUBLIC_REACH",
    "AccessLogging",
    "Actor",
    "Bucket",
    "Capability",
    "Copy",
    "CopyKind",
    "Encryption",
    "Fact",
    "Grant",
    "KeyHolder",
    "Known",
    "LogEvent",
    "NotNeeded",
    "NotNeededError",
    "Placed",
    "Provider",
    "ProviderOpinion",
    "Reach",
    "ReadScope",
    "Reading",
    "Resource",
    "Scope",
    "Snapshot",
    "Switch",
    "TlsOnly",
    "Unread",
    "UnreadError",
    "UnreadReason",
    "Versioning",
    "Website",
    "content_hash",
    "either",
    "encode",
]
