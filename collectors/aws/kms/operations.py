"""Every operation the KMS collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for AWS Key
Management Service"; error codes those of the KMS API reference.
"""

from __future__ import annotations

from collectors.aws.operations import Operation
from collectors.aws.pages import Listed
from collectors.aws.tagged import GET_RESOURCES

_GONE = frozenset({"NotFoundException"})


def _kms(name: str, why: str, *, of_key: bool = True) -> Operation:
    return Operation(service="kms", name=name, action=f"kms:{name}", why=why, gone=_GONE if of_key else frozenset())


LIST_KEYS = _kms("ListKeys", "which keys there are", of_key=False)
LIST_ALIASES = _kms("ListAliases", "what the keys are called, and which of them are AWS's own", of_key=False)
DESCRIBE_KEY = _kms("DescribeKey", "what kind of key it is, and where its replicas lie")
GET_KEY_ROTATION_STATUS = _kms("GetKeyRotationStatus", "whether the key is rotated, and how often")
LIST_RESOURCE_TAGS = _kms("ListResourceTags", "the data class")

KEYS = Listed(LIST_KEYS, "Keys", answered="NextMarker", asked="Marker")
ALIASES = Listed(LIST_ALIASES, "Aliases", answered="NextMarker", asked="Marker")

OPERATIONS = (LIST_KEYS, LIST_ALIASES, DESCRIBE_KEY, GET_KEY_ROTATION_STATUS, LIST_RESOURCE_TAGS, GET_RESOURCES)
