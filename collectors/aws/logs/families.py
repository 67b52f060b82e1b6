"""How the collectors name what they read, for building those uids from what a log tells.

Source of the forms: each service's table "Resource types defined by ..." in the Service Authorization
Reference. An account's own name stands in none of S3's, and in none of a snapshot's.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)
_ARN_PARTS = 6


def partition_of(region: str | None) -> str:
    """Return the partition that a region belongs to; ``aws`` where no region is told."""
    return next((partition for prefix, partition in _PARTITIONS if region and region.startswith(prefix)), "aws")


class Place(NamedTuple):
    """Where an event happened."""

    partition: str
    region: str
    account: str


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of resource and the form of its ARN.

    ``kind`` is what stands before the name in the ARN's last part, its separator included. ``owned``: the ARN
    has the account. ``ids`` are beginnings of which a name must have one, empty for any. ``folded`` names
    are kept in lower case by the service. ``ends`` closes a name of which only the beginning is told.
    ``nested``: what follows a further slash belongs to the name; else it is a part of the resource (an
    index, an object) and is left out. ``part`` must stand in the name.
    """

    service: str
    kind: str = ""
    regional: bool = True
    owned: bool = True
    ids: tuple[str, ...] = ()
    folded: bool = False
    ends: str = ""
    nested: bool = False
    part: str = ""

    def uid(self, value: str, place: Place) -> str | None:
        """Return the uid of what is named by its ARN or its plain name, None for what is of another family."""
        if value.startswith("arn:"):
            return self._of_arn(value)
        name = value.lower() if self.folded else value
        if self.ids and not name.startswith(self.ids):
            return None
        return f"{self._front(place)}{name}{self.ends}" if self._plain(name) else None

    def every(self, place: Place) -> str:
        """Return what stands for all resources of the family at a place."""
        return f"{self._front(place)}*"

    def _front(self, place: Place) -> str:
        region = place.region if self.regional else ""
        account = place.account if self.owned else ""
        return f"arn:{place.partition}:{self.service}:{region}:{account}:{self.kind}"

    def _plain(self, name: str) -> bool:
        return bool(name) and "*" not in name and self.part in name and (self.nested or "/" not in name)

    def _of_arn(self, arn: str) -> str | None:
        parts = arn.split(":", _ARN_PARTS - 1)
        if len(parts) < _ARN_PARTS or parts[2] != self.service or not parts[5].startswith(self.kind):
            return None
        name = parts[5][len(self.kind) :]
        if not self.nested:
            name = name.partition("/")[0]
        owned = bool(parts[4]) == self.owned and (not self.ids or name.startswith(self.ids))
        return ":".join([*parts[:5], self.kind + name]) if owned and self._plain(name) else None


BUCKET = Family(service="s3", regional=False, owned=False)
IDENTITY = Family(service="iam", regional=False)
USER = Family(service="iam", kind="user/", regional=False, nested=True)
ROLE = Family(service="iam", kind="role/", regional=False, nested=True)
ROOT = Family(service="iam", regional=False, ids=("root",))
SECURITY_GROUP = Family(service="ec2", kind="security-group/", ids=("sg-",))
VOLUME = Family(service="ec2", kind="volume/", ids=("vol-",))
SNAPSHOT = Family(service="ec2", kind="snapshot/", owned=False, ids=("snap-",))
IMAGE = Family(service="ec2", kind="image/", ids=("ami-",))
DATABASE = Family(service="rds", kind="db:", folded=True)
DATABASE_CLUSTER = Family(service="rds", kind="cluster:", folded=True)
DATABASE_SNAPSHOT = Family(service="rds", kind="snapshot:", folded=True)
CLUSTER_SNAPSHOT = Family(service="rds", kind="cluster-snapshot:", folded=True)
TABLE = Family(service="dynamodb", kind="table/")
TABLE_BACKUP = Family(service="dynamodb", kind="table/", part="/backup/", nested=True)
FILE_SYSTEM = Family(service="elasticfilesystem", kind="file-system/", ids=("fs-",))
KEY = Family(service="kms", kind="key/")
AUDIT_LOGGING = Family(service="cloudtrail", regional=False)
TRAIL = Family(service="cloudtrail", kind="trail/")
AUDIT_LOGGING = Family(service="cloudtrail", kind="trail", regional=False)
SECRET = Family(service="secretsmanager", kind="secret:", ends="-*", nested=True)
REPOSITORY = Family(service="ecr", kind="repository/", nested=True)
BACKUP_VAULT = Family(service="backup", kind="backup-vault:")
BACKUP_PLAN = Family(service="backup", kind="backup-plan:")
