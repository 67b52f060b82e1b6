"""Which operations serve one fact of a bucket alone, so that they are needed only where something looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from collectors.api import Permission
from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Operation
from collectors.aws.s3 import operations as ops
from collectors.aws.session import AwsAccount
from collectors.model import Bucket

_FACTS: Mapping[str, str] = {
    operation.uid: fact
    for operation, fact in (
        (ops.GET_BUCKET_TAGGING, "tags"),
        (ops.GET_BUCKET_REPLICATION, "copies"),
        (ops.GET_BUCKET_ENCRYPTION, "default_encryption"),
        (DESCRIBE_KEY, "key_holder"),
        (ops.GET_BUCKET_VERSIONING, "versioning"),
        (ops.GET_BUCKET_LOGGING, "access_logging"),
    )
}


def used(account: AwsAccount, operation: Operation) -> bool:
    """Whether the operation is called at all for this account."""
    fact = _FACTS.get(operation.uid)
    return fact is None or account.asked(Bucket, fact)


def for_facts(permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    """Return permissions, each with the fact that it is needed for alone, if there is such a one."""
    return tuple(msgspec.structs.replace(one, fact=_FACTS.get(one.operation, "")) for one in permissions)
