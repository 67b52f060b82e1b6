"""The AWS policy language as the S3 collector needs it: documents in, grants out. Pure: no boto3, no I/O, no clock.

What goes in and what comes out (signatures live in the modules, all names are exported here):

``parse_policy(source) -> PolicyDocument``
    ``source`` is the policy as S3 or IAM answered it: JSON text (``str`` or ``bytes``) or the decoded object.
    Raises :class:`MalformedPolicyError` when the document as a whole makes no sense. A single statement that
    makes no sense is kept in ``PolicyDocument.unreadable`` and costs itself alone: each function below says how.

``bucket_policy_grants(document, *, bucket_arn, owner_account, restricted, ...) -> tuple[Grant, ...]``
    Every grant of a bucket policy to someone outside ``owner_account``; ``document`` None means "no policy".
    An unreadable Allow yields a Grant of reach ``unknown`` whose ``effective`` is ``Unread(malformed)``, or
    ``Known(False)`` where RestrictPublicBuckets is known on; ``Grant.unread`` says what is odd.

``access_point_policy_grants(document, *, access_point, bucket_arn, bucket_policy, ...) -> tuple[Grant, ...]``
    The same for an access point or multi-region access point. Both its policy and the bucket policy must allow.

``delegates_to_access_points(document, *, bucket_arn, owner_account) -> bool``
    Whether a bucket policy leaves the decision (or part of it) to access points: where False and there is no other
    external Allow, access point policies cannot open the bucket.

``acl_grants(acl, *, owner_id, ignored, ownership, ...) -> tuple[Grant, ...]``
    The grants of a ``GetBucketAcl`` answer to anyone but the owner.

``tls_only(document, *, bucket_arn) -> TlsOnly``
    Whether plaintext requests are refused for everyone; raises :class:`MalformedPolicyError` only when an
    unreadable Deny statement leaves that open.

``deletion_rule(document, *, bucket_arn, owner_account, versioned, keys="*") -> DeletionRule``
    Whether the account's own principals are refused to delete objects; raises as ``tls_only`` does.

``aws_considers_public(document, *, access_point=False) -> bool``
    Our model of AWS's own ``IsPublic`` rule (not the same question as "who gets in").

``merge_blocks(*, organization, account, bucket, access_point=None) -> MergedBlocks``
    The four Block Public Access switches merged over their levels, each level a Fact, each switch by itself.

Grant notes used here are listed in :mod:`collectors.aws.policy.notes`. The parsed document and the matching of
actions and resources (:mod:`.document`, :mod:`.patterns`, :mod:`.selection`) know nothing of S3 and serve identity
policies too.
"""

from collectors.aws.policy.access_points import AccessPoint, NetworkOrigin, access_point_policy_grants
from collectors.aws.policy.acl import acl_grants
from collectors.aws.policy.blocks import MergedBlocks, PublicAccessBlock, merge_blocks
from collectors.aws.policy.deletion import deletion_rule
from collectors.aws.policy.document import (
    Effect,
    PolicyDocument,
    Statement,
    UnreadableStatement,
    parse_policy,
)
from collectors.aws.policy.grants import bucket_policy_grants, delegates_to_access_points
from collectors.aws.policy.opinion import aws_considers_public
from collectors.aws.policy.problems import MalformedPolicyError
from collectors.aws.policy.transport import tls_only

__all__ = [
    "AccessPoint",
    "Effect",
    "MalformedPolicyError",
    "MergedBlocks",
    "NetworkOrigin",
    "PolicyDocument",
    "PublicAccessBlock",
    "Statement",
    "UnreadableStatement",
    "access_point_policy_grants",
    "acl_grants",
    "aws_considers_public",
    "bucket_policy_grants",
    "delegates_to_access_points",
    "deletion_rule",
    "merge_blocks",
    "parse_policy",
    "tls_only",
]
