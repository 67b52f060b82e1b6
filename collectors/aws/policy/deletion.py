"""Whether a bucket policy refuses the account's own principals to delete what is in the bucket.

An identity policy may allow it to any of them, so that only a Deny counts: one that binds everybody, or everybody but
principals it names. Source: S3 User Guide, "Deleting object versions from a versioning-enabled bucket", and the S3
actions of the service authorization reference.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectors.aws.policy.document import Effect, PolicyDocument
from collectors.aws.policy.patterns import glob, literal
from collectors.aws.policy.problems import MalformedPolicyError
from collectors.aws.policy.reaching import Deny, rules
from collectors.aws.policy.rectangles import Container, Piece, left_over
from collectors.aws.policy.requests import Identity, Network, Request
from collectors.aws.policy.selection import Part
from collectors.model import DeletionRule

_VERSIONS = "s3:deleteobjectversion"
_OBJECTS = "s3:deleteobject"
# A rule that lets objects expire deletes them too, and whoever changes the policy lifts what it refuses.
_WAYS_ROUND = ("s3:putlifecycleconfiguration", "s3:putbucketpolicy", "s3:deletebucketpolicy")
# Somebody whom no policy names: whom a Deny spares by name is not everybody.
_ORDINARY = ("iam::{account}:user/somebody", "iam::{account}:role/somebody", "sts::{account}:assumed-role/somebody/now")


def deletion_rule(
    document: PolicyDocument | None, *, bucket_arn: str, owner_account: str, versioned: bool, keys: str = "*"
) -> DeletionRule:
    """Return what the policy refuses the owner's ordinary principals, for objects whose keys match ``keys``.

    Of a ``versioned`` bucket a plain delete only hides an object; its versions are what counts. Raises
    MalformedPolicyError when what can be read does not refuse it and a Deny that makes no sense might.
    """
    if document is None:
        return DeletionRule(refused=False)
    denies = _binding_everybody(document, bucket_arn, owner_account)
    refused = _refused(denies, (_VERSIONS,) if versioned else (_VERSIONS, _OBJECTS), Part(glob(keys)))
    if not refused:
        _refuse_unreadable(document)
        return DeletionRule(refused=False)
    return DeletionRule(
        refused=True,
        liftable=not _refused(denies, _WAYS_ROUND, None),
        statements=tuple(deny.statement.sid or f"statement {deny.statement.index + 1}" for deny in denies),
    )


def _binding_everybody(document: PolicyDocument, bucket_arn: str, owner: str) -> tuple[Deny, ...]:
    partition = bucket_arn.split(":")[1]
    # The account's own people are of its organization, and come from whatever network the policy spares.
    senders = [
        Request(
            identity=Identity.NAMED,
            account=owner,
            arn=f"arn:{partition}:{who.format(account=owner)}",
            owner_account=owner,
            network=Network.INSIDE,
            member=True,
        )
        for who in _ORDINARY
    ]
    return tuple(
        deny
        for deny in rules(document, Container.of_bucket(bucket_arn)).denies
        if all(deny.surely_hits(sender) for sender in senders)
    )


def _refused(denies: Sequence[Deny], actions: Sequence[str], keys: Part | None) -> bool:
    covers = [deny.covers for deny in denies]
    return not any(left_over(Piece(Part(literal(action)), keys), covers) for action in actions)


def _refuse_unreadable(document: PolicyDocument) -> None:
    for one in document.unreadable:
        if one.effect is not Effect.ALLOW:
            message = f"statement {one.index + 1}: {one.problem}"
            raise MalformedPolicyError(message)
