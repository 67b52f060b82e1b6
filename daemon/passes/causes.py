"""Which of several events may have brought a change about: by what their operations are called.

The clouds name operations after what they change (``PutBucketPolicy``, ``storage.setIamPermissions``,
``Microsoft.Network/networkSecurityGroups/securityRules/write``): AWS API reference; Azure resource
provider operations; Google's audit log method names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from daemon.model import Cause, Transition
from daemon.state.touches import Touch

_BLOCKS = ("publicaccess", "ownershipcontrols", "allowblobpublicaccess", "storageaccounts/write", "buckets.update")
_IAM = ("setiampolicy", "setiampermissions")
_PERMISSIONS = (
    *("userpolicy", "grouppolicy", "rolepolicy", "policyversion", "permissionsboundary", "group", "roleassignment"),
    *("createpolicy", "deletepolicy", "assumerolepolicy", "createrole", "createuser", "changepassword", *_IAM),
)

_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "policy_grants": ("bucketpolicy", "blobservices", "containers/write", *_BLOCKS, *_IAM),
    "acl_grants": ("acl", "accesscontrols", *_BLOCKS),
    "access_point_grants": ("accesspoint", *_BLOCKS),
    "access_point_copies": ("accesspoint",),
    "policy_silenced": _BLOCKS,
    "acl_silenced": _BLOCKS,
    "switches": _BLOCKS,
    "tls_only": ("policy", "storageaccounts/write"),
    "default_encryption": ("encryption", "storageaccounts/write", "buckets.update"),
    "key_holder": ("encryption", "key", "storageaccounts/write", "buckets.update"),
    "versioning": ("versioning", "blobservices/write", "buckets.update"),
    "access_logging": ("logging", "diagnosticsettings", "buckets.update"),
    "ingress": ("securitygroup", "securityrules", "firewall", "prefixlist"),
    "attachments": ("networkinterface", "instances", "attach", "detach"),
    "mfa": ("mfa",),
    "mfa_methods": ("mfa",),
    "signing_certificates": ("signingcertificate",),
    "mfa_rules": ("mfa", *_PERMISSIONS),
    "access_keys": ("accesskey",),
    "console_access": ("loginprofile", "password"),
    "admin_paths": _PERMISSIONS,
    "escalation_paths": _PERMISSIONS,
    "trust": ("assumerolepolicy", "createrole"),
    "shared_accounts": ("attribute",),
    "sharing": ("attribute",),
    "use": (),
}
"""Parts of the names of operations that change a fact, in lower case, the likeliest first. For a fact that is not here
its own words."""

_ENDING = re.compile(r"delete|terminate|remove|deregister|purge", re.IGNORECASE)
_BEGINNING = re.compile(r"create|run|copy|import|register|restore|allocate|insert", re.IGNORECASE)
_SHORTEST_WORD = 3


def likeliest(touches: Sequence[Touch], transition: Transition) -> Touch | None:
    """Return the first of the events that may have caused a transition, None where none may.

    ``touches`` are the likelier first. What is said to have changed must be something that the operation changes;
    only where no operation is known to change it the first event of all is taken. Logs tell whole seconds: of several
    events at one moment that one is taken whose operation is the likeliest to change what changed first.
    """
    if transition.cause is Cause.RESOURCE_GONE:
        return _first(touches, lambda operation: _ENDING.search(operation) is not None)
    facts = [change.fact for change in transition.changes]
    if not facts:
        facts = [evidence.name for evidence in transition.judgement.evidence if evidence.violates]
    words = [word for fact in facts for word in words_of(fact)]
    related = _first(touches, lambda operation: _fit(operation, words) < len(words))
    if related is not None:
        rivals = (one for one in touches if (one.at, one.whole) == (related.at, related.whole))
        return min(rivals, key=lambda one: _fit(one.operation, words))
    if transition.cause is Cause.RESOURCE_NEW:
        made = _first(touches, lambda operation: _BEGINNING.search(operation) is not None)
        if made is not None:
            return made
    if facts and all(fact in _OPERATIONS for fact in facts):
        return None
    return _first(touches, lambda operation: _ENDING.match(operation) is None)


def words_of(fact: str) -> Collection[str]:
    """Return what the name of an operation that changes this fact contains, in lower case."""
    known = _OPERATIONS.get(fact)
    return known if known is not None else [word for word in fact.split("_") if len(word) > _SHORTEST_WORD]


def _fit(operation: str, words: Sequence[str]) -> int:
    """Return the position of the first of these words that the operation's name contains, or how many there are."""
    name = operation.lower()
    return next((position for position, word in enumerate(words) if word in name), len(words))


def _first(touches: Iterable[Touch], fits: Callable[[str], bool]) -> Touch | None:
    return next((one for one in touches if fits(one.operation)), None)
