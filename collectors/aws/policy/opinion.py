"""AWS's own rule for a "public" policy."""

from __future__ import annotations

from collectors.aws.policy.document import PolicyDocument


def aws_considers_public(document: PolicyDocument | None, *, access_point: bool = False) -> bool:
    """Return whether S3 would call this policy public (S3BPA): some Allow is not held to fixed values.

    ``access_point`` is True for the policy of an access point, where s3:DataAccessPointArn restricts nothing.
    """
    raise NotImplementedError
