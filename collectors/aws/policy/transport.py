"""Whether a bucket policy refuses plaintext requests."""

from __future__ import annotations

from collectors.aws.policy.document import PolicyDocument
from collectors.model import TlsOnly


def tls_only(document: PolicyDocument | None, *, bucket_arn: str) -> TlsOnly:
    """Return whether requests without TLS are refused for every principal and action, on the bucket and all objects.

    Raises MalformedPolicyError when what can be read does not enforce it and an unreadable Deny might.
    """
    raise NotImplementedError
