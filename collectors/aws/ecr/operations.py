"""Every operation the ECR collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for Amazon Elastic
Container Registry"; error codes those of the ECR API reference.
"""

from __future__ import annotations

from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed
from collectors.aws.tagged import GET_RESOURCES

_NO_REPOSITORY = frozenset({"RepositoryNotFoundException"})


def _ecr(name: str, why: str, gone: frozenset[str] = frozenset()) -> Operation:
    return Operation(service="ecr", name=name, action=f"ecr:{name}", why=why, gone=gone)


DESCRIBE_REPOSITORIES = _ecr(
    "DescribeRepositories", "which repositories there are, and how they are encrypted", _NO_REPOSITORY
)
DESCRIBE_REGISTRY = _ecr("DescribeRegistry", "where images are replicated to")
LIST_TAGS_FOR_RESOURCE = _ecr("ListTagsForResource", "the data class", _NO_REPOSITORY)

REPOSITORIES = Listed(DESCRIBE_REPOSITORIES, "repositories", answered="nextToken", asked="nextToken")

OPERATIONS = (DESCRIBE_REPOSITORIES, DESCRIBE_REGISTRY, LIST_TAGS_FOR_RESOURCE, DESCRIBE_KEY, GET_RESOURCES)
