"""What each operation changes, and where its event names that. Data, read by :mod:`touches`.

Source of the names: each service's API reference; CloudTrail writes a request's parameters with a small first
letter, and those of some newer operations inside an object named after the request. An operation that is not listed
changes what its service's ``otherwise`` finds, so that a new operation on a known resource is not overlooked.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from collectors.aws.logs import families as of
from collectors.aws.logs.families import Family

_ASKED = "requestParameters"
_ANSWERED = "responseElements"
_NAMED = "resources.ARN"


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Where an event names resources of a family.

    ``paths`` are tried in order until one names any; ``caller`` stands for who called. ``every``: where none
    does, all of the family are touched. ``unless``: nothing is, where one of these paths has a value.
    ``only_if``: nothing is, unless that path says true. ``always``: the one that has this name is touched.
    """

    family: Family
    paths: tuple[str, ...] = ()
    every: bool = False
    unless: tuple[str, ...] = ()
    only_if: str = ""
    always: str = ""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """The operations of one event source; an empty tuple says that nothing is touched."""

    operations: Mapping[str, tuple[Where, ...]]
    otherwise: tuple[Where, ...] = ()


def _asked(family: Family, *names: str, every: bool = False) -> Where:
    return Where(family=family, paths=tuple(f"{_ASKED}.{name}" for name in names), every=every)


def _answered(family: Family, *names: str) -> Where:
    return Where(family=family, paths=tuple(f"{_ANSWERED}.{name}" for name in names))


def _all(*families: Family) -> tuple[Where, ...]:
    return tuple(Where(family=family, every=True) for family in families)


def _each(names: str, told: tuple[Where, ...] = ()) -> dict[str, tuple[Where, ...]]:
    return dict.fromkeys(names.split(), told)


_BUCKET_OF_ACCESS_POINT = (
    Where(
        family=of.BUCKET,
        paths=(f"{_ASKED}.CreateAccessPointRequest.Bucket", f"{_ASKED}.bucket", _NAMED),
        every=True,
    ),
)
_S3 = Service(
    operations={
        **_each("PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock", _all(of.BUCKET)),
        **_each(
            "CreateAccessPoint DeleteAccessPoint PutAccessPointPolicy DeleteAccessPointPolicy", _BUCKET_OF_ACCESS_POINT
        ),
        **_each(
            "CreateMultiRegionAccessPoint",
            (
                _asked(
                    of.BUCKET,
                    "CreateMultiRegionAccessPointRequest.Details.Regions.Region.Bucket",
                    "Details.Regions.Region.Bucket",
                    "CreateMultiRegionAccessPointRequest.Details.Regions.Bucket",
                    "Details.Regions.Bucket",
                    every=True,
                ),
            ),
        ),
        **_each("DeleteMultiRegionAccessPoint PutMultiRegionAccessPointPolicy", _all(of.BUCKET)),
        **_each(
            "PutObject CopyObject DeleteObject DeleteObjects PutObjectAcl PutObjectTagging DeleteObjectTagging "
            "RestoreObject UploadPart UploadPartCopy CreateMultipartUpload CompleteMultipartUpload "
            "AbortMultipartUpload PutObjectRetention PutObjectLegalHold"
        ),
    },
    otherwise=(Where(family=of.BUCKET, paths=(f"{_ASKED}.bucketName", _NAMED)),),
)

_HIMSELF = "caller"
_USER = Where(family=of.USER, paths=(f"{_ASKED}.userName",))
_USER_OR_CALLER = (
    Where(family=of.USER, paths=(f"{_ASKED}.userName", _HIMSELF)),
    Where(family=of.ROOT, paths=(_HIMSELF,), unless=(f"{_ASKED}.userName",)),
)
_ROLE = Where(family=of.ROLE, paths=(f"{_ANSWERED}.role.arn", f"{_ASKED}.roleName"))
_IAM = Service(
    operations={
        **_each(
            "CreateAccessKey DeleteAccessKey UpdateAccessKey EnableMFADevice DeactivateMFADevice ResyncMFADevice "
            "ChangePassword CreateLoginProfile UpdateLoginProfile DeleteLoginProfile UploadSigningCertificate "
            "UpdateSigningCertificate DeleteSigningCertificate UploadSSHPublicKey UpdateSSHPublicKey "
            "DeleteSSHPublicKey CreateServiceSpecificCredential UpdateServiceSpecificCredential "
            "DeleteServiceSpecificCredential",
            _USER_OR_CALLER,
        ),
        **_each("CreateUser", (Where(family=of.USER, paths=(f"{_ANSWERED}.user.arn", f"{_ASKED}.userName")),)),
        **_each("UpdateUser", (_USER, _asked(of.USER, "newUserName"))),
        **_each(
            "AttachGroupPolicy DetachGroupPolicy PutGroupPolicy DeleteGroupPolicy UpdateGroup DeleteGroup",
            _all(of.USER),
        ),
        **_each("SetDefaultPolicyVersion", _all(of.IDENTITY)),
        **_each("CreatePolicyVersion", (Where(family=of.IDENTITY, every=True, only_if=f"{_ASKED}.setAsDefault"),)),
        **_each("UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy", _all(of.IDENTITY)),
        **_each(
            "CreateSAMLProvider UpdateSAMLProvider DeleteSAMLProvider CreateOpenIDConnectProvider "
            "DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider "
            "UpdateOpenIDConnectProviderThumbprint",
            _all(of.ROLE),
        ),
        **_each(
            "CreatePolicy DeletePolicy DeletePolicyVersion TagPolicy UntagPolicy CreateGroup CreateVirtualMFADevice"
        ),
    },
    otherwise=(_USER, _ROLE),
)
_SIGN_IN = Service(
    operations=_each(
        "PasswordUpdated PasswordRecoveryCompleted EmailUpdated",
        (Where(family=of.USER, paths=(_HIMSELF,)), Where(family=of.ROOT, paths=(_HIMSELF,))),
    )
)

_MACHINES_DISKS = (of.VOLUME, of.SNAPSHOT, of.IMAGE, of.SECURITY_GROUP)
_INTERFACE_GROUPS = (
    _asked(
        of.SECURITY_GROUP,
        "groupSet.items.groupId",
        "networkInterfaceSet.items.groupSet.items.groupId",
        "securityGroupIdSet.items.securityGroupId",
    ),
    _answered(
        of.SECURITY_GROUP, "instancesSet.items.groupSet.items.groupId", "networkInterface.groupSet.items.groupId"
    ),
)
_GROUP_BY_NAME = (
    _asked(
        of.SECURITY_GROUP,
        "groupId",
        "ModifySecurityGroupRulesRequest.GroupId",
        "UpdateSecurityGroupRuleDescriptionsIngressRequest.GroupId",
        "UpdateSecurityGroupRuleDescriptionsEgressRequest.GroupId",
        every=True,
    ),
)
_EC2 = Service(
    operations={
        **_each(
            "CreateTags DeleteTags", tuple(_asked(kind, "resourcesSet.items.resourceId") for kind in _MACHINES_DISKS)
        ),
        **_each("CreateSecurityGroup", (_answered(of.SECURITY_GROUP, "groupId"),)),
        **_each(
            "DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
            "RevokeSecurityGroupEgress ModifySecurityGroupRules UpdateSecurityGroupRuleDescriptionsIngress "
            "UpdateSecurityGroupRuleDescriptionsEgress",
            _GROUP_BY_NAME,
        ),
        **_each("ModifyManagedPrefixList RestoreManagedPrefixListVersion", _all(of.SECURITY_GROUP)),
        **_each(
            "RunInstances CreateNetworkInterface ModifyNetworkInterfaceAttribute ModifyInstanceAttribute",
            _INTERFACE_GROUPS,
        ),
        **_each(
            "CreateVolume CopyVolumes",
            (_answered(of.VOLUME, "volumeId", "CopyVolumesResponse.volumeSet.item.volumeId"),),
        ),
        **_each("ModifyVolume", (_asked(of.VOLUME, "ModifyVolumeRequest.VolumeId", "volumeId"),)),
        **_each(
            "CreateSnapshot CopySnapshot", (_answered(of.SNAPSHOT, "snapshotId", "CopySnapshotResponse.snapshotId"),)
        ),
        **_each(
            "CreateSnapshots",
            (
                _answered(
                    of.SNAPSHOT,
                    "CreateSnapshotsResponse.snapshotSet.item.snapshotId",
                    "snapshotSet.items.snapshotId",
                ),
            ),
        ),
        **_each("CreateImage CopyImage RegisterImage", (_answered(of.IMAGE, "imageId"),)),
        **_each("EnableSnapshotBlockPublicAccess DisableSnapshotBlockPublicAccess", _all(of.SNAPSHOT)),
        **_each("EnableImageBlockPublicAccess DisableImageBlockPublicAccess", _all(of.IMAGE)),
        **_each(
            "EnableEbsEncryptionByDefault DisableEbsEncryptionByDefault ModifyEbsDefaultKmsKeyId "
            "ResetEbsDefaultKmsKeyId",
            _all(of.VOLUME),
        ),
        **_each("RequestSpotInstances RequestSpotFleet CreateFleet CreateLaunchTemplate CreateLaunchTemplateVersion"),
    },
    otherwise=(
        _asked(of.VOLUME, "volumeId"),
        _asked(of.SNAPSHOT, "snapshotId"),
        _asked(of.IMAGE, "imageId"),
        _asked(of.SECURITY_GROUP, "groupId"),
    ),
)

_RDS = Service(
    operations={},
    otherwise=(
        _asked(of.DATABASE, "dBInstanceIdentifier"),
        _asked(of.DATABASE, "newDBInstanceIdentifier"),
        _asked(of.DATABASE, "targetDBInstanceIdentifier"),
        _asked(of.DATABASE, "sourceDBInstanceIdentifier", "sourceDBInstanceArn"),
        _answered(of.DATABASE, "dBInstanceArn"),
        _asked(of.DATABASE_CLUSTER, "dBClusterIdentifier"),
        _asked(of.DATABASE_CLUSTER, "newDBClusterIdentifier"),
        _asked(of.DATABASE_CLUSTER, "sourceDBClusterIdentifier"),
        _answered(of.DATABASE_CLUSTER, "dBClusterArn"),
        _asked(of.DATABASE_SNAPSHOT, "dBSnapshotIdentifier", "targetDBSnapshotIdentifier"),
        _asked(of.CLUSTER_SNAPSHOT, "dBClusterSnapshotIdentifier", "targetDBClusterSnapshotIdentifier"),
        *(
            _asked(family, "resourceName", "resourceIdentifier")
            for family in (of.DATABASE, of.DATABASE_CLUSTER, of.DATABASE_SNAPSHOT, of.CLUSTER_SNAPSHOT)
        ),
    ),
)
"""Its operations name what they work on by one set of parameters."""

_DYNAMODB = Service(
    operations={
        **_each("CreateBackup", (_answered(of.TABLE_BACKUP, "backupDetails.backupArn"),)),
        **_each("DeleteBackup", (_asked(of.TABLE_BACKUP, "backupArn"),)),
        **_each("ExportTableToPointInTime"),
    },
    otherwise=(
        _asked(of.TABLE, "tableName", "targetTableName", "globalTableName", "resourceArn"),
        _answered(of.TABLE, "tableDescription.tableArn"),
    ),
)
_EFS = Service(
    operations={
        **_each("CreateFileSystem", (_answered(of.FILE_SYSTEM, "fileSystemArn", "fileSystemId"),)),
        **_each(
            "CreateReplicationConfiguration DeleteReplicationConfiguration",
            (_asked(of.FILE_SYSTEM, "sourceFileSystemId"), _answered(of.FILE_SYSTEM, "destinations.fileSystemId")),
        ),
    },
    otherwise=(_asked(of.FILE_SYSTEM, "fileSystemId", "resourceId", "resourceArn"),),
)
_KMS = Service(
    operations={
        **_each("CreateKey", (_answered(of.KEY, "keyMetadata.arn", "keyMetadata.keyId"),)),
        **_each(
            "ReplicateKey",
            (_asked(of.KEY, "keyId"), _answered(of.KEY, "replicaKeyMetadata.arn")),
        ),
        **_each(
            "CreateGrant RetireGrant RevokeGrant Encrypt ReEncrypt GenerateDataKey GenerateDataKeyWithoutPlaintext "
            "GenerateDataKeyPair Sign Verify CreateCustomKeyStore ConnectCustomKeyStore"
        ),
        **_each("CreateAlias UpdateAlias", (_asked(of.KEY, "targetKeyId"),)),
    },
    otherwise=(Where(family=of.KEY, paths=(_NAMED, f"{_ASKED}.keyId", "serviceEventDetails.keyId")),),
)
_TRAIL = Where(
    family=of.TRAIL,
    paths=(
        f"{_ANSWERED}.trailARN",
        f"{_ASKED}.name",
        f"{_ASKED}.trailName",
        f"{_ASKED}.resourceId",
        f"{_ASKED}.resourceArn",
    ),
)
# Each trail is one of those that the account's audit logging is judged by.
_CLOUDTRAIL = Service(operations={}, otherwise=(_TRAIL, *_all(of.AUDIT_LOGGING)))
_SECRETS = Service(
    operations=_each("PutSecretValue RotateSecret UpdateSecretVersionStage CancelRotateSecret"),
    otherwise=(
        Where(
            family=of.SECRET,
            paths=(f"{_ANSWERED}.arn", f"{_NAMED}", f"{_ASKED}.secretId", f"{_ASKED}.name"),
        ),
    ),
)
_ECR = Service(
    operations={
        **_each(
            "PutImage BatchDeleteImage InitiateLayerUpload UploadLayerPart CompleteLayerUpload StartImageScan "
            "BatchImportUpstreamImage GetAuthorizationToken"
        ),
        **_each("PutReplicationConfiguration PutRegistryPolicy DeleteRegistryPolicy", _all(of.REPOSITORY)),
    },
    otherwise=(
        Where(
            family=of.REPOSITORY,
            paths=(
                f"{_ANSWERED}.repository.repositoryArn",
                f"{_ASKED}.repositoryName",
                f"{_ASKED}.resourceArn",
            ),
        ),
    ),
)
_BACKUP = Service(
    operations={},
    otherwise=(
        _asked(of.BACKUP_VAULT, "backupVaultName", "resourceArn"),
        Where(
            family=of.BACKUP_PLAN,
            paths=(f"{_ANSWERED}.backupPlanArn", f"{_ASKED}.backupPlanId", f"{_ASKED}.resourceArn"),
        ),
    ),
)

SERVICES: Mapping[str, Service] = {
    "s3.amazonaws.com": _S3,
    "iam.amazonaws.com": _IAM,
    "signin.amazonaws.com": _SIGN_IN,
    "ec2.amazonaws.com": _EC2,
    "rds.amazonaws.com": _RDS,
    "dynamodb.amazonaws.com": _DYNAMODB,
    "elasticfilesystem.amazonaws.com": _EFS,
    "kms.amazonaws.com": _KMS,
    "cloudtrail.amazonaws.com": _CLOUDTRAIL,
    "secretsmanager.amazonaws.com": _SECRETS,
    "ecr.amazonaws.com": _ECR,
    "backup.amazonaws.com": _BACKUP,
}
"""By event source; of other services nothing is watched that an event could change."""
