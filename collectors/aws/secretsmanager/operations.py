"""Every operation the Secrets Manager collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for AWS Secrets
Manager"; error codes those of the Secrets Manager API reference. No value of a secret is ever read.
"""

from __future__ import annotations

from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed

LIST_SECRETS = Operation(
    service="secretsmanager",
    name="ListSecrets",
    action="secretsmanager:ListSecrets",
    why="which secrets there are, and how they are encrypted",
)
DESCRIBE_SECRET = Operation(
    service="secretsmanager",
    name="DescribeSecret",
    action="secretsmanager:DescribeSecret",
    why="where the replicas of a secret lie",
    gone=frozenset({"ResourceNotFoundException"}),
)

SECRETS = Listed(LIST_SECRETS, "SecretList")

OPERATIONS = (LIST_SECRETS, DESCRIBE_SECRET, DESCRIBE_KEY)
